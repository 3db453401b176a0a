#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "heed/image/picture.h"

namespace heed {

/// The picture as a PNG file: the same bytes for the same picture (and the same zlib).
std::vector<std::uint8_t> encode_png(const Picture& picture);
/// Writes it whole or not at all. Throws Error(data).
void write_png(const std::filesystem::path& path, const Picture& picture);

}  // namespace heed
