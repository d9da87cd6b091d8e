#include "bfloat16.h"

#include <torch/csrc/jit/ir/constants.h>
#include <torch/csrc/jit/ir/ir.h>

#include <fstream>
#include <functional>
#include <string>

namespace cxr {
namespace {

void for_each_constant(torch::jit::Block* block,
                       const std::function<void(torch::jit::Node*)>& visit) {
  for (torch::jit::Node* node : block->nodes()) {
    if (node->kind() == torch::jit::prim::Constant) visit(node);
    for (torch::jit::Block* inner : node->blocks()) for_each_constant(inner, visit);
  }
}

}  // namespace

bool is_fast_at_bfloat16() {
  std::ifstream processors("/proc/cpuinfo");
  bool is_amd = false;
  for (std::string line; std::getline(processors, line);) {
    const auto says = [&](const char* word) { return line.find(word) != std::string::npos; };
    if (line.starts_with("vendor_id")) is_amd = says("AuthenticAMD");
    if (line.starts_with("flags")) return says("amx_bf16") || (is_amd && says("avx512_bf16"));
  }
  return false;
}

void round_to_bfloat16(const torch::jit::Module& frozen) {
  for_each_constant(frozen.get_method("forward").graph()->block(), [](torch::jit::Node* node) {
    const auto value = torch::jit::toIValue(node->output());
    if (!value || !value->isTensor() || !value->toTensor().is_floating_point()) return;
    const torch::Tensor weights = value->toTensor();
    const auto layout =
        weights.dim() == 4 ? torch::MemoryFormat::ChannelsLast : torch::MemoryFormat::Contiguous;
    const torch::Tensor rounded = weights.to(torch::kBFloat16).contiguous(layout);
    node->t_(torch::jit::attr::value, rounded);
    node->output()->inferTypeFrom(rounded);
  });
}

}  // namespace cxr
