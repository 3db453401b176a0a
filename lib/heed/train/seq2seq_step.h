#pragma once

#include <cstdint>

#include <c10/core/Device.h>

#include "heed/models/seq2seq.h"
#include "heed/nn/cross_entropy.h"
#include "heed/text/batches.h"

namespace heed {

/// What the loss of a batch depends on besides the model.
struct LossOptions {
  std::uint64_t seed = 1;
  double label_smoothing = 0.1;
  double r_drop = 0;  ///< weight of R-Drop, see nn/r_drop.h; 0 = one pass
};

/// Loss of one batch of a model in training mode, summed over its target tokens; differentiable. Dropout is keyed by
/// seed, update and the sentences' numbers; the second pass of R-Drop by other numbers.
CrossEntropy batch_loss(Seq2SeqModel& model, const TokenBatch& batch, std::uint64_t update, const LossOptions& options,
                        c10::Device device);

}  // namespace heed
