#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <vector>

#include <c10/core/Device.h>

#include "heed/base/stage_timer.h"
#include "heed/models/seq2seq.h"
#include "heed/nn/cross_entropy.h"
#include "heed/text/batches.h"
#include "heed/train/optimizer.h"

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

/// How training uses the threads that it may use: `workers` that take a part of each batch, and of those each with
/// `threads` of LibTorch's for its operations. Small operations gain little from more threads than one, so that there
/// are as many workers as have enough to do, and memory for gradients of their own.
struct ThreadSplit {
  std::int64_t workers = 1, threads = 1;
};
ThreadSplit split_threads(std::int64_t threads, std::int64_t batch_tokens, std::int64_t weights, c10::Device device);

/// Loss summed over target tokens.
struct LossSum {
  double loss = 0;
  std::int64_t tokens = 0;
};

/// Losses and gradients of batches, by workers side by side that share the weights. Their number decides the order in
/// which gradients are summed, and so their last bits; nothing else. A batch that memory does not suffice for is split:
/// its sentences are dealt out to twice as many parts, and so on; from then on, all batches of its size are.
class BatchGradients {
 public:
  /// `parameters` are those of `network`, which is in training mode; both must outlive this.
  BatchGradients(Seq2SeqModel& network, FlatParameters& parameters, std::int64_t workers, c10::Device device);
  /// Makes the gradients of `parameters` those of the summed loss of all the batches. Stages are those of the first
  /// worker. Throws Error(out_of_memory), with gradients of no use, when there is not enough for single sentences.
  LossSum compute(std::span<const TokenBatch> batches, std::uint64_t update, const LossOptions& options,
                  StageTimer& stages);

 private:
  std::size_t parts_of(const TokenBatch& batch) const;
  LossSum add(const TokenBatch& batch, std::uint64_t update, const LossOptions& options, StageTimer& stages);

  FlatParameters& parameters_;
  std::vector<Seq2SeqModel*> networks_;  // of all workers, the given one first
  std::vector<std::shared_ptr<Seq2SeqModel>> copies_;
  std::vector<FlatParameters> copies_parameters_;
  std::int64_t most_tokens_ = std::numeric_limits<std::int64_t>::max();  // of a part that is computed at a time
  c10::Device device_;
};

}  // namespace heed
