#pragma once

#include <torch/torch.h>

#include <cstddef>
#include <vector>

namespace cxr {

/// A classifier's last layer: logits = features * weight^T + bias.
struct LinearHead {
  torch::Tensor weight;  ///< C x K, double
  torch::Tensor bias;    ///< C, double

  /// N x K to N x C.
  torch::Tensor logits(const torch::Tensor& features) const;
};

/// Features that a head is fitted to, and what is true of them.
struct HeadExamples {
  torch::Tensor features;           ///< N x K, double
  std::vector<std::size_t> labels;  ///< N of them, 0 to C - 1
  std::vector<double> weights;      ///< likewise; they sum to 1
};

/// The head that minimises the weighted cross-entropy of `examples` plus `strength` times the
/// squared distance from `start`, measured on features scaled to a variance of 1 in all. Classes
/// without examples keep their place relative to the mean of the others.
LinearHead fit_head(const HeadExamples& examples, const LinearHead& start, double strength);

/// For each label without examples so low a number, else 0, that with it added to logits the label
/// has no share in a softmax. C numbers, double.
torch::Tensor absence(const std::vector<std::size_t>& labels, std::size_t classes);

/// Sum of the weighted negative log-likelihoods of labels under the softmax of logits (N x C).
torch::Tensor cross_entropy(const torch::Tensor& logits, const std::vector<std::size_t>& labels,
                            const std::vector<double>& weights);

}  // namespace cxr
