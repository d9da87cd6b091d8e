#include "architecture.h"

#include <torch/torch.h>

#include <array>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/atomic_file.h"

namespace cxr {
namespace {

using torch::jit::Module;

// Makes modules that share one compilation unit. Each gets a class name of its own: many modules
// under one name make LibTorch's alias analysis eat all memory.
class Builder {
 public:
  Module module(const std::string& class_name) const {
    Module made("__torch__.cxr." + class_name, unit_, /*shouldMangle=*/true);
    made.register_attribute("training", c10::BoolType::get(), true);
    return made;
  }

  /// Convolution without bias, batch norm, and ReLU if asked for.
  Module conv(int in, int out, int kernel, int stride, bool relu) const {
    Module made = module("ConvNorm");
    const auto weight = torch::empty({out, in, kernel, kernel});
    torch::nn::init::kaiming_normal_(weight, 0, torch::kFanOut, torch::kReLU);
    made.register_parameter("weight", weight, false);
    made.register_parameter("norm_weight", torch::ones(out), false);
    made.register_parameter("norm_bias", torch::zeros(out), false);
    made.register_buffer("running_mean", torch::zeros(out));
    made.register_buffer("running_var", torch::ones(out));
    const std::string s = std::to_string(stride);
    const std::string p = std::to_string(kernel / 2);
    made.define(
        "def forward(self, x: Tensor) -> Tensor:\n"
        "  y = torch.conv2d(x, self.weight, None, [" +
        s + ", " + s + "], [" + p + ", " + p +
        "])\n"
        "  y = torch.batch_norm(y, self.norm_weight, self.norm_bias, self.running_mean,\n"
        "                       self.running_var, self.training, 0.1, 1e-5, False)\n"
        "  return " +
        (relu ? "torch.relu(y)" : "y") + "\n");
    return made;
  }

  /// Two 3 x 3 convolutions and a shortcut (He et al., figure 2).
  Module residual_block(int in, int out, int stride) const {
    Module made = module("ResidualBlock");
    made.register_module("first", conv(in, out, 3, stride, true));
    made.register_module("second", conv(out, out, 3, 1, false));
    const bool project = stride != 1 || in != out;
    if (project) made.register_module("shortcut", conv(in, out, 1, stride, false));
    made.define(std::string("def forward(self, x: Tensor) -> Tensor:\n"
                            "  y = self.second.forward(self.first.forward(x))\n") +
                (project ? "  return torch.relu(y + self.shortcut.forward(x))\n"
                         : "  return torch.relu(y + x)\n"));
    return made;
  }

  Module residual_stage(int in, int out, int blocks, int stride) const {
    Module made = module("ResidualStage");
    std::ostringstream source;
    source << "def forward(self, x: Tensor) -> Tensor:\n";
    for (int i = 0; i < blocks; ++i) {
      const std::string name = "block" + std::to_string(i);
      made.register_module(name, residual_block(i == 0 ? in : out, out, i == 0 ? stride : 1));
      source << "  x = self." << name << ".forward(x)\n";
    }
    source << "  return x\n";
    made.define(source.str());
    return made;
  }

  /// Registers the five stages of ResNet-34, each of which halves the resolution.
  void add_encoder(Module& made) const {
    made.register_module("stem", conv(3, 64, 7, 2, true));
    made.register_module("stage1", residual_stage(64, 64, 3, 1));
    made.register_module("stage2", residual_stage(64, 128, 4, 2));
    made.register_module("stage3", residual_stage(128, 256, 6, 2));
    made.register_module("stage4", residual_stage(256, 512, 3, 2));
  }

  /// Doubles the resolution, joins the encoder's planes of that resolution, convolves twice.
  Module decoder_block(int in, int skip, int out) const {
    Module made = module("DecoderBlock");
    made.register_module("first", conv(in + skip, out, 3, 1, true));
    made.register_module("second", conv(out, out, 3, 1, true));
    made.define(std::string("def forward(self, x: Tensor") + (skip > 0 ? ", skip: Tensor" : "") +
                ") -> Tensor:\n"
                "  y = torch.upsample_nearest2d(x, None, [2.0, 2.0])\n" +
                (skip > 0 ? "  y = torch.cat([y, skip], 1)\n" : "") +
                "  return self.second.forward(self.first.forward(y))\n");
    return made;
  }

