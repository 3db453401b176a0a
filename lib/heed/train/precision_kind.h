#pragma once

#include <span>
#include <string_view>

namespace heed {

/// Number type of the matrix products in training; `automatic` is measured, see train/precision.h.
enum class Precision { fp32, bf16, automatic };
inline std::span<const std::string_view> enum_names(Precision) {
  static constexpr std::string_view names[] = {"fp32", "bf16", "auto"};
  return names;
}

}  // namespace heed
