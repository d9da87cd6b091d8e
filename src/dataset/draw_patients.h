#pragma once

#include <set>
#include <string>
#include <vector>

namespace cxr {

/// Chooses a share (0..1) of the patients, rounded, but at least one where the share is above 0 and
/// there are two. The choice depends on the ids and the seed alone, and is the same on every
/// machine.
std::set<std::string> draw_patients(const std::vector<std::string>& patients, double share,
                                    const std::string& seed);

}  // namespace cxr
