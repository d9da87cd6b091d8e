#pragma once

#include <torch/script.h>

#include <filesystem>

#include "cxr/contract.h"

namespace cxr {

/// A model as it is stored: neither converted to float nor optimised. Throws Error naming the file.
torch::jit::Module load_stored(const std::filesystem::path& file);

/// A model as it was trained: in float and evaluation mode, with its contract.
struct TrainedModel {
  torch::jit::Module network;
  Contract contract;
};

/// Throws Error naming the file.
TrainedModel load_trained(const std::filesystem::path& file);

/// Writes a model as it is, with a contract, whole or not at all. Throws Error naming the file.
void save_stored(const torch::jit::Module& model, const Contract& contract,
                 const std::filesystem::path& file);

}  // namespace cxr
