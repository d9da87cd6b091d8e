#pragma once

#include <array>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "cxr/contract.h"
#include "cxr/names.h"
#include "cxr/ndarray.h"

namespace cxr {

/// What a network computes in.
enum class Precision {
  automatic,  ///< bfloat16 where the processor is fast at it, else float32
  float32,
  bfloat16  ///< the convolutions; a classifier's head stays in float32
};

constexpr auto names(Precision /*unused*/) {
  return std::array{Named<Precision>{Precision::automatic, "auto"},
                    Named<Precision>{Precision::float32, "float32"},
                    Named<Precision>{Precision::bfloat16, "bfloat16"}};
}

/// float32 or bfloat16: what `wanted` comes to on this machine and device. Throws UsageError where
/// there is no such device.
Precision resolve_precision(Precision wanted, const std::string& device);

/// A trained network: a TorchScript archive and its contract, ready for inference.
///
/// Expensive to make (the weights are loaded and converted, batch norm is folded into the
/// convolutions), immutable afterwards, safe to use from several threads. LibTorch stays behind
/// this class. Batches of any size give the same values as single images within 1e-5.
class Network {
 public:
  /// Loads `file`, which must hold a network of `kind`. Its contract is the archive's own
  /// `contract.json`, or `contract` where the archive has none; not both. A probe batch is run
  /// through it.
  ///
  /// `device`: `cpu`, `cuda`, `cuda:N`, or `auto`, which is CUDA where there is any. Throws
  /// UsageError where there is no such device.
  ///
  /// Throws Error, naming the file and the reason: no such file, not the file that the
  /// `manifest.json` in its folder names (by SHA-256), no TorchScript archive, contract missing or
  /// not understood, another kind, a method missing, outputs of another shape than the contract
  /// says.
  Network(const std::filesystem::path& file, Contract::Kind kind,
          const std::optional<Contract>& contract = std::nullopt, const std::string& device = "cpu",
          Precision precision = Precision::float32);
  ~Network();
  Network(Network&&) noexcept;
  Network& operator=(Network&&) noexcept;

  const Contract& contract() const;
  const std::string& sha256() const;  ///< of the file
  std::string device() const;         ///< where it runs: `cpu`, `cuda:0`
  Precision precision() const;        ///< never `automatic`

  /// N x 3 x H x W to logits: N x 2 x H x W (segmenter), N x C (classifier).
  NdArray forward(const NdArray& input) const;

  /// Classifier: N x 3 x H x W to the last feature maps, N x K x h x w.
  NdArray features(const NdArray& input) const;

  /// Classifier: feature maps to logits, N x C.
  NdArray head(const NdArray& features) const;

  /// Classifier: the gradient, with respect to the feature maps, of the sum of the logits weighted
  /// by `weights` (N x C). One backward pass through the head alone.
  NdArray head_gradient(const NdArray& features, const NdArray& weights) const;

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace cxr
