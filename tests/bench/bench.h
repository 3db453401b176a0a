#pragma once

#include <map>
#include <string>

namespace heed {

/// What a benchmark is told: SETTING=VALUE...
using Settings = std::map<std::string, std::string>;

inline std::string setting(const Settings& settings, const std::string& name, const std::string& fallback) {
  const auto found = settings.find(name);
  return found == settings.end() ? fallback : found->second;
}

/// Each fused part of a training step beside the same in separate tensor operations, forward and backward.
void bench_training_parts(const Settings& settings);

}  // namespace heed
