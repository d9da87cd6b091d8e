#pragma once

#include <string>

#include "cxr/shard.h"

namespace cxr {

/// The shard that `--shard` means.
/// - `I/N`: that one.
/// - `auto`: that of a task of a Slurm array, by SLURM_ARRAY_TASK_ID, _COUNT, _MIN and _STEP.
/// - `auto/N`: the same by the task's number from 1, where an array may have some of N tasks only;
///   or by JOB_COMPLETION_INDEX, from 0, of a Kubernetes job.
///
/// Throws UsageError for anything else, and where the environment has no such task.
Shard parse_shard(const std::string& text);

}  // namespace cxr
