#pragma once

#include <string>
#include <vector>

namespace cxr {

/// What a process and its readers tell each other, in parts without NUL; see reader_process.h.
using ReaderMessage = std::vector<std::string>;

/// Sends a message through a socket that keeps messages apart (SOCK_SEQPACKET); `flags` as of
/// send(2). Returns whether the other end was there to take it.
bool send_message(int socket, const ReaderMessage& message, int flags = 0);

/// Waits for a message; empty if the other end is gone.
ReaderMessage receive_message(int socket);

}  // namespace cxr
