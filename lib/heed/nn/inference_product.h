#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

namespace heed {

/// LibTorch computes products of fewer rows by other code, which gives other last bits.
inline constexpr std::int64_t kFewestProductRows = 16;

/// x W^T + b with weights that were copied once into the form that is fastest for a number type:
/// - float32: W itself;
/// - bfloat16;
/// - int8 (at::kChar, CPU): each row of W and each row of x is 8-bit numbers times a factor of its own, the largest
///   magnitude becoming 127; sums are exact, in 32 bits.
/// What a row of the result is does not depend on the other rows; but for int8, while LibTorch uses one thread.
class InferenceProduct {
 public:
  /// weight [outputs, inputs], bias [outputs] or undefined. Throws Error(usage) where the number type cannot be had.
  InferenceProduct(const at::Tensor& weight, const at::Tensor& bias, at::ScalarType dtype);
  /// [.., inputs] -> [.., outputs]; bfloat16 in bfloat16, else float32.
  at::Tensor operator()(const at::Tensor& input) const;
  at::ScalarType dtype() const { return weight_.scalar_type(); }

 private:
  at::Tensor int8_product(const at::Tensor& rows) const;

  at::Tensor weight_;  // [inputs, outputs]
  at::Tensor scales_;  // [outputs], in int8 alone
  at::Tensor bias_;    // [outputs]
};

/// Seconds that a product takes in each number type; infinity where it cannot be had.
struct ProductSeconds {
  double fp32 = 0, bf16 = 0, int8 = 0;
};
/// Of products [rows, inputs] x [inputs, outputs]: in turns, the fastest of several each, so that other work on the
/// machine does not decide. Takes some hundredths of a second.
ProductSeconds measure_products(std::int64_t rows, std::int64_t inputs, std::int64_t outputs, at::Device device);
/// The fastest; float32 unless another gains a fifth.
at::ScalarType choose_dtype(const ProductSeconds& seconds);

/// [.., W] -> [N, W]
at::Tensor as_rows(const at::Tensor& input);
/// The first rows of a product of as_rows(input), in the shape of `input`: [N', outputs] -> [.., outputs].
at::Tensor like_input(const at::Tensor& product, const at::Tensor& input);

/// The rows of a matrix product in `dtype`: [N, W] -> [N', W]. In bfloat16 N' is the next multiple of 32 and the new
/// rows are zero: oneDNN makes and keeps code for each number of rows it meets, and with every batch of another size
/// that costs more time than the product and gigabytes of memory. In float32 nothing is filled up.
at::Tensor product_rows(const at::Tensor& rows, at::ScalarType dtype);

}  // namespace heed
