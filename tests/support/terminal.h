#pragma once

#include <string>
#include <vector>

namespace cxr::test {

/// What a program writes to a terminal on which somebody types `keys`, until it ends or has been
/// silent for a while after the text `end`.
std::string type_into(const std::vector<std::string>& command, const std::string& keys,
                      const std::string& end);

}  // namespace cxr::test
