#pragma once

#include <cstdint>

#include "heed/nn/attention.h"

namespace heed {

/// Attention whose scores a small network makes (Bahdanau et al. 2015): softmax over s of v^T tanh(W q + U s), then the
/// mean of the memory with these weights. Used as MultiHeadAttention is; one head.
class AdditiveAttentionImpl : public torch::nn::Module {
 public:
  AdditiveAttentionImpl(std::int64_t query_width, std::int64_t memory_width, std::int64_t inner_width);

  /// query [B, T, D], memory [B, S, M] -> [B, T, M], weights [B, 1, T, S]. `mask`: bool, broadcastable to [B, 1, T, S].
  MultiHeadAttentionImpl::WithWeights forward_with_weights(const at::Tensor& query, const at::Tensor& memory,
                                                           const at::Tensor& mask = {});
  /// Keys [B, 1, S, A] and values [B, 1, S, M] of a memory [B, S, M], to be used for many queries.
  KeyValue project_memory(const at::Tensor& memory);
  /// Attention of queries [B, T, D] to keys and values projected before -> [B, T, M].
  at::Tensor attend_to(const at::Tensor& query, const KeyValue& memory, const at::Tensor& mask = {});

  Linear query_projection{nullptr}, key_projection{nullptr};  ///< W with its bias, U
  at::Tensor score_weight;                                    ///< v, [A]

 private:
  MultiHeadAttentionImpl::WithWeights attend(const at::Tensor& query, const KeyValue& memory, const at::Tensor& mask);
};
TORCH_MODULE(AdditiveAttention);

}  // namespace heed
