#include "cxr/network.h"

#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/jit/runtime/graph_executor.h>
#include <torch/csrc/jit/runtime/jit_exception.h>
#include <torch/cuda.h>
#include <torch/script.h>

#include <future>
#include <nlohmann/json.hpp>

#include "cxr/error.h"
#include "model_manifest.h"
#include "tensor.h"

namespace cxr {
namespace {

using torch::jit::Module;

constexpr const char* kStage = "model";
constexpr const char* kContractFile = "contract.json";

/// Runs code that may throw LibTorch's long-winded errors.
template <typename Action>
auto in_one_line(const std::string& file, const std::string& what, const Action& action) {
  try {
    return action();
  } catch (const c10::Error& error) {
    const std::string text = error.what_without_backtrace();
    throw Error(kStage, file, what + " (" + text.substr(0, text.find('\n')) + ")");
  } catch (const torch::jit::JITException& error) {
    throw Error(kStage, file, what + " (" + error.what() + ")");
  }
}

struct Archive {
  Module module;
  std::string contract;  ///< empty where the archive has none
};

Archive open(const std::filesystem::path& file) {
  return in_one_line(file.string(), "not a TorchScript archive, or damaged", [&] {
    torch::jit::ExtraFilesMap extra{{kContractFile, ""}};
    Archive archive;
    archive.module = torch::jit::load(file.string(), torch::kCPU, extra);
    archive.contract = extra.at(kContractFile);
    return archive;
  });
}

Contract read_contract(const std::string& file, const std::string& text,
                       const std::optional<Contract>& fallback) {
  if (text.empty()) {
    if (fallback) return *fallback;
    throw Error(kStage, file, "carries no contract.json; state its contract in the configuration");
  }
  if (fallback) {
    throw Error(kStage, file,
                "carries a contract.json of its own; remove `contract` from the configuration");
  }
  const auto json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) throw Error(kStage, file, "its contract.json is not valid JSON");
  return parse_contract(json, file);
}

void require_methods(const Module& module, Contract::Kind kind, const std::string& file) {
  std::vector<std::string> methods{"forward"};
  if (kind == Contract::Kind::classifier) methods = {"forward", "features", "head"};
  for (const std::string& method : methods) {
    if (!module.find_method(method)) {
      throw Error(kStage, file,
                  "has no method `" + method + "`, which a " + name_of(kind) + " needs");
    }
  }
}

/// The device of a configuration. Throws UsageError where there is no such.
torch::Device find_device(const std::string& name) {
  const bool has_cuda = torch::cuda::is_available();
  if (name == "auto") return has_cuda ? torch::kCUDA : torch::kCPU;
  if (name == "cpu") return torch::kCPU;
  if (!has_cuda) {
    throw UsageError("device", name,
                     "this LibTorch finds no CUDA device; use cpu, or another LibTorch and driver");
  }
  const torch::Device device(name);
  const auto count = static_cast<int>(torch::cuda::device_count());
  if (device.has_index() && device.index() >= count) {
    throw UsageError("device", name, "there are only " + std::to_string(count) + " CUDA devices");
  }
  return device;
}

std::string describe(at::IntArrayRef shape) {
  std::string text;
  for (const auto size : shape) text += (text.empty() ? "" : " x ") + std::to_string(size);
  return text;
}

void require_shape(const torch::Tensor& output, const std::vector<std::int64_t>& wanted,
                   const std::string& file) {
  if (output.sizes() != at::IntArrayRef(wanted)) {
    throw Error(
        kStage, file,
        "gives " + describe(output.sizes()) + " where its contract promises " + describe(wanted));
  }
}

}  // namespace

struct Network::Implementation {
  std::string file;
  std::string sha256;
  torch::Device device = torch::kCPU;
  Contract contract;
  Module loaded;     ///< as stored, differentiable: for the head
  Module optimised;  ///< frozen, batch norm folded, oneDNN chosen: for the rest

  torch::Tensor run(const Module& module, const char* method, const torch::Tensor& input) const {
    // More than NoGradGuard: some LibTorch (2.6 of Debian 13) finds no kernel else for the layouts
    // of oneDNN.
    const c10::InferenceMode no_autograd;
    return in_one_line(file, std::string("`") + method + "` failed", [&] {
      // What is to be optimised was optimised on loading; specialising on shapes would only make
      // the first batches slow.
      const torch::jit::GraphOptimizerEnabledGuard optimise(false);
      return module.get_method(method)({input.to(device)}).toTensor().to(torch::kCPU);
    });
  }

