#pragma once

#include <cstdint>
#include <string>

#include "heed/base/error.h"

namespace heed {

/// Throws Error(usage) unless it `holds`.
inline void require(bool holds, const std::string& message) {
  if (!holds) throw usage_error(message);
}

/// Throws Error(usage) that names the option unless `low` <= `value` <= `high`.
inline void require_in_range(const std::string& name, std::int64_t value, std::int64_t low, std::int64_t high) {
  require(value >= low && value <= high,
          name + " must be " + std::to_string(low) + " to " + std::to_string(high) + ", not " + std::to_string(value));
}

}  // namespace heed
