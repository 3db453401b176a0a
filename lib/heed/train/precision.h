#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

namespace heed {

enum class Precision { fp32, bf16, automatic };
inline std::span<const std::string_view> enum_names(Precision) {
  static constexpr std::string_view names[] = {"fp32", "bf16", "auto"};
  return names;
}

/// Speed of matrix products of a training step's shape, in GFLOP/s, measured for about half a second each.
struct MatrixSpeed {
  double fp32 = 0, bf16 = 0;
};
MatrixSpeed measure_matrix_speed(c10::Device device);

/// What `auto` means on this machine: bf16 when its products are at least 1.5 times as fast as those of fp32 (below
/// that, conversions eat the gain).
Precision choose_precision(const MatrixSpeed& speed);

/// Number type of the matrix products; `automatic` is not allowed here.
c10::ScalarType compute_dtype_of(Precision precision);

}  // namespace heed
