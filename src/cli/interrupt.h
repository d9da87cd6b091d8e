#pragma once

namespace cxr {

/// From now on the first SIGINT or SIGTERM is noted, so that work in flight can be finished; a
/// second one ends the process at once, and leaves no unfinished file.
void catch_interrupts();

/// The signal that was received; 0 where there was none.
int interrupt_received();

}  // namespace cxr
