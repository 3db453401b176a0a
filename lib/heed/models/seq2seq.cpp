#include "heed/models/seq2seq.h"

#include <ATen/ATen.h>

namespace heed {

at::Tensor Seq2SeqModel::states(const PackedTokens& source, const PackedTokens& target, std::uint64_t seed,
                                std::uint64_t update) {
  const Randomness source_randomness{seed, update, source.rows.padded_places()};
  const Randomness target_randomness{seed, update, target.rows.padded_places()};
  const EncodedSource encoded =
      encode({source.rows.to_padded(source.tokens), source.rows.padded_mask()}, &source_randomness);    // [B, S, D]
  const at::Tensor padded = decode(encoded, target.rows.to_padded(target.tokens), &target_randomness);  // [B, T, D]
  return target.rows.from_padded(padded);                                                               // [N, D]
}

}  // namespace heed
