#include "heed/nn/self_attention_2d.h"

#include <utility>

#include <ATen/ATen.h>

namespace heed {
namespace {

thread_local bool current_double_backward = false;

MultiHeadAttentionOptions attention_options(const SelfAttention2dOptions& options) {
  return {.heads = options.heads,
          .width = options.channels,
          .head_dim = options.head_dim,
          .value_head_dim = options.value_head_dim,
          .bias = false};
}

std::array<at::Tensor*, 4> weights_of(MultiHeadAttentionImpl& attention) {
  return {&attention.query_projection->weight, &attention.key_projection->weight, &attention.value_projection->weight,
          &attention.output_projection->weight};
}

// Puts other tensors into the place of the projections' weights for a scope; the registered parameters stay.
class WeightsInPlaceOf {
 public:
  WeightsInPlaceOf(MultiHeadAttentionImpl& attention, std::array<at::Tensor, 4> weights)
      : places_(weights_of(attention)), kept_(std::move(weights)) {
    exchange();
  }
  ~WeightsInPlaceOf() { exchange(); }
  WeightsInPlaceOf(const WeightsInPlaceOf&) = delete;
  WeightsInPlaceOf& operator=(const WeightsInPlaceOf&) = delete;

 private:
  void exchange() {
    for (std::size_t i = 0; i < places_.size(); ++i) std::swap(*places_[i], kept_[i]);
  }
  std::array<at::Tensor*, 4> places_;
  std::array<at::Tensor, 4> kept_;
};

}  // namespace

bool double_backward() {
  return current_double_backward;
}

DoubleBackwardGuard::DoubleBackwardGuard(bool on) : previous_(current_double_backward) {
  current_double_backward = on;
}
DoubleBackwardGuard::~DoubleBackwardGuard() {
  current_double_backward = previous_;
}

SelfAttention2dImpl::SelfAttention2dImpl(SelfAttention2dOptions given)
    : options(resolved(given)),
      attention(register_module("attention", MultiHeadAttention(attention_options(options)))),
      gain(register_parameter("gain", at::zeros({1}))) {
  if (!options.spectral_norm) return;
  query_norm = register_module("query_norm", SpectralNorm(attention->query_projection->weight));
  key_norm = register_module("key_norm", SpectralNorm(attention->key_projection->weight));
  value_norm = register_module("value_norm", SpectralNorm(attention->value_projection->weight));
  output_norm = register_module("output_norm", SpectralNorm(attention->output_projection->weight));
}

at::Tensor SelfAttention2dImpl::forward(const at::Tensor& input, at::Tensor* weights) {
  // The projections are small, and Linear can be differentiated twice in float32 only.
  const ComputeDtypeGuard in_float(at::kFloat);
  const WeightsInPlaceOf scope(*attention, normalised_weights());
  const std::int64_t height = input.size(2), width = input.size(3);
  const at::Tensor tokens = input.to(at::kFloat).permute({0, 2, 3, 1}).flatten(1, 2);  // [B, H W, C]
  at::Tensor attended;
  if (weights != nullptr || double_backward()) {
    const auto result = attention->forward_with_weights(tokens, tokens);
    attended = result.output;  // [B, H W, C]
    if (weights != nullptr)
      *weights = result.weights.unflatten(3, {height, width}).unflatten(2, {height, width});  // [B, heads, H, W, H, W]
  } else {
    attended = attention(tokens, tokens);  // [B, H W, C]
  }
  return input + gain * attended.unflatten(1, {height, width}).permute({0, 3, 1, 2});  // [B, C, H, W]
}

std::array<at::Tensor, 4> SelfAttention2dImpl::normalised_weights() {
  const auto places = weights_of(*attention);
  if (!options.spectral_norm) return {*places[0], *places[1], *places[2], *places[3]};
  return {query_norm(*places[0]), key_norm(*places[1]), value_norm(*places[2]), output_norm(*places[3])};
}

}  // namespace heed
