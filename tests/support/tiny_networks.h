#pragma once

#include <filesystem>

#include "cxr/contract.h"

namespace cxr::test {

/// Contract of a segmenter (64 x 64, squish) or classifier (64 x 64, letterbox, COVID-19 / Normal /
/// Pneumonia, enhance_side 128).
Contract tiny_contract(Contract::Kind kind);

/// Writes networks that need no training and take milliseconds: a segmenter that calls mid-grey
/// lung, which finds the lungs of a phantom, and a classifier of one fixed random convolution and
/// a linear head. Without `carry_contract`, the archive has no contract.json.
void write_tiny_network(const std::filesystem::path& file, const Contract& contract,
                        bool carry_contract = true);

/// Writes a network of tiny_contract() that gives no numbers (NaN) for a black image, and for all
/// others what write_tiny_network() gives.
void write_moody_network(const std::filesystem::path& file, Contract::Kind kind);

/// Writes both and a configuration that names them, `config.json`, into a folder; returns its path.
std::filesystem::path write_tiny_setup(const std::filesystem::path& folder);

}  // namespace cxr::test
