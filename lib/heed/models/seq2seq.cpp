#include "heed/models/seq2seq.h"

#include <ATen/ATen.h>

#include "heed/models/rnn_seq2seq.h"
#include "heed/models/transformer.h"

namespace heed {

at::Tensor all_logits(SearchedModel& model, const at::Tensor& states) {
  const at::Tensor all =
      at::empty({states.size(0), model.target_vocabulary()}, states.options().dtype(at::kFloat));  // [R, C]
  model.read_logits(states, [&](const at::Tensor& part, std::int64_t first_token) {
    all.narrow(1, first_token, part.size(1)).copy_(part);
  });
  return all;
}

at::Tensor Seq2SeqModel::states(const PackedTokens& source, const PackedTokens& target, std::uint64_t seed,
                                std::uint64_t update) {
  const Randomness source_randomness{seed, update, source.rows.padded_places()};
  const Randomness target_randomness{seed, update, target.rows.padded_places()};
  const EncodedSource encoded =
      encode({source.rows.to_padded(source.tokens), source.rows.padded_mask()}, &source_randomness);    // [B, S, D]
  const at::Tensor padded = decode(encoded, target.rows.to_padded(target.tokens), &target_randomness);  // [B, T, D]
  return target.rows.from_padded(padded);                                                               // [N, D]
}

std::shared_ptr<Seq2SeqModel> make_seq2seq_model(const Seq2SeqOptions& options) {
  if (options.arch == Arch::transformer) return std::make_shared<TransformerImpl>(options);
  return std::make_shared<RnnSeq2SeqImpl>(options);
}

}  // namespace heed
