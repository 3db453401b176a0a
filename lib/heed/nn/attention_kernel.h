#pragma once

#include <cstdint>

#include "heed/nn/bfloat16_bits.h"

/// The CPU loops behind attend_packed(), free of LibTorch: attention of one sentence's queries to its keys, head by
/// head, forward and backward. `Number`, of what is read and written, is float or BFloat16Bits; all sums are in float.
///
/// Attention is a handful of matrix products (softmax(q k^T) v forward; five backward) which for sentences are so small
/// that a library call costs more than its arithmetic. Here they share one loop over blocks of four rows by thirty-two
/// columns that stay in registers. Queries are taken in tiles, so that the scores at hand fit the cache however long
/// the sentence; backward makes them again instead of storing them (Dao et al. 2022).
namespace heed {

/// What all sentences share. Letters as in nn/attention.h.
struct AttentionShape {
  std::int64_t heads = 1, kv_heads = 1;         ///< H, G
  std::int64_t key_width = 0, value_width = 0;  ///< K, V
  float scale = 1;                              ///< of the scores
  bool causal = false;                          ///< query t sees keys 0 .. t + S - T only
};

/// A matrix inside of a wider one: row r begins at data + r * stride.
template <class Number>
struct Rows {
  Number* data = nullptr;
  std::int64_t stride = 0;
  Rows from(std::int64_t row) const { return {data + row * stride, stride}; }
};

/// Of one sentence; head h has columns h K .. of a row of q, h V .. of a row of output.
template <class Number>
struct AttentionForward {
  std::int64_t queries = 0, keys = 0;  ///< T, S
  Rows<const Number> q, k, v;          ///< [T, H K], [S, G K], [S, G V]
  Rows<Number> output;                 ///< [T, H V]
};
template <class Number>
struct AttentionBackward {
  std::int64_t queries = 0, keys = 0;
  Rows<const Number> q, k, v, output_gradient;
  Rows<Number> q_gradient, k_gradient, v_gradient;
};

/// Floats of working memory that one call needs for sentences of up to so many keys.
std::int64_t attention_workspace(const AttentionShape& shape, std::int64_t keys);

void attend_sentence(const AttentionShape& shape, const AttentionForward<float>& sentence, float* workspace);
void attend_sentence(const AttentionShape& shape, const AttentionForward<BFloat16Bits>& sentence, float* workspace);
void attend_sentence_backward(const AttentionShape& shape, const AttentionBackward<float>& sentence, float* workspace);
void attend_sentence_backward(const AttentionShape& shape, const AttentionBackward<BFloat16Bits>& sentence,
                              float* workspace);

}  // namespace heed
