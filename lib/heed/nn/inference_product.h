#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

namespace heed {

/// x W^T + b with weights that were copied once into the form that is fastest for a number type. What a row of the
/// result is does not depend on the other rows, provided that there are at least 16 of them.
class InferenceProduct {
 public:
  /// weight [outputs, inputs], bias [outputs] or undefined. `dtype`: float32 or bfloat16.
  InferenceProduct(const at::Tensor& weight, const at::Tensor& bias, at::ScalarType dtype);
  /// [.., inputs] -> [.., outputs], in the number type of the product.
  at::Tensor operator()(const at::Tensor& input) const;
  at::ScalarType dtype() const { return weight_.scalar_type(); }

 private:
  at::Tensor weight_;  // [inputs, outputs]
  at::Tensor bias_;    // [outputs]
};

/// [.., W] -> [N, W]
at::Tensor as_rows(const at::Tensor& input);
/// The first rows of a product of as_rows(input), in the shape of `input`: [N', outputs] -> [.., outputs].
at::Tensor like_input(const at::Tensor& product, const at::Tensor& input);

/// The rows of a matrix product in `dtype`: [N, W] -> [N', W]. In bfloat16 N' is the next multiple of 32 and the new
/// rows are zero: oneDNN makes and keeps code for each number of rows it meets, and with every batch of another size
/// that costs more time than the product and gigabytes of memory. In float32 nothing is filled up.
at::Tensor product_rows(const at::Tensor& rows, at::ScalarType dtype);

}  // namespace heed
