#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <vector>

#include "output_folder.h"
#include "tasks.h"

namespace cxr {

/// Prepares the tasks of a run into a folder that may have results of an earlier one; `missing` are
/// those without a result.
/// - Unfinished files of killed processes are removed from the folders of their pictures.
/// - Pictures that would overwrite those of an image with a result get another name.
///
/// `earlier_run` is its run.json, or null. Throws UsageError where a result is that of another file
/// than the task with the same name.
void prepare_tasks(std::vector<Task>& tasks, const std::vector<std::size_t>& missing,
                   const OutputFolder& output, const nlohmann::json& earlier_run);

/// Whether run.json says that the run was finished.
bool was_finished(const nlohmann::json& earlier_run);

}  // namespace cxr
