#pragma once

#include <string>

namespace cxr {

// The labels of COVIDx-style sets.
inline constexpr const char* kCovid = "COVID-19";
inline constexpr const char* kNormal = "Normal";
inline constexpr const char* kPneumonia = "Pneumonia";

/// The label of a table's finding, of which the first of several, separated by commas, counts:
/// `COVID-19, ARDS` and `Pneumonia/Viral/COVID-19` are COVID-19. Empty for findings that the data
/// set has no place for.
std::string label_of_finding(const std::string& finding);

/// The word for a label in `train.txt`: `normal` for `Normal`.
std::string list_label(const std::string& label);

/// The label for a word of `train.txt`, in any letter case; the word itself where it is another.
std::string label_of_list(const std::string& word);

}  // namespace cxr
