#include "heed/train/seq2seq_step.h"

#include <ATen/ATen.h>

#include "heed/text/search.h"

namespace heed {

CrossEntropy batch_loss(Seq2SeqModel& model, const TokenBatch& batch, std::uint64_t seed, std::uint64_t update,
                        double label_smoothing, c10::Device device) {
  const SourceBatch source = make_source_batch(batch.source, 1, device);  // [B, S]
  const auto [input, output] = make_target_batch(batch.target, device);   // [B, T]
  const std::vector<std::int64_t> numbers(batch.sentences.begin(), batch.sentences.end());
  const at::Tensor sentences = at::tensor(numbers, at::kLong).to(device);  // [B]
  const Randomness source_randomness{seed, update, RowPlaces::of_batch(sentences, source.tokens.size(1))};
  const Randomness target_randomness{seed, update, RowPlaces::of_batch(sentences, input.size(1))};
  const EncodedSource encoded = model.encode(source, &source_randomness);
  const at::Tensor states = model.decode(encoded, input, &target_randomness);  // [B, T, D]
  return cross_entropy(states.flatten(0, 1), model.output_weight(), output.flatten(), label_smoothing, kPad);
}

}  // namespace heed
