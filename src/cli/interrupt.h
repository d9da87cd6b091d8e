#pragma once

namespace cxr {

/// Makes the first SIGINT or SIGTERM only set a flag, so that images in progress can be finished; a
/// second one ends the process at once, without leaving unfinished files.
void catch_interrupts();

/// The signal that was received, or 0.
int interrupt_received();

}  // namespace cxr
