#include "heed/train/gan_schedule.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "heed/base/units.h"

namespace heed {
namespace {

constexpr std::int64_t kLongestRise = 100;

double images_per_update(const GanTrainOptions& options) {
  return static_cast<double>(options.batch * options.d_steps);
}

}  // namespace

std::int64_t planned_updates(const GanTrainOptions& options, const GanState& state, const StartOfUpdates& start) {
  double planned = std::numeric_limits<double>::infinity();
  if (options.max_updates > 0) planned = static_cast<double>(options.max_updates);
  if (options.kimg > 0) planned = std::min(planned, std::ceil(options.kimg * 1000 / images_per_update(options)));
  if (!options.max_time.empty() && state.metrics_rows > 0) {
    const StartOfUpdates from = state.update > start.update ? start : StartOfUpdates{};
    const double per_update = std::max(state.seconds - from.seconds, 1e-3) /
                              static_cast<double>(std::max<std::int64_t>(1, state.update - from.update));
    const double left = std::max(0.0, parse_duration(options.max_time, "--max-time") - state.seconds);
    planned = std::min(planned, std::ceil(static_cast<double>(state.update) + left / per_update));
  }
  if (!std::isfinite(planned)) return 0;
  return static_cast<std::int64_t>(std::min(planned, static_cast<double>(kMostCounted)));
}

double rate_factor(const GanTrainOptions& options, const GanState& state) {
  const std::int64_t planned = state.planned_updates, update = state.update;
  const std::int64_t rise = planned > 0 ? std::clamp<std::int64_t>(planned / 10, 1, kLongestRise) : kLongestRise;
  const double risen = std::min(1.0, static_cast<double>(update) / static_cast<double>(rise)) * state.lr_scale;
  if (planned == 0) return risen;
  const double done = std::min(1.0, static_cast<double>(update) / static_cast<double>(planned));
  const double cosine = 0.5 * (1 + std::cos(std::numbers::pi * done));
  return risen * (options.final_lr + (1 - options.final_lr) * cosine);
}

double average_decay(const GanTrainOptions& options, std::int64_t images_seen) {
  const double half_life = std::min(options.ema_kimg * 1000, options.ema_rampup * static_cast<double>(images_seen));
  return half_life > 0 ? std::exp2(-images_per_update(options) / half_life) : 0;
}

}  // namespace heed
