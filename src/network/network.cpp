#include "cxr/network.h"

#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/jit/runtime/graph_executor.h>
#include <torch/csrc/jit/runtime/jit_exception.h>
#include <torch/cuda.h>
#include <torch/script.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <string_view>
#include <utility>

#include "base/json_text.h"
#include "bfloat16.h"
#include "cxr/error.h"
#include "model_manifest.h"
#include "tensor.h"

namespace cxr {
namespace {

using torch::jit::Module;

constexpr const char* kContractFile = "contract.json";

/// Runs code that may throw LibTorch's long-winded errors.
template <typename Action>
auto in_one_line(const std::string& file, const std::string& what, const Action& action) {
  try {
    return action();
  } catch (const c10::Error& error) {
    const std::string text = error.what_without_backtrace();
    throw Error(kModelStage, file, what + " (" + text.substr(0, text.find('\n')) + ")");
  } catch (const torch::jit::JITException& error) {
    throw Error(kModelStage, file, what + " (" + error.what() + ")");
  }
}

struct Archive {
  Module module;
  std::string contract;  ///< empty where the archive has none
};

/// Whether it is a pickle, as fastai's export() and torch.save() write it: bare, or in a ZIP
/// archive without what TorchScript adds.
bool is_pickle(std::string_view bytes) {
  const auto has = [&](std::string_view part) {
    return bytes.find(part) != std::string_view::npos;
  };
  const bool is_archive = bytes.starts_with("PK") && has("data.pkl") && !has("constants.pkl");
  return bytes.starts_with('\x80') || is_archive;
}

Archive unpack(const std::string& file, std::string bytes) {
  if (is_pickle(bytes)) {
    throw Error(kModelStage, file,
                "is a fastai or pickle file; convert it with scripts/convert_fastai.py");
  }
  return in_one_line(file, "not a TorchScript archive, or damaged", [&] {
    torch::jit::ExtraFilesMap extra{{kContractFile, ""}};
    Archive archive;
    std::istringstream stream(std::move(bytes));
    archive.module = torch::jit::load(stream, torch::kCPU, extra);
    archive.contract = extra.at(kContractFile);
    return archive;
  });
}

Contract read_contract(const std::string& file, const std::string& text,
                       const std::optional<Contract>& fallback) {
  if (text.empty()) {
    if (fallback) return *fallback;
    throw Error(kModelStage, file,
                "carries no contract.json; state its contract in the configuration");
  }
  if (fallback) {
    throw Error(kModelStage, file,
                "carries a contract.json of its own; remove `contract` from the configuration");
  }
  const auto contract = parse_json(text);
  if (contract.is_discarded())
    throw Error(kModelStage, file, "its contract.json is not valid JSON");
  return parse_contract(contract, file);
}

void require_methods(const Module& module, Contract::Kind kind, const std::string& file) {
  std::vector<std::string> methods{"forward"};
  if (kind == Contract::Kind::classifier) methods = {"forward", "features", "head"};
  for (const std::string& method : methods) {
    if (!module.find_method(method)) {
      throw Error(kModelStage, file,
                  "has no method `" + method + "`, which a " + name_of(kind) +
                      " needs; config/README.md shows how to export one");
    }
  }
}

/// One method of a network as a module of its own, without the weights that it does not use.
Module method_alone(const Module& network, const std::string& method) {
  Module module("cxr.Method");
  module.register_module("network", network);
  module.define("def forward(self, x):\n  return self.network." + method + "(x)\n");
  module.eval();
  return torch::jit::freeze(module);
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

std::string shape_text(at::IntArrayRef shape) {
  std::string text;
  for (const auto size : shape) text += (text.empty() ? "" : " x ") + std::to_string(size);
  return text;
}

std::vector<std::int64_t> with_count(std::int64_t images, std::vector<std::int64_t> shape) {
  shape.insert(shape.begin(), images);
  return shape;
}

void require_shape(const torch::Tensor& output, const std::vector<std::int64_t>& wanted,
                   const std::string& file) {
  if (output.sizes() != at::IntArrayRef(wanted)) {
    throw Error(kModelStage, file,
                "gives " + shape_text(output.sizes()) + " where its contract promises " +
                    shape_text(wanted));
  }
}

}  // namespace

struct Network::Implementation {
  std::string file;
  std::string sha256;
  torch::Device device = torch::kCPU;
  Precision precision = Precision::float32;
  Contract contract;
  Module body;  ///< segmenter: `forward`; classifier: `features`; optimised for inference
  Module head;  ///< classifier only; differentiable
  std::vector<std::int64_t> feature_shape;  ///< K, h, w of one image; classifier only

  torch::Tensor run(const Module& module, const torch::Tensor& input) const {
    // More than NoGradGuard: some LibTorch (2.6 of Debian 13) finds no kernel else for the layouts
    // of oneDNN.
    const c10::InferenceMode no_autograd;
    return in_one_line(file, "the network failed", [&] {
      // What is to be optimised was optimised on loading; specialising on shapes would only make
      // the first batches slow.
      const torch::jit::GraphOptimizerEnabledGuard optimise(false);
      return module.get_method("forward")({input}).toTensor().to(torch::kCPU, torch::kFloat);
    });
  }

  /// What `body` takes of a batch in float32, N x C x H x W.
  torch::Tensor body_input(const torch::Tensor& batch) const {
    if (precision == Precision::float32) return batch.to(device);
    return batch.to(device, torch::kBFloat16).contiguous(torch::MemoryFormat::ChannelsLast);
  }

