#pragma once

#include <torch/script.h>

#include <filesystem>
#include <string>

#include "cxr/contract.h"

namespace cxr {

/// An untrained network of the contract's kind, on `std` weights drawn from torch's generator:
/// - segmenter: U-Net (Ronneberger et al., MICCAI 2015) over a ResNet-34 encoder, decoder of 256,
///   128, 64, 32 and 16 planes, two classes;
/// - classifier: ResNet-34 (He et al., CVPR 2016), `features` down to a 32nd of the input's size,
///   `head` of global average pooling and one linear layer.
/// It is TorchScript, so that the same object is trained, saved and loaded.
torch::jit::Module make_network(const Contract& contract);

/// Whether a parameter or buffer belongs to the encoder, which both kinds have alike.
bool is_of_encoder(const std::string& name);

/// Writes a network with its contract, whole or not at all. Weight matrices are stored in half
/// precision, everything else as it is. Throws Error naming the file.
void save_network(const torch::jit::Module& network, const Contract& contract,
                  const std::filesystem::path& file);

}  // namespace cxr
