#include "heed/nn/additive_attention.h"

#include <cmath>
#include <limits>

#include <ATen/ATen.h>

#include "heed/nn/recurrent.h"

namespace heed {

AdditiveAttentionImpl::AdditiveAttentionImpl(std::int64_t query_width, std::int64_t memory_width,
                                             std::int64_t inner_width)
    : query_projection(register_module("query_projection", Linear(query_width, inner_width))),
      key_projection(register_module("key_projection", Linear(memory_width, inner_width, /*with_bias=*/false))) {
  const double bound = 1 / std::sqrt(static_cast<double>(inner_width));
  score_weight = register_parameter("score_weight", at::empty({inner_width}).uniform_(-bound, bound));
}

MultiHeadAttentionImpl::WithWeights AdditiveAttentionImpl::forward_with_weights(const at::Tensor& query,
                                                                                const at::Tensor& memory,
                                                                                const at::Tensor& mask) {
  return attend(query, project_memory(memory), mask);
}

KeyValue AdditiveAttentionImpl::project_memory(const at::Tensor& memory) {
  return {key_projection(memory).to(at::kFloat).unsqueeze(1), memory.to(at::kFloat).unsqueeze(1)};  // [B, 1, S, A / M]
}

at::Tensor AdditiveAttentionImpl::attend_to(const at::Tensor& query, const KeyValue& memory, const at::Tensor& mask) {
  return attend(query, memory, mask).output;  // [B, T, M]
}

MultiHeadAttentionImpl::WithWeights AdditiveAttentionImpl::attend(const at::Tensor& query, const KeyValue& memory,
                                                                  const at::Tensor& mask) {
  const at::Tensor q = query_projection(query).to(at::kFloat).unsqueeze(2);  // [B, T, 1, A]
  at::Tensor scores = at::matmul(tanh_of(q + memory.key), score_weight);     // [B, T, S]
  if (mask.defined())
    scores = scores.masked_fill(mask.squeeze(1).logical_not(), -std::numeric_limits<float>::infinity());
  const at::Tensor weights = at::softmax(scores, -1);                           // [B, T, S]
  return {at::matmul(weights, memory.value.squeeze(1)), weights.unsqueeze(1)};  // [B, T, M], [B, 1, T, S]
}

}  // namespace heed
