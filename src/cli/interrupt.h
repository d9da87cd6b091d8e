#pragma once

namespace cxr {

/// From now on the first SIGINT, SIGTERM or SIGHUP is noted, so that work in progress can be
/// finished; a second one ends the process at once, and leaves no unfinished file. A signal that is
/// ignored, as with nohup, stays ignored.
void catch_interrupts();

/// The signal that was received; 0 if there was none.
int interrupt_received();

}  // namespace cxr
