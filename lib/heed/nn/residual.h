#pragma once

#include <ATen/core/Tensor.h>

#include "heed/nn/dropout.h"
#include "heed/nn/layers.h"

namespace heed {

/// sum = stream + dropout(branch) and its layer norm, in one pass forward and one backward.
struct AddNorm {
  at::Tensor sum;     ///< like stream, float32
  at::Tensor normed;  ///< like stream, in the number type that was asked for
};

/// stream [.., D] float32; branch [.., D] in `dtype`, or undefined: then sum is the stream. `randomness` keys the
/// dropout of the branch (nullptr: none). The norm comes out in `dtype`: float32 or bfloat16. A vector loop on the CPU,
/// tensor operations elsewhere.
AddNorm add_norm(const at::Tensor& stream, const at::Tensor& branch, const DropoutSite& site,
                 const Randomness* randomness, LayerNormImpl& norm, at::ScalarType dtype);

/// The same by tensor operations: the path for other devices and the oracle of the loop.
AddNorm add_norm_explicit(const at::Tensor& stream, const at::Tensor& branch, const DropoutSite& site,
                          const Randomness* randomness, LayerNormImpl& norm, at::ScalarType dtype);

/// The residual stream of a stack of sub-layers (He et al. 2016), pre-norm x + dropout(f(norm(x))) or post-norm
/// norm(x + dropout(f(x))). What a sub-layer gives joins the stream only when the next one reads it, so that addition,
/// dropout and norm are one pass, and what sub-layers read is in the number type of their matrix products.
class ResidualStream {
 public:
  /// `randomness`: of the sub-layers' dropouts, nullptr = none; must outlive the stream.
  ResidualStream(at::Tensor x, bool norm_first, const Randomness* randomness)
      : x_(std::move(x)), norm_first_(norm_first), randomness_(randomness) {}

  /// Passes through one sub-layer: a function [.., D] -> [.., D].
  template <class SubLayer>
  void pass(LayerNorm& norm, const DropoutSite& site, const SubLayer& sub_layer) {
    branch_ = sub_layer(norm_first_ ? read(norm) : settle());
    site_ = site;
    if (!norm_first_) pending_norm_ = norm;
  }
  /// The end of the stack: norm(x).
  at::Tensor finish(LayerNorm& norm);

  const Randomness* randomness() const { return randomness_; }

 private:
  at::Tensor read(LayerNorm& norm);
  at::Tensor settle();

  at::Tensor x_, branch_;  // branch: what the last sub-layer gave and has not been added yet
  DropoutSite site_;
  LayerNorm pending_norm_{nullptr};
  bool norm_first_;
  const Randomness* randomness_;
};

}  // namespace heed
