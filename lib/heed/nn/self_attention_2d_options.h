#pragma once

#include <algorithm>
#include <cstdint>

namespace heed {

/// The shape of a SelfAttention2d (heed/nn/self_attention_2d.h).
struct SelfAttention2dOptions {
  std::int64_t channels = 0;  ///< C
  std::int64_t heads = 1;
  std::int64_t head_dim = 0;        ///< K; 0 = C / 8, shared out among the heads, at least 1
  std::int64_t value_head_dim = 0;  ///< V; 0 = C / 2, shared out among the heads, at least 1
  bool spectral_norm = false;       ///< of all four projections
};

/// The same with the zeros resolved.
inline SelfAttention2dOptions resolved(SelfAttention2dOptions options) {
  const auto share = [&](std::int64_t width) { return std::max<std::int64_t>(1, width / options.heads); };
  if (options.head_dim == 0) options.head_dim = share(options.channels / 8);
  if (options.value_head_dim == 0) options.value_head_dim = share(options.channels / 2);
  return options;
}

/// Number of weights that it has.
inline std::int64_t parameter_count(const SelfAttention2dOptions& given) {
  const SelfAttention2dOptions o = resolved(given);
  return 2 * o.channels * o.heads * (o.head_dim + o.value_head_dim) + 1;
}

}  // namespace heed
