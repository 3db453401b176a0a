#include "heed/train/seq2seq_step.h"

#include <ATen/ATen.h>

#include "heed/nn/r_drop.h"
#include "heed/text/search.h"

namespace heed {
namespace {

// Added to the numbers of sentences in a second pass over them: more than any corpus has.
constexpr std::int64_t kSecondPass = std::int64_t{1} << 62;

}  // namespace

CrossEntropy batch_loss(Seq2SeqModel& model, const TokenBatch& batch, std::uint64_t update, const LossOptions& options,
                        c10::Device device) {
  const bool twice = options.r_drop > 0;
  const auto all_passes = [&](const at::Tensor& rows) { return twice ? at::cat({rows, rows}) : rows; };
  const std::vector<std::int64_t> numbers(batch.sentences.begin(), batch.sentences.end());
  at::Tensor sentences = at::tensor(numbers, at::kLong).to(device);      // [B]
  if (twice) sentences = at::cat({sentences, sentences + kSecondPass});  // [2B]
  SourceBatch source = make_source_batch(batch.source, 1, device);       // [B, S]
  source = {all_passes(source.tokens), all_passes(source.mask)};         // [B or 2B, S]
  const auto [input, output] = make_target_batch(batch.target, device);  // [B, T]
  const Randomness source_randomness{options.seed, update, RowPlaces::of_batch(sentences, source.tokens.size(1))};
  const Randomness target_randomness{options.seed, update, RowPlaces::of_batch(sentences, input.size(1))};
  const EncodedSource encoded = model.encode(source, &source_randomness);
  const at::Tensor states = model.decode(encoded, all_passes(input), &target_randomness).flatten(0, 1);  // [B T, D]
  if (twice)
    return r_drop_cross_entropy(states, model.output_weight(), output.flatten(), options.label_smoothing,
                                options.r_drop, kPad);
  return cross_entropy(states, model.output_weight(), output.flatten(), options.label_smoothing, kPad);
}

}  // namespace heed
