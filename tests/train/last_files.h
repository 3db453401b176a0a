#pragma once

#include <algorithm>
#include <filesystem>

#include "heed/base/safetensors.h"

namespace heed {

/// Whether `last` of two model directories holds the same tensors, to the bit.
inline bool same_tensors(const std::filesystem::path& a, const std::filesystem::path& b) {
  const safetensors::File first(a / "last.safetensors"), second(b / "last.safetensors");
  return std::ranges::equal(first.tensors(), second.tensors(), [](const auto& left, const auto& right) {
    return left.name == right.name && std::ranges::equal(left.data, right.data);
  });
}

}  // namespace heed
