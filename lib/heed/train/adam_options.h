#pragma once

#include <span>
#include <string_view>

namespace heed {

enum class OptimizerKind { adam, adamw };
inline std::span<const std::string_view> enum_names(OptimizerKind) {
  static constexpr std::string_view names[] = {"adam", "adamw"};
  return names;
}

struct AdamOptions {
  OptimizerKind kind = OptimizerKind::adamw;
  double beta1 = 0.9, beta2 = 0.98, epsilon = 1e-9, weight_decay = 0;
};

}  // namespace heed
