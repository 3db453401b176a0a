#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "heed/image/picture.h"

namespace heed {

enum class PictureKind { png, jpeg, bmp, webp };
inline std::span<const std::string_view> enum_names(PictureKind) {
  static constexpr std::string_view names[] = {"PNG", "JPEG", "BMP", "WebP"};
  return names;
}

/// Longest side in pixels and most pixels that are decoded; larger pictures are refused by their header alone.
inline constexpr int kLongestSide = 16'384;
inline constexpr std::int64_t kMostPixels = 100'000'000;

/// As many first bytes of a file decide its kind.
inline constexpr std::size_t kKindBytes = 12;
/// The kind of picture that a file's first bytes announce, whatever its name says.
std::optional<PictureKind> picture_kind(std::span<const std::uint8_t> head);

/// What a picture says of itself before anything is decoded.
struct PictureHeader {
  PictureKind kind = PictureKind::png;
  PictureSize size;  ///< as stored: EXIF may turn it
  bool palette = false, sixteen_bit = false, cmyk = false;
  bool grey = false;  ///< one colour channel, with or without alpha
};

/// Reads the header and looks through the file's structure as far as needed to see that it is whole. Throws
/// Error(data), naming `where`: no known kind, cut short, damaged, sides outside 1 to kLongestSide, over kMostPixels.
PictureHeader read_picture_header(std::span<const std::uint8_t> bytes, const std::string& where);

}  // namespace heed
