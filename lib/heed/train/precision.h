#pragma once

#include <cstdint>

#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

#include "heed/models/seq2seq_options.h"
#include "heed/train/precision_kind.h"

namespace heed {

/// Number type of the matrix products; `automatic` is not allowed here.
c10::ScalarType compute_dtype_of(Precision precision);

/// Speed of training steps in both number types, in target tokens or pictures per second.
struct StepSpeed {
  double fp32 = 0, bf16 = 0;
};

/// Times steps (forward and backward) of a one-layer network on two batches of random tokens: in turns, the fastest of
/// three each, so that other work on the machine does not decide. Takes a few seconds.
StepSpeed measure_steps(Seq2SeqOptions network, std::int64_t batch_tokens, c10::Device device);

/// So many times as fast as fp32 bf16 has to be for `auto` to choose it.
inline constexpr double kBf16Gain = 1.1;

/// What `auto` means.
Precision choose_precision(const StepSpeed& speed);

}  // namespace heed
