#include "heed/train/seq2seq_step.h"

#include <algorithm>

#include <ATen/ATen.h>

#include "heed/text/search.h"

namespace heed {

TargetBatch make_target_batch(std::span<const std::vector<TokenId>> targets, c10::Device device) {
  std::size_t longest = 0;
  for (const auto& target : targets) longest = std::max(longest, target.size());
  const std::int64_t batch = std::ssize(targets), length = static_cast<std::int64_t>(longest) + 1;
  const at::Tensor input = at::full({batch, length}, static_cast<std::int64_t>(kPad), at::kLong);  // [B, T]
  const at::Tensor output = input.clone();                                                         // [B, T]
  auto input_rows = input.accessor<std::int64_t, 2>(), output_rows = output.accessor<std::int64_t, 2>();
  for (std::int64_t b = 0; b < batch; ++b) {
    std::int64_t t = 0;
    input_rows[b][0] = kBos;
    for (const TokenId token : targets[static_cast<std::size_t>(b)]) {
      output_rows[b][t] = token;
      input_rows[b][++t] = token;
    }
    output_rows[b][t] = kEos;
  }
  return {input.to(device), output.to(device)};
}

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
