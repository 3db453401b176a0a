#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <c10/core/Device.h>

#include "heed/base/tokens.h"
#include "heed/models/seq2seq.h"
#include "heed/nn/cross_entropy.h"
#include "heed/text/batches.h"

namespace heed {

/// Target sentences as the decoder's input (start mark first) and what it should answer (end mark last), [B, T] int64
/// each, padded.
struct TargetBatch {
  at::Tensor input, output;
};
TargetBatch make_target_batch(std::span<const std::vector<TokenId>> targets, c10::Device device);

/// Loss of one batch of a model in training mode, summed over its target tokens; differentiable. Dropout is keyed by
/// seed, update and the sentences' numbers.
CrossEntropy batch_loss(Seq2SeqModel& model, const TokenBatch& batch, std::uint64_t seed, std::uint64_t update,
                        double label_smoothing, c10::Device device);

}  // namespace heed