  /// Runs a module on a batch. A network may change its shapes with what it sees: each output is
  /// compared with `wanted`, the shape of one image's part.
  torch::Tensor run_checked(const Module& module, const torch::Tensor& input,
                            const std::vector<std::int64_t>& wanted) const {
    torch::Tensor output = run(module, input);
    require_shape(output, with_count(input.size(0), wanted), file);
    return output;
  }

  std::vector<std::int64_t> output_shape() const {
    const auto classes = static_cast<std::int64_t>(contract.classes.size());
    if (contract.kind == Contract::Kind::classifier) return {classes};
    return {classes, contract.input.height, contract.input.width};
  }

  void load(const std::filesystem::path& path, Contract::Kind kind,
            const std::optional<Contract>& fallback, const std::string& on, Precision wanted) {
    file = path.string();
    device = find_device(on);
    precision = resolve_precision(wanted, on);
    ModelFile model = read_model(path);
    sha256 = std::move(model.sha256);
    Archive archive = unpack(file, std::move(model.bytes));
    contract = read_contract(file, archive.contract, fallback);
    if (contract.kind != kind) {
      throw Error(kModelStage, file,
                  std::string("is a ") + name_of(contract.kind) + " where a " + name_of(kind) +
                      " is expected");
    }
    require_methods(archive.module, kind, file);
    in_one_line(file, "cannot be optimised",
                [&] { optimise(std::exchange(archive.module, Module())); });
    probe();
  }

  /// Takes the only reference to the module. (LibTorch's Module cannot be moved: that copies.)
  void optimise(Module network) {
    network.eval();
    network.to(device, torch::kFloat);
    const bool classifier = contract.kind == Contract::Kind::classifier;
    if (classifier) head = method_alone(network, "head");
    Module frozen = method_alone(network, classifier ? "features" : "forward");
    network = Module();  // no second copy of the weights while they are packed
    if (precision == Precision::bfloat16) {
      round_to_bfloat16(frozen);
      body = frozen;  // oneDNN's own layouts gain nothing over channels-last here
    } else {
      body = torch::jit::optimize_for_inference(frozen);
    }
  }

  /// Runs one black image through the network and compares the shapes with the contract.
  void probe() {
    const auto image = torch::zeros({1, 3, contract.input.height, contract.input.width});
    const auto output = run(body, body_input(image));
    if (contract.kind == Contract::Kind::segmenter) {
      require_shape(output, with_count(1, output_shape()), file);
      return;
    }
    if (output.dim() != 4) {
      throw Error(kModelStage, file,
                  "`features` gives " + shape_text(output.sizes()) + ", not N x K x h x w");
    }
    feature_shape = output.sizes().slice(1).vec();
    run_checked(head, output.to(device), output_shape());
  }
};

Precision resolve_precision(Precision wanted, const std::string& device) {
  if (wanted != Precision::automatic) return wanted;
  const bool is_fast = find_device(device).is_cpu() && is_fast_at_bfloat16();
  return is_fast ? Precision::bfloat16 : Precision::float32;
}

Network::Network(const std::filesystem::path& file, Contract::Kind kind,
                 const std::optional<Contract>& contract, const std::string& device,
                 Precision precision)
    : implementation_(std::make_unique<Implementation>()) {
  implementation_->load(file, kind, contract, device, precision);
}

Network::~Network() = default;
Network::Network(Network&&) noexcept = default;
Network& Network::operator=(Network&&) noexcept = default;

const Contract& Network::contract() const { return implementation_->contract; }

const std::string& Network::sha256() const { return implementation_->sha256; }

std::string Network::device() const { return implementation_->device.str(); }

Precision Network::precision() const { return implementation_->precision; }

NdArray Network::forward(const NdArray& input) const {
  const Implementation& own = *implementation_;
  if (own.contract.kind == Contract::Kind::classifier) return head(features(input));
  return to_ndarray(
      own.run_checked(own.body, own.body_input(as_tensor(input)), own.output_shape()));
}

NdArray Network::features(const NdArray& input) const {
  const Implementation& own = *implementation_;
  return to_ndarray(own.run_checked(own.body, own.body_input(as_tensor(input)), own.feature_shape));
}

// The head is run on one image at a time: its matrix products round otherwise for other batches,
// and results must not depend on what else is in the batch.
NdArray Network::head(const NdArray& features) const {
  const Implementation& own = *implementation_;
  std::vector<torch::Tensor> logits;
  for (const torch::Tensor& image : as_tensor(features).split(1)) {
    logits.push_back(own.run_checked(own.head, image.to(own.device), own.output_shape()));
  }
  return to_ndarray(torch::cat(logits));
}

NdArray Network::head_gradient(const NdArray& features, const NdArray& weights) const {
  const Implementation& own = *implementation_;
  return in_one_line(own.file, "the gradient of `head` failed", [&] {
    const torch::jit::GraphOptimizerEnabledGuard optimise(false);
    const auto head = own.head.get_method("forward");
    const auto all_features = as_tensor(features).split(1);
    const auto all_weights = as_tensor(weights).split(1);
    std::vector<torch::Tensor> gradients;
    for (std::size_t i = 0; i < all_features.size(); ++i) {
      const auto input = all_features[i].clone().to(own.device).set_requires_grad(true);
      const auto logits = head({input}).toTensor();
      gradients.push_back(
          torch::autograd::grad({(logits * all_weights[i].to(own.device)).sum()}, {input}).at(0));
    }
    return to_ndarray(torch::cat(gradients).to(torch::kCPU));
  });
}

}  // namespace cxr