 private:
  std::shared_ptr<torch::jit::CompilationUnit> unit_ =
      std::make_shared<torch::jit::CompilationUnit>();
};

constexpr const char* kPool = "torch.max_pool2d(s, [3, 3], [2, 2], [1, 1])";

Module make_resnet34(int classes) {
  const Builder build;
  Module made = build.module("ResNet34");
  build.add_encoder(made);
  const auto weight = torch::empty({classes, 512});
  torch::nn::init::kaiming_uniform_(weight, std::sqrt(5.0));
  made.register_parameter("weight", weight, false);
  made.register_parameter("bias", torch::zeros(classes), false);
  made.define(std::string("def features(self, x: Tensor) -> Tensor:\n"
                          "  s = self.stem.forward(x)\n"
                          "  y = self.stage1.forward(") +
              kPool +
              ")\n"
              "  y = self.stage3.forward(self.stage2.forward(y))\n"
              "  return self.stage4.forward(y)\n"
              "def head(self, features: Tensor) -> Tensor:\n"
              "  return torch.linear(torch.mean(features, [2, 3]), self.weight, self.bias)\n"
              "def forward(self, x: Tensor) -> Tensor:\n"
              "  return self.head(self.features(x))\n");
  return made;
}

Module make_unet_resnet34(int classes) {
  const Builder build;
  Module made = build.module("UNetResNet34");
  build.add_encoder(made);
  made.register_module("up1", build.decoder_block(512, 256, 256));
  made.register_module("up2", build.decoder_block(256, 128, 128));
  made.register_module("up3", build.decoder_block(128, 64, 64));
  made.register_module("up4", build.decoder_block(64, 64, 32));
  made.register_module("up5", build.decoder_block(32, 0, 16));
  const auto weight = torch::empty({classes, 16, 3, 3});
  torch::nn::init::kaiming_uniform_(weight, std::sqrt(5.0));
  made.register_parameter("weight", weight, false);
  made.register_parameter("bias", torch::zeros(classes), false);
  made.define(std::string("def forward(self, x: Tensor) -> Tensor:\n"
                          "  s = self.stem.forward(x)\n"
                          "  a = self.stage1.forward(") +
              kPool +
              ")\n"
              "  b = self.stage2.forward(a)\n"
              "  c = self.stage3.forward(b)\n"
              "  y = self.up1.forward(self.stage4.forward(c), c)\n"
              "  y = self.up3.forward(self.up2.forward(y, b), a)\n"
              "  y = self.up5.forward(self.up4.forward(y, s))\n"
              "  return torch.conv2d(y, self.weight, self.bias, [1, 1], [1, 1])\n");
  return made;
}

}  // namespace

bool is_of_encoder(const std::string& name) {
  return name.starts_with("stem.") || name.starts_with("stage");
}

Module make_network(const Contract& contract) {
  const int classes = static_cast<int>(contract.classes.size());
  Module made = contract.kind == Contract::Kind::segmenter ? make_unet_resnet34(classes)
                                                           : make_resnet34(classes);
  for (torch::Tensor parameter : made.parameters()) parameter.set_requires_grad(true);
  return made;
}

void save_network(const Module& network, const Contract& contract,
                  const std::filesystem::path& file) {
  Module stored = network.deepcopy();
  stored.eval();
  for (torch::Tensor parameter : stored.parameters()) {
    const auto detached = parameter.detach().contiguous();
    // Biases and batch norm are few and sensitive: only matrices and kernels are halved.
    parameter.set_data(parameter.dim() > 1 ? detached.to(torch::kHalf) : detached);
  }
  // By way of memory: where there is no room, LibTorch's own file writer ends the programme.
  std::ostringstream bytes;
  stored.save(bytes, {{"contract.json", to_json(contract).dump(2)}});
  AtomicFile whole(file);
  whole.write(bytes.view());
  whole.finish();
}

}  // namespace cxr
