#include "heed/train/seq2seq_step.h"

#include <ATen/ATen.h>

#include "heed/base/tokens.h"
#include "heed/nn/r_drop.h"

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

}  // namespace heed
