#include "pipeline/explain.h"

#include <gtest/gtest.h>
#include <torch/script.h>
#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <opencv2/imgproc.hpp>
#include <random>

#include "network/architecture.h"
#include "network/network_input.h"
#include "support/golden.h"
#include "support/temp_dir.h"

namespace cxr {
namespace {

using torch::jit::Module;

Contract contract_of(int side, std::vector<std::string> classes) {
  Contract contract;
  contract.input.width = contract.input.height = side;
  contract.input.resize = Resize::letterbox;
  contract.classes = std::move(classes);
  return contract;
}

Classification classification_of(const Network& network, const NdArray& input) {
  Classification result;
  result.features = network.features(input);
  result.logits = network.head(result.features);
  return result;
}

/// Values agree within `tolerance` of the largest.
void expect_close(const float* got, const float* wanted, std::size_t count, double tolerance) {
  const float largest = std::abs(*std::max_element(
      wanted, wanted + count, [](float a, float b) { return std::abs(a) < std::abs(b); }));
  for (std::size_t i = 0; i < count; ++i) {
    ASSERT_NEAR(got[i], wanted[i], tolerance * largest) << "at " << i;
  }
}

class GoldenCam : public testing::TestWithParam<std::size_t> {};
INSTANTIATE_TEST_SUITE_P(Heads, GoldenCam, testing::Values(0, 1));

TEST_P(GoldenCam, BothMethodsAreTheReferences) {
  const auto& entry = test::golden_index()["cam"][GetParam()];
  const Network network(test::golden_file(entry["model"]), Contract::Kind::classifier,
                        contract_of(224, {"a", "b", "c"}));
  const NdArray input = test::read_floats(entry["input"], entry["input_shape"]);
  const Classification result = classification_of(network, input);
  const std::size_t images = static_cast<std::size_t>(input.shape[0]);
  for (std::size_t i = 0; i < images; ++i) {
    const auto logits = entry["logits"][i].get<std::vector<float>>();
    expect_close(result.logits.at(i), logits.data(), logits.size(), 1e-5);
  }

  const NdArray original = test::read_floats(entry["original_cam"], entry["cam_shape"]);
  const NdArray got =
      class_activation_maps(network, result, std::vector<std::size_t>(images), CamMethod::original);
  ASSERT_EQ(got.shape, original.shape);
  expect_close(got.values.data(), original.values.data(), got.values.size(), 1e-5);

  const NdArray gradcam = test::read_floats(entry["gradcam"], entry["gradcam_shape"]);
  const std::size_t classes = static_cast<std::size_t>(gradcam.shape[1]);
  for (std::size_t target = 0; target < classes; ++target) {
    const NdArray maps = class_activation_maps(
        network, result, std::vector<std::size_t>(images, target), CamMethod::gradcam);
    for (std::size_t i = 0; i < images; ++i) {
      const float* wanted = gradcam.at(i) + target * maps.stride();
      expect_close(maps.at(i), wanted, maps.stride(), 1e-5);
    }
  }
}

TEST(Explain, GradCamOfALinearHeadIsItsWeightsOverTheArea) {
  torch::manual_seed(11);
  const Contract contract = contract_of(96, {"a", "b", "c"});
  const Module module = make_network(contract);
  const test::TempDir folder;
  save_network(module, contract, folder / "net.pt");
  const Network network(folder / "net.pt", Contract::Kind::classifier);
  const auto weight = module.attr("weight").toTensor().to(torch::kHalf).to(torch::kFloat);

  NdArray input({2, 3, 96, 96});
  std::mt19937 random(5);
  std::generate(input.values.begin(), input.values.end(),
                [&] { return std::normal_distribution<float>()(random); });
  const Classification result = classification_of(network, input);
  const std::vector<std::size_t> target{2, 0};
  const NdArray maps = class_activation_maps(network, result, target, CamMethod::gradcam);
  ASSERT_EQ(maps.shape, (std::vector<std::int64_t>{2, 3, 3}));

  for (std::size_t i = 0; i < 2; ++i) {
    std::vector<float> wanted(9);
    for (std::size_t k = 0; k < 512; ++k) {
      const float w =
          weight[static_cast<std::int64_t>(target[i])][static_cast<std::int64_t>(k)].item<float>();
      for (std::size_t p = 0; p < 9; ++p) wanted[p] += w * result.features.at(i)[k * 9 + p] / 9;
    }
    for (float& value : wanted) value = std::max(value, 0.0F);
    expect_close(maps.at(i), wanted.data(), 9, 1e-4);
  }
}

TEST(Explain, ANetworkThatLooksAtOneCornerIsSeenToDoSo) {
  // Plane 0 holds the picture's brightness in the top left eighth only; class `corner` is its mean.
  Module module("__torch__.cxr.test.Corner");
  module.register_attribute("training", c10::BoolType::get(), false);
  auto corner = torch::zeros({1, 1, 8, 8});
  corner[0][0][0][0] = 1;
  module.register_buffer("corner", corner);
  module.define(R"(
def features(self, x: Tensor) -> Tensor:
    grey = torch.avg_pool2d(x[:, 0:1], [16, 16], [16, 16]) + 3.0
    return torch.cat([grey * self.corner, grey * (1.0 - self.corner)], 1)
def head(self, features: Tensor) -> Tensor:
    means = torch.mean(features, [2, 3])
    return torch.cat([means[:, 0:1] * 50.0, means[:, 1:2] * 0.1], 1)
def forward(self, x: Tensor) -> Tensor:
    return self.head(self.features(x))
)");
  Contract contract = contract_of(128, {"corner", "rest"});
  contract.input.resize = Resize::squish;
  const test::TempDir folder;
  module.save((folder / "corner.pt").string(), {{"contract.json", to_json(contract).dump()}});
  const Network network(folder / "corner.pt", Contract::Kind::classifier);

  const cv::Mat picture(300, 400, CV_8UC3, cv::Scalar::all(180));
  const Classification result = classify(network, {picture});
  ASSERT_GT(result.probabilities.values[0], 0.5F);
  const NdArray maps = class_activation_maps(network, result, {0}, CamMethod::gradcam);
  const cv::Mat heat =
      heat_map(maps.at(0), {8, 8}, contract.input, picture.size(), CamMethod::gradcam);
  ASSERT_EQ(heat.size(), picture.size());
  EXPECT_NEAR(heat.at<float>(0, 0), 1.0F, 0.05F);
  const double corner_mass = cv::sum(heat(cv::Rect(0, 0, 100, 75)))[0];
  EXPECT_GT(corner_mass, 0.95 * cv::sum(heat)[0]);
}

/// The last map of a ResNet: cell i is centred on pixel 32 i of the input (found by following the
/// gradient of a cell, and as the maps of a film and of its mirror image agree best).
TEST(Explain, GradCamIsDrawnWhereTheReceptiveFieldsAre) {
  const NetworkInput input = contract_of(128, {"a", "b"}).input;
  for (const cv::Point cell : {cv::Point(1, 2), cv::Point(2, 1)}) {
    std::vector<float> map(16, 0.0F);
    map[static_cast<std::size_t>(cell.y * 4 + cell.x)] = 1.0F;
    const auto peak = [&](CamMethod method) {
      cv::Point where;
      cv::minMaxLoc(heat_map(map.data(), {4, 4}, input, {128, 128}, method), nullptr, nullptr,
                    nullptr, &where);
      return where;
    };
    EXPECT_LE(cv::norm(peak(CamMethod::gradcam) - 32 * cell), 1.5) << cell;
    EXPECT_GE(cv::norm(peak(CamMethod::original) - 32 * cell), 8) << cell;
  }
}

TEST(Explain, HeatMapFollowsTheLetterbox) {
  // A wide crop shows rows 3 and 4 of an 8 x 8 map only: what lies in the padding is cut away.
  const NetworkInput input = contract_of(128, {"a", "b"}).input;
  const cv::Size crop(1024, 256);
  ASSERT_EQ(content_rect(input, crop), cv::Rect(0, 48, 128, 32));
  std::vector<float> map(64, 0.0F);
  map[3 * 8 + 6] = 1.0F;  // inside, right
  map[0] = 100.0F;        // in the padding: must not show, nor set the scale
  const cv::Mat heat = heat_map(map.data(), {8, 8}, input, crop, CamMethod::gradcam);
  double high = 0;
  cv::Point where;
  cv::minMaxLoc(heat, nullptr, &high, nullptr, &where);
  EXPECT_EQ(heat.size(), crop);
  EXPECT_FLOAT_EQ(static_cast<float>(high), 1.0F);
  EXPECT_NEAR(where.x, 768, 16);
  EXPECT_LT(where.y, 128);
}

TEST(Explain, AnAllZeroMapStaysZero) {
  const std::vector<float> map(49, 0.0F);
  const NetworkInput input = contract_of(224, {"a", "b"}).input;
  for (const CamMethod method : {CamMethod::gradcam, CamMethod::original}) {
    const cv::Mat heat = heat_map(map.data(), {7, 7}, input, {50, 60}, method);
    EXPECT_EQ(cv::countNonZero(heat), 0);
  }
}

}  // namespace
}  // namespace cxr
