#pragma once

#include <cstdint>

#include "heed/nn/bfloat16_bits.h"
#include "heed/nn/dropout_kernel.h"

/// The CPU loops behind add_norm(), free of LibTorch. `Number` is float or BFloat16Bits.
namespace heed {

/// Rows of a residual stream on their way through a layer norm: sum = stream + dropout(branch),
/// normed = (sum - mean) * reciprocal * weight + bias, reciprocal = 1 / sqrt(variance + 1e-5).
template <class Number>
struct AddNormRows {
  std::int64_t width = 0;
  const float* stream = nullptr;
  const Number* branch = nullptr;  ///< nullptr: nothing is added, and `sum` is not written
  DropoutDraw draw;                ///< of the branch
  const float *weight = nullptr, *bias = nullptr;
  float* sum = nullptr;
  Number* normed = nullptr;
  float *mean = nullptr, *reciprocal = nullptr;  ///< [rows]
};
void add_norm_rows(const AddNormRows<float>& rows, std::int64_t begin, std::int64_t end);
void add_norm_rows(const AddNormRows<BFloat16Bits>& rows, std::int64_t begin, std::int64_t end);

/// The gradients of that.
template <class Number>
struct AddNormGradientRows {
  std::int64_t width = 0;
  const float* sum = nullptr;
  const float *mean = nullptr, *reciprocal = nullptr;
  const float* weight = nullptr;
  const Number* normed_gradient = nullptr;
  const float* sum_gradient = nullptr;  ///< nullptr: zeros
  DropoutDraw draw;
  float* stream_gradient = nullptr;
  Number* branch_gradient = nullptr;  ///< nullptr: not wanted
};
/// Adds the gradients of weight and bias over these rows to `weight_gradient` and `bias_gradient`, [width] each.
void add_norm_gradient_rows(const AddNormGradientRows<float>& rows, std::int64_t begin, std::int64_t end,
                            float* weight_gradient, float* bias_gradient);
void add_norm_gradient_rows(const AddNormGradientRows<BFloat16Bits>& rows, std::int64_t begin, std::int64_t end,
                            float* weight_gradient, float* bias_gradient);

/// Sums of columns [begin, end) of a matrix [rows, width] -> sums.
void sum_columns(const float* matrix, std::int64_t rows, std::int64_t width, std::int64_t begin, std::int64_t end,
                 float* sums);
void sum_columns(const BFloat16Bits* matrix, std::int64_t rows, std::int64_t width, std::int64_t begin,
                 std::int64_t end, float* sums);

}  // namespace heed
