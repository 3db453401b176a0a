#include "heed/nn/spectral_norm.h"

#include <ATen/ATen.h>

namespace heed {
namespace {

// x / max(|x|, 1e-12), into x's own memory.
void set_unit(at::Tensor& to, const at::Tensor& x) {
  to.copy_(x / x.norm().clamp_min(1e-12));
}

}  // namespace

SpectralNormImpl::SpectralNormImpl(const at::Tensor& weight) {
  TORCH_CHECK(weight.dim() > 1, "SpectralNorm: the weight must have two dimensions or more");
  const at::NoGradGuard no_grad;
  const at::Tensor matrix = weight.flatten(1);  // [R, N / R]
  u = register_buffer("u", at::empty({matrix.size(0)}, matrix.options()));
  v = register_buffer("v", at::empty({matrix.size(1)}, matrix.options()));
  set_unit(u, at::randn_like(u));
  set_unit(v, at::randn_like(v));
  iterate(matrix, 15);
}

at::Tensor SpectralNormImpl::forward(const at::Tensor& weight) {
  const at::Tensor matrix = weight.flatten(1);  // [R, N / R]
  if (is_training()) iterate(matrix, 1);
  // Copies, because the next forward pass changes the vectors, perhaps before the backward pass of this one.
  const at::Tensor sigma = at::dot(u.clone(), at::mv(matrix, v.clone()));
  return weight / sigma;
}

void SpectralNormImpl::iterate(const at::Tensor& matrix, int times) {
  const at::NoGradGuard no_grad;
  for (int i = 0; i < times; ++i) {
    set_unit(u, at::mv(matrix, v));
    set_unit(v, at::mv(matrix.t(), u));
  }
}

}  // namespace heed