  void load(const std::filesystem::path& path, Contract::Kind kind,
            const std::optional<Contract>& fallback, const std::string& on) {
    file = path.string();
    device = find_device(on);
    const Archive archive = open(path);
    contract = read_contract(file, archive.contract, fallback);
    if (contract.kind != kind) {
      throw Error(kStage, file,
                  std::string("is a ") + name_of(contract.kind) + " where a " + name_of(kind) +
                      " is expected");
    }
    loaded = archive.module;
    require_methods(loaded, kind, file);
    loaded.eval();
    loaded.to(device, torch::kFloat);
    optimise();
    probe();
  }

  void optimise() {
    const bool classifier = contract.kind == Contract::Kind::classifier;
    const std::vector<std::string> methods =
        classifier ? std::vector<std::string>{"features"} : std::vector<std::string>{};
    optimised = in_one_line(file, "cannot be optimised", [&] {
      Module frozen = torch::jit::freeze(loaded, methods);
      return torch::jit::optimize_for_inference(frozen, methods);
    });
  }

  /// Runs one black image through the network and compares the shapes with the contract.
  void probe() const {
    const auto& input = contract.input;
    const auto classes = static_cast<std::int64_t>(contract.classes.size());
    const auto image = torch::zeros({1, 3, input.height, input.width});
    if (contract.kind == Contract::Kind::segmenter) {
      require_shape(run(optimised, "forward", image), {1, classes, input.height, input.width},
                    file);
      return;
    }
    const auto features = run(optimised, "features", image);
    if (features.dim() != 4) {
      throw Error(kStage, file,
                  "`features` gives " + describe(features.sizes()) + ", not N x K x h x w");
    }
    require_shape(run(loaded, "head", features), {1, classes}, file);
  }
};

Network::Network(const std::filesystem::path& file, Contract::Kind kind,
                 const std::optional<Contract>& contract, const std::string& device)
    : implementation_(std::make_unique<Implementation>()) {
  if (!std::filesystem::is_regular_file(file)) {
    throw Error(kStage, file.string(), "no such file; check the path in the configuration");
  }
  // Hashing takes about as long as loading: both at a time. What it says of a damaged file is
  // plainer than what loading says.
  auto intact = std::async(std::launch::async, require_intact, file);
  try {
    implementation_->load(file, kind, contract, device);
  } catch (...) {
    intact.get();
    throw;
  }
  implementation_->sha256 = intact.get();
}

Network::~Network() = default;
Network::Network(Network&&) noexcept = default;
Network& Network::operator=(Network&&) noexcept = default;

const Contract& Network::contract() const { return implementation_->contract; }

const std::string& Network::sha256() const { return implementation_->sha256; }

std::string Network::device() const { return implementation_->device.str(); }

NdArray Network::forward(const NdArray& input) const {
  return to_ndarray(implementation_->run(implementation_->optimised, "forward", as_tensor(input)));
}

NdArray Network::features(const NdArray& input) const {
  return to_ndarray(implementation_->run(implementation_->optimised, "features", as_tensor(input)));
}

// The head is run on one image at a time: its matrix products round otherwise for other batches,
// and results must not depend on what else is in the batch.
NdArray Network::head(const NdArray& features) const {
  std::vector<torch::Tensor> logits;
  for (const torch::Tensor& image : as_tensor(features).split(1)) {
    logits.push_back(implementation_->run(implementation_->loaded, "head", image));
  }
  return to_ndarray(torch::cat(logits));
}

NdArray Network::head_gradient(const NdArray& features, const NdArray& weights) const {
  return in_one_line(implementation_->file, "the gradient of `head` failed", [&] {
    const torch::jit::GraphOptimizerEnabledGuard optimise(false);
    const auto device = implementation_->device;
    const auto head = implementation_->loaded.get_method("head");
    const auto all_features = as_tensor(features).split(1);
    const auto all_weights = as_tensor(weights).split(1);
    std::vector<torch::Tensor> gradients;
    for (std::size_t i = 0; i < all_features.size(); ++i) {
      const auto input = all_features[i].clone().to(device).set_requires_grad(true);
      const auto logits = head({input}).toTensor();
      gradients.push_back(
          torch::autograd::grad({(logits * all_weights[i].to(device)).sum()}, {input}).at(0));
    }
    return to_ndarray(torch::cat(gradients).to(torch::kCPU));
  });
}

}  // namespace cxr
