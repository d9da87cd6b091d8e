#pragma once

#include <torch/script.h>

namespace cxr {

/// Whether convolutions in bfloat16 take about half the time of those in float32: with AMX, and on
/// AMD since Zen 4. Intel's AVX-512 alone is slower at them.
bool is_fast_at_bfloat16();

/// Rounds the weights of the method `forward` of a frozen network, whose batch norm was folded in
/// float32: rounded before that, it would lose twice. Its input has to be in bfloat16 from then on.
void round_to_bfloat16(const torch::jit::Module& frozen);

}  // namespace cxr
