#pragma once

#include <vector>

#include <ATen/ATen.h>

#include "heed/base/tokens.h"
#include "heed/models/seq2seq.h"

namespace heed {

inline SourceBatch source_batch(const at::Tensor& tokens) {
  return {tokens, tokens.ne(static_cast<std::int64_t>(kPad))};
}

/// Sentences of the given lengths, end mark included, as a padded batch [B, S] of tokens below 31.
inline at::Tensor random_sentences(const std::vector<std::int64_t>& lengths, std::int64_t padded_length) {
  const auto batch = static_cast<std::int64_t>(lengths.size());
  at::Tensor tokens = at::randint(4, 31, {batch, padded_length}, at::kLong);
  for (std::int64_t b = 0; b < batch; ++b) {
    const std::int64_t length = lengths[static_cast<std::size_t>(b)];
    tokens[b][length - 1] = static_cast<std::int64_t>(kEos);
    tokens[b].slice(0, length).fill_(static_cast<std::int64_t>(kPad));
  }
  return tokens;
}

}  // namespace heed
