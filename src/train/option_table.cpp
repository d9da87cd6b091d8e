#include "option_table.h"

#include <cmath>
#include <iomanip>

namespace cxr {

void require_in_range(const OptionInfo& option, double value) {
  const bool is_multiple = option.step == 1 || std::fmod(value, option.step) == 0;
  if (value >= option.least && value <= option.most && is_multiple) return;
  std::ostringstream allowed;
  allowed << std::setprecision(10) << "must be ";
  if (option.step > 1) allowed << "a multiple of " << option.step << ' ';
  allowed << "from " << option.least << " to " << option.most;
  throw UsageError("training", std::string("--") + option.name, allowed.str());
}

}  // namespace cxr
