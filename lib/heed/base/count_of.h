#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "heed/base/progress.h"

namespace heed {

/// "1 picture", "1,234 pictures": how many there are of a thing whose plural ends in s.
inline std::string count_of(std::int64_t count, std::string_view thing) {
  return format_count(count) + " " + std::string(thing) + (count == 1 ? "" : "s");
}

}  // namespace heed
