#include "cxr/network.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <torch/script.h>
#include <torch/torch.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <opencv2/core/utility.hpp>
#include <random>
#include <thread>

#include "cxr/error.h"
#include "network/architecture.h"
#include "network/tensor.h"
#include "support/temp_dir.h"
#include "support/tiny_networks.h"

namespace cxr {
namespace {

NdArray random_input(std::int64_t images, std::int64_t side) {
  NdArray input({images, 3, side, side});
  std::mt19937 random(static_cast<unsigned>(images + side));
  std::normal_distribution<float> normal;
  for (float& value : input.values) value = normal(random);
  return input;
}

/// The untrained network of a contract, with running statistics as after training.
torch::jit::Module untrained(const Contract& contract) {
  torch::manual_seed(3);
  torch::jit::Module module = make_network(contract);
  for (const auto& buffer : module.named_buffers()) {
    const bool variance = buffer.name.ends_with("running_var");
    torch::Tensor(buffer.value)
        .copy_(variance ? torch::rand_like(buffer.value) + 0.5
                        : torch::randn_like(buffer.value) * 0.1);
  }
  module.eval();
  return module;
}

float largest_difference(const NdArray& a, const NdArray& b) {
  EXPECT_EQ(a.shape, b.shape);
  float largest = 0;
  for (std::size_t i = 0; i < a.values.size(); ++i) {
    largest = std::max(largest, std::abs(a.values[i] - b.values[i]));
  }
  return largest;
}

float scale_of(const NdArray& a) {
  float largest = 0;
  for (const float value : a.values) largest = std::max(largest, std::abs(value));
  return largest;
}

std::string error_of(const std::filesystem::path& file, Contract::Kind kind) {
  try {
    Network(file, kind);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

class BothKinds : public testing::TestWithParam<Contract::Kind> {
 protected:
  Contract contract() const {
    Contract contract = test::tiny_contract(GetParam());
    contract.input.width = contract.input.height = 96;
    return contract;
  }
  test::TempDir folder_;
};
INSTANTIATE_TEST_SUITE_P(Kinds, BothKinds,
                         testing::Values(Contract::Kind::segmenter, Contract::Kind::classifier));

TEST_P(BothKinds, SavedLoadedAndOptimisedNetworkComputesWhatTheTrainedOneDid) {
  const torch::jit::Module module = untrained(contract());
  save_network(module, contract(), folder_ / "net.pt");
  const Network network(folder_ / "net.pt", GetParam());
  EXPECT_EQ(to_json(network.contract()), to_json(contract()));

  const NdArray input = random_input(2, 96);
  const torch::NoGradGuard no_grad;
  torch::jit::Module eager = module;
  const NdArray wanted = to_ndarray(eager.forward({as_tensor(input)}).toTensor());
  // Weights are stored in half precision: 11 significant bits.
  EXPECT_LT(largest_difference(network.forward(input), wanted), 0.01F * scale_of(wanted));
}

TEST_P(BothKinds, ABatchGivesWhatSingleImagesGive) {
  save_network(untrained(contract()), contract(), folder_ / "net.pt");
  for (const Precision precision : {Precision::float32, Precision::bfloat16}) {
    const Network network(folder_ / "net.pt", GetParam(), std::nullopt, "cpu", precision);
    const NdArray batch = random_input(5, 96);
    const NdArray together = network.forward(batch);
    for (std::size_t i = 0; i < 5; ++i) {
      NdArray single({1, 3, 96, 96});
      std::copy_n(batch.at(i), batch.stride(), single.values.begin());
      const NdArray alone = network.forward(single);
      for (std::size_t v = 0; v < alone.values.size(); ++v) {
        ASSERT_NEAR(alone.values[v], together.at(i)[v], 1e-5F * scale_of(alone));
      }
    }
  }
}

/// bfloat16 has 8 significant bits. Batch norm with wide statistics is where a network that is
/// rounded before it is folded would go wrong.
TEST_P(BothKinds, InBfloat16ItComputesNearlyTheSame) {
  save_network(untrained(contract()), contract(), folder_ / "net.pt");
  const Network exact(folder_ / "net.pt", GetParam());
  const Network rounded(folder_ / "net.pt", GetParam(), std::nullopt, "cpu", Precision::bfloat16);
  EXPECT_EQ(exact.precision(), Precision::float32);
  EXPECT_EQ(rounded.precision(), Precision::bfloat16);
  const NdArray input = random_input(2, 96);
  const NdArray wanted = exact.forward(input);
  const float difference = largest_difference(rounded.forward(input), wanted);
  EXPECT_LT(difference, 0.03F * scale_of(wanted));
  EXPECT_GT(difference, 1e-5F * scale_of(wanted)) << "it was computed in float32";
}

TEST(Network, AutomaticPrecisionIsOneOfTheOthers) {
  const Precision precision = resolve_precision(Precision::automatic, "cpu");
  EXPECT_NE(precision, Precision::automatic);
  EXPECT_EQ(resolve_precision(Precision::bfloat16, "cpu"), Precision::bfloat16);
  const test::TempDir folder;
  test::write_tiny_network(folder / "c.pt", test::tiny_contract(Contract::Kind::classifier));
  const Network network(folder / "c.pt", Contract::Kind::classifier, std::nullopt, "cpu",
                        Precision::automatic);
  EXPECT_EQ(network.precision(), precision);
}

TEST_P(BothKinds, FilesAreSmallEnoughToShip) {
  save_network(untrained(contract()), contract(), folder_ / "net.pt");
  EXPECT_LT(std::filesystem::file_size(folder_ / "net.pt"), 50'000'000U);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_.path()), {}), 1);
}

TEST(Network, ForwardIsHeadOfFeatures) {
  const test::TempDir folder;
  const Contract contract = test::tiny_contract(Contract::Kind::classifier);
  save_network(untrained(contract), contract, folder / "net.pt");
  const Network network(folder / "net.pt", Contract::Kind::classifier);
  const NdArray input = random_input(2, 64);
  const NdArray features = network.features(input);
  EXPECT_EQ(features.shape, (std::vector<std::int64_t>{2, 512, 2, 2}));
  const NdArray logits = network.forward(input);
  EXPECT_LT(largest_difference(network.head(features), logits), 1e-5F * scale_of(logits));
}

/// The numbers of threads are the process's: no network sets them, neither the first nor another.
TEST(Network, DoesNotSetTheProcesssThreads) {
  const test::TempDir folder;
  test::write_tiny_network(folder / "c.pt", test::tiny_contract(Contract::Kind::classifier));
  const int torch_threads = at::get_num_threads(), opencv_threads = cv::getNumThreads();
  const Network first(folder / "c.pt", Contract::Kind::classifier);
  EXPECT_EQ(at::get_num_threads(), torch_threads);
  EXPECT_EQ(cv::getNumThreads(), opencv_threads);
  for (const int count : {1, 3}) {
    at::set_num_threads(count);
    cv::setNumThreads(count);
    const int opencv_before = cv::getNumThreads();
    const Network another(folder / "c.pt", Contract::Kind::classifier);
    another.forward(random_input(2, 64));
    EXPECT_EQ(at::get_num_threads(), count);
    EXPECT_EQ(cv::getNumThreads(), opencv_before);
  }
  at::set_num_threads(torch_threads);
  cv::setNumThreads(opencv_threads);
}

/// One network, used from several threads at a time, computes what it computes in one.
TEST(Network, SeveralThreadsGetWhatOneGets) {
  const test::TempDir folder;
  const Contract contract = test::tiny_contract(Contract::Kind::classifier);
  save_network(untrained(contract), contract, folder / "net.pt");
  const Network network(folder / "net.pt", Contract::Kind::classifier);
  constexpr int kThreads = 4;
  // Each thread has images of its own, so that nobody gets another's results unnoticed.
  const auto compute = [&](int thread) {
    const NdArray features = network.features(random_input(thread + 1, 64));
    const NdArray logits = network.head(features);
    return std::vector<NdArray>{network.forward(random_input(thread + 1, 64)), features, logits,
                                network.head_gradient(features, logits)};
  };
  std::vector<std::vector<NdArray>> wanted;
  for (int i = 0; i < kThreads; ++i) wanted.push_back(compute(i));
  std::vector<std::vector<std::vector<NdArray>>> found(kThreads);
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      for (int repeat = 0; repeat < 5; ++repeat) {
        found[static_cast<std::size_t>(i)].push_back(compute(i));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (std::size_t i = 0; i < found.size(); ++i) {
    for (const auto& results : found[i]) {
      for (std::size_t r = 0; r < results.size(); ++r) {
        EXPECT_LE(largest_difference(results[r], wanted[i][r]), 1e-5F * scale_of(wanted[i][r]))
            << "thread " << i << ", result " << r;
      }
    }
  }
}

TEST(Network, WhatIsNoModelIsRefusedByNameAndReason) {
  const test::TempDir folder;
  std::ofstream(folder / "text.pt") << "not a model";
  std::ofstream(folder / "empty.pt") << "";
  for (const char* name : {"missing.pt", "text.pt", "empty.pt"}) {
    const std::string error = error_of(folder / name, Contract::Kind::segmenter);
    EXPECT_NE(error.find(name), std::string::npos) << error;
    EXPECT_EQ(error.find('\n'), std::string::npos) << error;
  }
}

TEST(Network, AnotherKindIsRefused) {
  const test::TempDir folder;
  test::write_tiny_network(folder / "c.pt", test::tiny_contract(Contract::Kind::classifier));
  EXPECT_NE(error_of(folder / "c.pt", Contract::Kind::segmenter)
                .find("is a classifier where a segmenter is expected"),
            std::string::npos);
}

TEST(Network, AContractIsTakenFromTheCallerWhereTheFileHasNone) {
  const test::TempDir folder;
  const Contract contract = test::tiny_contract(Contract::Kind::classifier);
  test::write_tiny_network(folder / "c.pt", contract, /*carry_contract=*/false);
  EXPECT_NE(error_of(folder / "c.pt", Contract::Kind::classifier).find("contract"),
            std::string::npos);
  EXPECT_NO_THROW(Network(folder / "c.pt", Contract::Kind::classifier, contract));
}

TEST(Network, AContractOfTheCallersBesideTheFilesOwnIsRefused) {
  const test::TempDir folder;
  const Contract contract = test::tiny_contract(Contract::Kind::classifier);
  test::write_tiny_network(folder / "c.pt", contract);
  EXPECT_THROW(Network(folder / "c.pt", Contract::Kind::classifier, contract), Error);
}

TEST(Network, AMissingMethodIsNamed) {
  const test::TempDir folder;
  Contract contract = test::tiny_contract(Contract::Kind::segmenter);
  const torch::jit::Module segmenter = untrained(contract);
  contract.kind = Contract::Kind::classifier;
  save_network(segmenter, contract, folder / "net.pt");
  EXPECT_NE(error_of(folder / "net.pt", Contract::Kind::classifier).find("`features`"),
            std::string::npos);
}

TEST(Network, OutputsOfAnotherShapeThanPromisedAreRefused) {
  const test::TempDir folder;
  Contract contract = test::tiny_contract(Contract::Kind::classifier);
  const torch::jit::Module three_classes = untrained(contract);
  contract.classes.emplace_back("Tuberculosis");
  save_network(three_classes, contract, folder / "net.pt");
  EXPECT_NE(error_of(folder / "net.pt", Contract::Kind::classifier)
                .find("gives 1 x 3 where its contract promises 1 x 4"),
            std::string::npos);
}

/// Shapes are checked on every output: what lies beyond a smaller tensor is other memory.
TEST(Network, AnOutputThatShrinksAfterTheProbeIsAnError) {
  const test::TempDir folder;
  const NdArray black({1, 3, 64, 64});
  NdArray white = black;
  std::ranges::fill(white.values, 1.0F);
  const auto save = [&](Contract::Kind kind, const std::string& source) {
    torch::jit::Module module("__torch__.cxr.test.Shrinking");
    module.register_attribute("training", c10::BoolType::get(), false);
    module.define(source);
    const std::string contract = to_json(test::tiny_contract(kind)).dump();
    module.save((folder / "net.pt").string(), {{"contract.json", contract}});
    return Network(folder / "net.pt", kind);
  };

  const Network segmenter = save(Contract::Kind::segmenter, R"(
def forward(self, x: Tensor) -> Tensor:
    if bool(torch.max(x) > 0.5):
        return x[:, 0:2, 0:8]
    return x[:, 0:2]
)");
  EXPECT_NO_THROW(segmenter.forward(black));
  EXPECT_THROW(segmenter.forward(white), Error);

  const Network classifier = save(Contract::Kind::classifier, R"(
def features(self, x: Tensor) -> Tensor:
    if bool(torch.max(x) > 0.5):
        return x[:, :, 0:1]
    return x[:, :, 0:4, 0:4]
def head(self, features: Tensor) -> Tensor:
    if bool(torch.max(features) > 0.5):
        return torch.mean(features, [2, 3])[:, 0:2]
    return torch.mean(features, [2, 3])
def forward(self, x: Tensor) -> Tensor:
    return self.head(self.features(x))
)");
  EXPECT_NO_THROW(classifier.head(classifier.features(black)));
  EXPECT_THROW(classifier.features(white), Error);
  NdArray features({1, 3, 4, 4});
  EXPECT_NO_THROW(classifier.head(features));
  std::ranges::fill(features.values, 1.0F);
  EXPECT_THROW(classifier.head(features), Error);
}

// The most likely mistake of those who come from the original.
TEST(NetworkTest, PickleIsNamedAsSuchWithTheWayOut) {
  const test::TempDir folder;
  const std::string zip = "PK\x03\x04";
  for (const std::string& bytes : {std::string("\x80\x02}q"), zip + "archive/data.pkl"}) {
    const auto file = folder / "segmentation-model.pkl";
    std::ofstream(file, std::ios::binary) << bytes;
    try {
      Network(file, Contract::Kind::segmenter);
      FAIL() << "no error";
    } catch (const Error& error) {
      EXPECT_EQ(std::string(error.what()),
                "model: " + file.string() +
                    ": is a fastai or pickle file; convert it with scripts/convert_fastai.py");
    }
  }
}

TEST(NetworkTest, ClassifierWithoutHeadIsToldHowToExportOne) {
  const test::TempDir folder;
  torch::jit::Module module("cxr.Plain");
  module.define("def forward(self, x):\n  return x\n");
  module.save((folder / "plain.pt").string());
  try {
    Network(folder / "plain.pt", Contract::Kind::classifier,
            test::tiny_contract(Contract::Kind::classifier));
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("has no method `features`, which a classifier needs"),
              std::string::npos)
        << error.what();
    EXPECT_NE(std::string(error.what()).find("config/README.md"), std::string::npos);
  }
}

}  // namespace
}  // namespace cxr
