#include "heed/train/seq2seq_step.h"

#include <algorithm>
#include <string>

#include <ATen/ATen.h>

#include "heed/base/count_of.h"
#include "heed/base/error.h"
#include "heed/base/log.h"
#include "heed/base/memory.h"
#include "heed/base/tokens.h"
#include "heed/nn/out_of_memory.h"
#include "heed/nn/r_drop.h"
#include "heed/nn/threads.h"

namespace heed {
namespace {

// Added to the numbers of sentences in a second pass over them: more than any corpus has.
constexpr std::uint64_t kSecondPass = std::uint64_t{1} << 62;

// The second pass of R-Drop is a second copy of the sentences, with numbers of their own.
TokenBatch twice(TokenBatch batch) {
  const std::size_t count = batch.sentences.size();
  for (std::size_t i = 0; i < count; ++i) {
    batch.sentences.push_back(batch.sentences[i] + kSecondPass);
    batch.source.push_back(batch.source[i]);
    batch.target.push_back(batch.target[i]);
  }
  return batch;
}

// Each sentence with a mark before it or after it.
enum class Mark { before, after };
at::Tensor with_mark(const std::vector<std::vector<TokenId>>& sentences, Mark place, TokenId mark, std::int64_t rows) {
  const at::Tensor tokens = at::full({rows}, std::int64_t{kPad}, at::kLong);  // [N]
  auto* next = tokens.mutable_data_ptr<std::int64_t>();
  for (const auto& sentence : sentences) {
    if (place == Mark::before) *next++ = mark;
    next = std::copy(sentence.begin(), sentence.end(), next);
    if (place == Mark::after) *next++ = mark;
  }
  return tokens;
}

PackedRows rows_of(const std::vector<std::vector<TokenId>>& sentences, const std::vector<std::uint64_t>& numbers,
                   c10::Device device) {
  std::vector<std::int64_t> lengths;
  for (const auto& sentence : sentences) lengths.push_back(std::ssize(sentence) + 1);
  return {lengths, numbers, device};
}

std::int64_t ceil_of(std::int64_t number, std::int64_t divisor) {
  return number / divisor + (number % divisor != 0 ? 1 : 0);
}

// For messages.
std::string describe(const TokenBatch& batch) {
  const auto longest = [](const std::vector<std::vector<TokenId>>& sentences) {
    std::size_t tokens = 0;
    for (const auto& sentence : sentences) tokens = std::max(tokens, sentence.size() + 1);
    return std::to_string(tokens);
  };
  return "a batch of " + count_of(std::ssize(batch.sentences), "sentence") + " of up to " + longest(batch.source) +
         " and " + longest(batch.target) + " tokens";
}

// The batch, dealt out to so many parts that all have sentences: neighbours, which are of similar length, to different
// ones.
std::vector<TokenBatch> deal(const TokenBatch& batch, std::size_t parts) {
  const std::size_t count = batch.sentences.size();
  std::vector<TokenBatch> dealt(std::min(parts, count));
  for (std::size_t i = 0; i < count; ++i) {
    TokenBatch& part = dealt[i % dealt.size()];
    part.sentences.push_back(batch.sentences[i]);
    part.source.push_back(batch.source[i]);
    part.target.push_back(batch.target[i]);
  }
  return dealt;
}

}  // namespace

CrossEntropy batch_loss(Seq2SeqModel& model, const TokenBatch& given, std::uint64_t update, const LossOptions& options,
                        c10::Device device) {
  const TokenBatch batch = options.r_drop > 0 ? twice(given) : given;
  const PackedRows source_rows = rows_of(batch.source, batch.sentences, device);
  const PackedRows target_rows = rows_of(batch.target, batch.sentences, device);
  const PackedTokens source{with_mark(batch.source, Mark::after, kEos, source_rows.count()).to(device), source_rows};
  const PackedTokens target{with_mark(batch.target, Mark::before, kBos, target_rows.count()).to(device), target_rows};
  const at::Tensor next = with_mark(batch.target, Mark::after, kEos, target_rows.count()).to(device);  // [N]
  const at::Tensor states = model.states(source, target, options.seed, update);                        // [N, D]
  if (options.r_drop == 0) return cross_entropy(states, model.output_weight(), next, options.label_smoothing, kPad);
  const std::int64_t one_pass = target_rows.offsets[given.sentences.size()];
  return r_drop_cross_entropy(states.narrow(0, 0, 2 * one_pass), model.output_weight(), next.narrow(0, 0, one_pass),
                              options.label_smoothing, options.r_drop, kPad);
}

ThreadSplit split_threads(std::int64_t threads, std::int64_t batch_tokens, std::int64_t weights, c10::Device device) {
  constexpr std::int64_t kLeastTokens = 512, kMostGradients = std::int64_t{1} << 28;  // elements: 1 GiB
  if (!device.is_cpu()) return {1, threads};
  const std::int64_t most = std::min(batch_tokens / kLeastTokens, 1 + kMostGradients / weights);
  const std::int64_t workers = std::clamp<std::int64_t>(most, 1, threads);
  return {workers, threads / workers};
}

BatchGradients::BatchGradients(Seq2SeqModel& network, FlatParameters& parameters, std::int64_t workers,
                               c10::Device device)
    : parameters_(parameters), networks_{&network}, device_(device) {
  while (std::ssize(networks_) < workers) {
    copies_.push_back(make_seq2seq_model(network.options));
    copies_.back()->to(device);
    copies_.back()->train();
    copies_parameters_.emplace_back(*copies_.back(), parameters);
    networks_.push_back(copies_.back().get());
  }
}

LossSum BatchGradients::compute(std::span<const TokenBatch> batches, std::uint64_t update, const LossOptions& options,
                                StageTimer& stages) {
  const TokenBatch* too_large = nullptr;
  for (;;) {
    parameters_.gradients.zero_();
    LossSum total;
    const TokenBatch* at_hand = nullptr;
    try {
      for (const TokenBatch& batch : batches) {
        at_hand = &batch;
        const LossSum sum = add(batch, update, options, stages);
        total = {total.loss + sum.loss, total.tokens + sum.tokens};
      }
      if (too_large != nullptr)
        log::warning(describe(*too_large) + " does not fit into memory: batches of its size are computed in " +
                     std::to_string(parts_of(*too_large)) + " parts from now on; a smaller --batch-tokens spares that");
      return total;
    } catch (const std::exception& error) {
      if (!is_out_of_memory(error)) throw;
    }
    // Everything that was computed is gone; whatever was added to gradients is of no use.
    for (FlatParameters& copy : copies_parameters_) copy.gradients.zero_();
    release_freed_memory();
    too_large = at_hand;
    const std::size_t parts = parts_of(*too_large);
    if (parts >= too_large->sentences.size())
      throw Error(ExitCode::out_of_memory, "out of memory: of " + describe(*too_large) +
                                               ", not even single sentences fit; try a smaller --max-length, fewer "
                                               "--threads, or a smaller network");
    most_tokens_ = ceil_of(too_large->tokens(), static_cast<std::int64_t>(2 * parts));
  }
}

// At least one for each worker.
std::size_t BatchGradients::parts_of(const TokenBatch& batch) const {
  return std::max(networks_.size(), static_cast<std::size_t>(ceil_of(batch.tokens(), most_tokens_)));
}

// Adds the gradients of the batch's summed loss to those of `parameters_`.
LossSum BatchGradients::add(const TokenBatch& batch, std::uint64_t update, const LossOptions& options,
                            StageTimer& stages) {
  const std::vector<TokenBatch> parts = deal(batch, parts_of(batch));
  std::vector<LossSum> sums(parts.size());
  const std::size_t workers = std::min(networks_.size(), parts.size());
  side_by_side(workers, std::ssize(networks_), [&](std::size_t worker) {
    for (std::size_t part = worker; part < parts.size(); part += workers) {
      if (worker == 0) stages.enter("forward");
      const CrossEntropy sum = batch_loss(*networks_[worker], parts[part], update, options, device_);
      if (worker == 0) stages.enter("backward");
      sum.loss.backward();
      sums[part] = {sum.loss.item<double>(), sum.tokens};
    }
    if (worker == 0) stages.enter("waiting for others");
  });
  stages.enter("sum of gradients");
  LossSum total;
  for (const LossSum& sum : sums) total = {total.loss + sum.loss, total.tokens + sum.tokens};
  for_slices(parameters_.gradients.numel(), std::ssize(networks_), [&](std::int64_t begin, std::int64_t count) {
    for (FlatParameters& copy : copies_parameters_) {
      at::Tensor added = copy.gradients.narrow(0, begin, count);
      parameters_.gradients.narrow(0, begin, count).add_(added);
      added.zero_();
    }
  });
  stages.leave();
  return total;
}

}  // namespace heed
