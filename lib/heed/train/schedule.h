#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <span>
#include <string_view>

namespace heed {

enum class LrScheduler { inverse_sqrt, cosine, constant };
inline std::span<const std::string_view> enum_names(LrScheduler) {
  static constexpr std::string_view names[] = {"inverse-sqrt", "cosine", "constant"};
  return names;
}

/// Factor of the peak learning rate at `update` (counted from 1): rises linearly over `warmup` updates, then falls as
/// 1 / sqrt(update) (Vaswani et al. 2017), as a half cosine that reaches zero at `last_update`, or not at all.
inline double learning_rate_factor(LrScheduler scheduler, std::int64_t update, std::int64_t warmup,
                                   std::int64_t last_update) {
  if (update < warmup) return static_cast<double>(update) / static_cast<double>(warmup);
  switch (scheduler) {
    case LrScheduler::inverse_sqrt:
      return std::sqrt(static_cast<double>(std::max<std::int64_t>(warmup, 1)) / static_cast<double>(update));
    case LrScheduler::cosine: {
      const double span = static_cast<double>(std::max<std::int64_t>(last_update - warmup, 1));
      const double done = std::min(1.0, static_cast<double>(update - warmup) / span);
      return 0.5 * (1.0 + std::cos(std::numbers::pi * done));
    }
    case LrScheduler::constant:
      break;
  }
  return 1.0;
}

/// Decay of an exponential moving average at `update` (counted from 1): small at first, so that the start is forgotten.
inline double ema_decay(double decay, std::int64_t update) {
  const auto u = static_cast<double>(update);
  return std::min(decay, (1.0 + u) / (10.0 + u));
}

}  // namespace heed
