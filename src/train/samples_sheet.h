#pragma once

#include <torch/script.h>

#include <filesystem>
#include <functional>
#include <vector>

#include "training_loop.h"

namespace cxr {

/// The picture in a network's normalised input (3 x H x W), CV_8UC3 in BGR.
cv::Mat picture_of_input(const torch::Tensor& input, const NetworkInput& normalised);

/// Draws the first pictures of the training as the network sees them, up to sixteen: those of the
/// first of its batches, which `batch(i)` makes. Written whole or not at all.
void write_samples(const TrainingTask& task, const std::vector<std::vector<std::size_t>>& batches,
                   const std::function<TrainingBatch(std::size_t)>& batch,
                   const std::filesystem::path& file);

}  // namespace cxr
