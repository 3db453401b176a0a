#pragma once

#include <cstdint>
#include <span>

#include "heed/image/picture_header.h"

namespace heed {

/// How a PNG or WebP file says that it is to be turned: 1 (upright) to 8, tag 0x0112 of EXIF. 1 where it says nothing,
/// or nonsense. (JPEG pictures are turned by OpenCV.)
int exif_orientation(std::span<const std::uint8_t> file, PictureKind kind);

}  // namespace heed
