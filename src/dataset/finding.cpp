#include "finding.h"

#include <map>

#include "image_index.h"

namespace cxr {
namespace {

/// The part after the last slash of the first of several findings, without spaces around it.
std::string last_part(const std::string& finding) {
  std::string first = finding.substr(0, finding.find(','));
  first.erase(0, first.rfind('/') + 1);
  const std::size_t begin = first.find_first_not_of(' ');
  if (begin == std::string::npos) return "";
  return first.substr(begin, first.find_last_not_of(' ') - begin + 1);
}

}  // namespace

std::string label_of_finding(const std::string& finding) {
  static const std::map<std::string, std::string> kLabels{
      {"COVID-19", kCovid},          {"SARS", kPneumonia},
      {"MERS", kPneumonia},          {"MERS-CoV", kPneumonia},
      {"Streptococcus", kPneumonia}, {"Klebsiella", kPneumonia},
      {"Chlamydophila", kPneumonia}, {"Legionella", kPneumonia},
      {"Lung Opacity", kPneumonia},  {"Normal", kNormal}};
  const auto found = kLabels.find(last_part(finding));
  return found == kLabels.end() ? "" : found->second;
}

std::string list_label(const std::string& label) {
  return label == kCovid ? label : plain_name(label);
}

std::string label_of_list(const std::string& word) {
  for (const char* label : {kCovid, kNormal, kPneumonia}) {
    if (plain_name(word) == plain_name(label)) return label;
  }
  return word;
}

}  // namespace cxr
