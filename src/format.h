#pragma once

#include <iomanip>
#include <sstream>
#include <string>

namespace cxr {

/// A number with a fixed count of decimals.
inline std::string fixed(double value, int decimals) {
  std::ostringstream text;
  text << std::fixed << std::setprecision(decimals) << value;
  return text.str();
}

}  // namespace cxr
