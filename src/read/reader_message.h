#pragma once

#include <string>
#include <vector>

namespace cxr {

/// What a process and one that reads for it tell each other: a word, and what belongs to it. None
/// of them holds a NUL.
using ReaderMessage = std::vector<std::string>;

/// Sends a message through a socket that keeps messages apart (SOCK_SEQPACKET). Returns whether
/// the other end was there to take it.
bool send_message(int socket, const ReaderMessage& message);

/// Waits for a message; empty if the other end is gone.
ReaderMessage receive_message(int socket);

/// The same, and leaves the message where it is, to be received again.
ReaderMessage peek_message(int socket);

}  // namespace cxr
