// What the room network needs LibTorch for, without it: for tests whose tools would find errors of
// LibTorch's own, or none in ours behind its size. A segmenter takes mid-grey for lung, a
// classifier has one feature map for each plane of its input, and the means of these for logits.

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <opencv2/core/utility.hpp>
#include <utility>

#include "cxr/error.h"
#include "cxr/network.h"
#include "cxr/version.h"
#include "network/threads.h"

namespace cxr {
namespace {

constexpr std::int64_t kStride = 16;

/// The mean of each block of `side` x `side` of planes, N x C x H x W.
NdArray block_means(const NdArray& planes, std::int64_t side) {
  const std::int64_t height = planes.shape[2] / side, width = planes.shape[3] / side;
  NdArray means({planes.shape[0], planes.shape[1], height, width});
  for (std::size_t i = 0; i < planes.values.size(); ++i) {
    const auto place = static_cast<std::int64_t>(i), line = place / planes.shape[3];
    const std::int64_t x = place % planes.shape[3] / side, y = line % planes.shape[2] / side;
    const std::int64_t plane = line / planes.shape[2];
    means.values[static_cast<std::size_t>((plane * height + y) * width + x)] +=
        planes.values[i] / static_cast<float>(side * side);
  }
  return means;
}

}  // namespace

struct Network::Implementation {
  Contract contract;
  std::string sha256 = std::string(64, '0');
};

Network::Network(const std::filesystem::path& file, Contract::Kind kind,
                 const std::optional<Contract>& contract, const std::string& /*device*/,
                 Precision /*precision*/)
    : implementation_(std::make_unique<Implementation>()) {
  if (!contract || contract->kind != kind) throw Error("model", file.string(), "has no contract");
  implementation_->contract = *contract;
}

Network::~Network() = default;
Network::Network(Network&&) noexcept = default;
Network& Network::operator=(Network&&) noexcept = default;

const Contract& Network::contract() const { return implementation_->contract; }
const std::string& Network::sha256() const { return implementation_->sha256; }
std::string Network::device() const { return "cpu"; }
Precision Network::precision() const { return Precision::float32; }

NdArray Network::forward(const NdArray& input) const {
  if (contract().kind == Contract::Kind::classifier) return head(features(input));
  NdArray logits({input.shape[0], 2, input.shape[2], input.shape[3]});
  const std::size_t pixels = logits.stride() / 2;
  for (std::size_t i = 0; i < static_cast<std::size_t>(input.shape[0]); ++i) {
    for (std::size_t at = 0; at < pixels; ++at) {
      const float grey = input.at(i)[at] * 0.229F + 0.485F;
      const float lung = (0.14F - std::abs(grey - 0.40F)) * 60.0F;
      logits.at(i)[at] = -lung;
      logits.at(i)[pixels + at] = lung;
    }
  }
  return logits;
}

NdArray Network::features(const NdArray& input) const { return block_means(input, kStride); }

NdArray Network::head(const NdArray& features) const {
  NdArray logits({features.shape[0], features.shape[1]});
  const std::size_t pixels = features.values.size() / logits.values.size();
  for (std::size_t i = 0; i < features.values.size(); ++i) {
    logits.values[i / pixels] += features.values[i] / static_cast<float>(pixels);
  }
  return logits;
}

NdArray Network::head_gradient(const NdArray& features, const NdArray& weights) const {
  NdArray gradient(features.shape);
  const std::size_t pixels = features.values.size() / weights.values.size();
  for (std::size_t i = 0; i < gradient.values.size(); ++i) {
    gradient.values[i] = weights.values[i / pixels] / static_cast<float>(pixels);
  }
  return gradient;
}

int thread_count(int wanted) { return std::max(1, wanted); }
void use_threads(int /*count*/) {}
OneCoreEach::OneCoreEach() : torch_threads_(1), opencv_threads_(cv::getNumThreads()) {
  cv::setNumThreads(torch_threads_);
}
OneCoreEach::~OneCoreEach() { cv::setNumThreads(opencv_threads_); }
void OneCoreEach::begin_thread() {}

std::string version() { return "0"; }
std::vector<std::pair<std::string, std::string>> library_versions() { return {}; }
std::string cpu_capability() { return "unknown"; }
Precision resolve_precision(Precision /*wanted*/, const std::string& /*device*/) {
  return Precision::float32;
}

}  // namespace cxr
