#pragma once

#include <cstdint>

#include <c10/core/Device.h>

#include "heed/models/seq2seq.h"
#include "heed/nn/cross_entropy.h"
#include "heed/text/batches.h"

namespace heed {

/// Loss of one batch of a model in training mode, summed over its target tokens; differentiable. Dropout is keyed by
/// seed, update and the sentences' numbers.
CrossEntropy batch_loss(Seq2SeqModel& model, const TokenBatch& batch, std::uint64_t seed, std::uint64_t update,
                        double label_smoothing, c10::Device device);

}  // namespace heed
