#include "shard_option.h"

#include <charconv>
#include <cstdlib>
#include <optional>

#include "cxr/error.h"

namespace cxr {
namespace {

constexpr const char* kTask = "SLURM_ARRAY_TASK_ID";
constexpr const char* kPod = "JOB_COMPLETION_INDEX";

[[noreturn]] void refuse(const std::string& why) { throw UsageError("input", "--shard", why); }

std::optional<std::size_t> whole_number(std::string_view text) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// None where the variable is not set.
std::optional<std::size_t> variable(const char* name) {
  const char* text = std::getenv(name);
  if (text == nullptr) return std::nullopt;
  if (const auto number = whole_number(text)) return number;
  refuse("the variable " + std::string(name) + " is '" + text + "', not a number");
}

/// The position of a Slurm task among those of its array.
Shard shard_of_array() {
  const auto task = variable(kTask);
  if (!task && variable(kPod)) {
    refuse("auto needs the number of shards where " + std::string(kPod) + " is set: auto/N");
  }
  const auto count = variable("SLURM_ARRAY_TASK_COUNT");
  if (!task || !count)
    refuse("auto needs the task of an array job; SLURM_ARRAY_TASK_ID is not set");
  const std::size_t first = variable("SLURM_ARRAY_TASK_MIN").value_or(1);
  const std::size_t step = variable("SLURM_ARRAY_TASK_STEP").value_or(1);
  if (step == 0 || *task < first || (*task - first) % step != 0 ||
      (*task - first) / step >= *count) {
    refuse("task " + std::to_string(*task) + " is not in an array of " + std::to_string(*count) +
           " from " + std::to_string(first) + " in steps of " + std::to_string(step) +
           "; use auto/N");
  }
  return {(*task - first) / step + 1, *count};
}

std::size_t number_of_task() {
  if (const auto task = variable(kTask)) return *task;
  if (const auto pod = variable(kPod)) return *pod + 1;
  refuse("auto needs the task of an array job; neither " + std::string(kTask) + " nor " + kPod +
         " is set");
}

Shard numbered(std::size_t index, std::size_t count) {
  if (index >= 1 && index <= count) return {index, count};
  refuse("there is no shard " + std::to_string(index) + " of " + std::to_string(count) +
         "; they are numbered from 1");
}

}  // namespace

Shard parse_shard(const std::string& text) {
  if (text == "auto") return shard_of_array();
  const std::size_t slash = text.find('/');
  const std::string first = text.substr(0, slash);
  const auto count = whole_number(slash == std::string::npos ? "" : text.substr(slash + 1));
  const auto index = first == "auto" ? count : whole_number(first);
  if (!index || !count) refuse("'" + text + "' is not I/N, auto or auto/N");
  return numbered(first == "auto" ? number_of_task() : *index, *count);
}

}  // namespace cxr
