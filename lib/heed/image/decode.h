#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "heed/image/picture.h"
#include "heed/image/picture_header.h"

namespace heed {

/// A PNG, JPEG, BMP or WebP file as a picture with the channels it has: grey 1, colour (palettes and inks too) 3, with
/// alpha 4, unless every pixel is opaque. 16-bit values are rounded to 8; the picture is turned as its EXIF
/// orientation says. Nothing is written to disk. Throws Error(data) naming `where`: see read_picture_header; damaged
/// pixels too.
Picture decode_picture(std::span<const std::uint8_t> bytes, const std::string& where);

/// The picture with 1, 3 or 4 channels: alpha is laid over `background`, grey is BT.601 luma.
Picture with_channels(const Picture& picture, int channels, Color background);

}  // namespace heed
