#pragma once

#include <cstddef>
#include <string_view>

#include "heed/base/content_hash.h"

namespace heed {

/// Hash of the head and tail of a file: with its size and time it tells a changed one without reading it.
inline std::uint64_t hash_edges(std::string_view content) {
  constexpr std::size_t kEdgeBytes = 1 << 16;
  const std::string_view head = content.substr(0, kEdgeBytes);
  return hash_content(content.substr(content.size() - head.size()), hash_content(head));
}

}  // namespace heed
