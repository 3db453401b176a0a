#pragma once

#include <span>
#include <string_view>

namespace heed {

enum class Activation { relu, gelu };
inline std::span<const std::string_view> enum_names(Activation) {
  static constexpr std::string_view names[] = {"relu", "gelu"};
  return names;
}

}  // namespace heed
