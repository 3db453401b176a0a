#pragma once

#include <ATen/core/Tensor.h>
#include <torch/csrc/autograd/custom_function.h>

#include "heed/nn/dropout.h"
#include "heed/nn/dropout_kernel.h"

namespace heed {

/// A dropout site with its key and places, as the CPU loops want it and as autograd functions carry it from forward to
/// backward.
struct KeyedDropout {
  at::Tensor sentence, position, channel_base;  ///< [N] int64, contiguous, on the CPU; undefined: nothing is dropped
  PhiloxKey key = {};
  double p = 0;

  /// Nothing is dropped without randomness or where the site's p is 0.
  static KeyedDropout of(const DropoutSite& site, const Randomness* randomness);

  /// For the loops; valid while this lives.
  DropoutDraw draw() const;

  /// Keeps p and key in the context; its tensors are saved as any others are.
  void save(torch::autograd::AutogradContext& context) const;
  static KeyedDropout saved(torch::autograd::AutogradContext& context, const at::Tensor& sentence,
                            const at::Tensor& position, const at::Tensor& channel_base = {});
};

}  // namespace heed
