#include "support/tiny_networks.h"

#include <torch/script.h>
#include <torch/torch.h>

#include <fstream>
#include <nlohmann/json.hpp>

namespace cxr::test {
namespace {

using torch::jit::Module;

/// Added to an output, it changes nothing but what a black image gives: to NaN.
const std::string kMood = " + 0.0 * torch.log(torch.mean(x[:, 1:2], [1, 2, 3], True) + 1.95)";

Module tiny_segmenter(const std::string& mood = "") {
  Module module("__torch__.cxr.test.Segmenter");
  module.register_attribute("training", c10::BoolType::get(), false);
  module.define(R"(
def forward(self, x: Tensor) -> Tensor:
    grey = torch.avg_pool2d(x[:, 0:1] * 0.229 + 0.485, [3, 3], [1, 1], [1, 1], False, False)
    lung = (0.14 - torch.abs(grey - 0.40)) * 60.0)" +
                mood + R"(
    return torch.cat([-lung, lung], 1)
)");
  return module;
}

Module tiny_classifier(std::int64_t classes, const std::string& mood = "") {
  torch::manual_seed(7);
  Module module("__torch__.cxr.test.Classifier");
  module.register_attribute("training", c10::BoolType::get(), false);
  module.register_parameter("kernel", torch::randn({8, 3, 16, 16}) / 16, false);
  module.register_parameter("weight", torch::randn({classes, 8}), false);
  module.register_parameter("bias", torch::zeros(classes), false);
  module.define(R"(
def features(self, x: Tensor) -> Tensor:
    return torch.relu(torch.conv2d(x, self.kernel, None, [16, 16])))" +
                mood + R"(
def head(self, features: Tensor) -> Tensor:
    return torch.linear(torch.mean(features, [2, 3]), self.weight, self.bias)
def forward(self, x: Tensor) -> Tensor:
    return self.head(self.features(x))
)");
  return module;
}

}  // namespace

Contract tiny_contract(Contract::Kind kind) {
  Contract contract;
  contract.kind = kind;
  contract.name = "tiny";
  contract.version = "1";
  contract.input.width = contract.input.height = 64;
  contract.classes = {"background", "lung"};
  if (kind == Contract::Kind::classifier) {
    contract.classes = {"COVID-19", "Normal", "Pneumonia"};
    contract.input.resize = Resize::letterbox;
    contract.enhance_side = 128;
  }
  return contract;
}

void write_tiny_network(const std::filesystem::path& file, const Contract& contract,
                        bool carry_contract) {
  const Module module = contract.kind == Contract::Kind::segmenter
                            ? tiny_segmenter()
                            : tiny_classifier(static_cast<std::int64_t>(contract.classes.size()));
  torch::jit::ExtraFilesMap extra;
  if (carry_contract) extra["contract.json"] = to_json(contract).dump();
  module.save(file.string(), extra);
}

void write_moody_network(const std::filesystem::path& file, Contract::Kind kind) {
  const Contract contract = tiny_contract(kind);
  const Module module =
      kind == Contract::Kind::segmenter
          ? tiny_segmenter(kMood)
          : tiny_classifier(static_cast<std::int64_t>(contract.classes.size()), kMood);
  module.save(file.string(), {{"contract.json", to_json(contract).dump()}});
}

std::filesystem::path write_tiny_setup(const std::filesystem::path& folder) {
  write_tiny_network(folder / "segmenter.pt", tiny_contract(Contract::Kind::segmenter));
  write_tiny_network(folder / "classifier.pt", tiny_contract(Contract::Kind::classifier));
  std::ofstream(folder / "config.json")
      << R"({"segmenter": "segmenter.pt", "classifier": "classifier.pt", "batch_size": 3})";
  return folder / "config.json";
}

}  // namespace cxr::test
