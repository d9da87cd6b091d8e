#include "samples_sheet.h"

#include <opencv2/imgproc.hpp>

#include "draw/png.h"

namespace cxr {

cv::Mat picture_of_input(const torch::Tensor& input, const NetworkInput& normalised) {
  const auto of_channels = [](const auto& values) {
    return torch::tensor(std::vector<float>(values.begin(), values.end())).view({3, 1, 1});
  };
  const torch::Tensor grey = input * of_channels(normalised.std) + of_channels(normalised.mean);
  const torch::Tensor pixels = (grey * 255).round().clamp(0, 255).to(torch::kUInt8);
  const torch::Tensor bgr = pixels.flip(0).permute({1, 2, 0}).contiguous();
  return cv::Mat(static_cast<int>(bgr.size(0)), static_cast<int>(bgr.size(1)), CV_8UC3,
                 bgr.data_ptr())
      .clone();
}

void write_samples(const TrainingTask& task, const std::vector<std::vector<std::size_t>>& batches,
                   const std::function<TrainingBatch(std::size_t)>& batch,
                   const std::filesystem::path& file) {
  constexpr std::size_t kPictures = 16;
  std::vector<SheetPicture> pictures;
  for (std::size_t i = 0; i < batches.size() && pictures.size() < kPictures; ++i) {
    const TrainingBatch made = batch(i);
    for (std::size_t k = 0; k < batches[i].size() && pictures.size() < kPictures; ++k) {
      const auto at = static_cast<std::int64_t>(k);
      pictures.push_back(task.show(
          batches[i][k], picture_of_input(made.input[at], task.contract.input), made.target[at]));
    }
  }
  std::vector<std::string> title{
      "The first training pictures, augmented, as the network sees them"};
  title.insert(title.end(), task.samples_title.begin(), task.samples_title.end());
  write_png(file, draw_sheet({.title = title,
                              .keys = task.samples_keys,
                              .sections = {{"", std::move(pictures)}}}));
}

}  // namespace cxr
