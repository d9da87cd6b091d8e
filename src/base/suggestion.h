#pragma once

#include <string>
#include <vector>

namespace cxr {

/// The candidate that a mistyped word most likely means: one that begins with it, or differs in few
/// letters. Empty if there is none.
std::string closest_word(const std::string& word, const std::vector<std::string>& candidates);

/// `; did you mean --output?`, or nothing if no candidate is close.
std::string did_you_mean(const std::string& word, const std::vector<std::string>& candidates);

}  // namespace cxr
