#include "heed/train/seq2seq_step.h"

#include <ATen/ATen.h>

#include "heed/base/tokens.h"

namespace heed {
namespace {

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

CrossEntropy batch_loss(Seq2SeqModel& model, const TokenBatch& batch, std::uint64_t seed, std::uint64_t update,
                        double label_smoothing, c10::Device device) {
  const PackedRows source_rows = rows_of(batch.source, batch.sentences, device);
  const PackedRows target_rows = rows_of(batch.target, batch.sentences, device);
  const PackedTokens source{with_mark(batch.source, Mark::after, kEos, source_rows.count()).to(device), source_rows};
  const PackedTokens target{with_mark(batch.target, Mark::before, kBos, target_rows.count()).to(device), target_rows};
  const at::Tensor next = with_mark(batch.target, Mark::after, kEos, target_rows.count()).to(device);  // [N]
  return cross_entropy(model.states(source, target, seed, update), model.output_weight(), next, label_smoothing, kPad);
}

}  // namespace heed
