#include "draw_patients.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/sha256.h"

namespace cxr {

std::set<std::string> draw_patients(const std::vector<std::string>& patients, double share,
                                    const std::string& seed) {
  std::vector<std::pair<std::string, std::string>> shuffled;
  for (const std::string& patient : std::set<std::string>(patients.begin(), patients.end())) {
    shuffled.emplace_back(sha256_of((seed + "/").append(patient)), patient);
  }
  std::ranges::sort(shuffled);
  auto count = static_cast<std::size_t>(std::lround(share * static_cast<double>(shuffled.size())));
  if (share > 0 && shuffled.size() > 1) count = std::max<std::size_t>(count, 1);
  std::set<std::string> chosen;
  for (std::size_t i = 0; i < count; ++i) chosen.insert(shuffled[i].second);
  return chosen;
}

}  // namespace cxr
