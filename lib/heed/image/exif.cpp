#include "heed/image/exif.h"

#include <algorithm>
#include <optional>
#include <string_view>

namespace heed {
namespace {

using Bytes = std::span<const std::uint8_t>;

std::optional<std::uint32_t> number(Bytes bytes, std::size_t place, std::size_t count, bool big_end_first) {
  if (place > bytes.size() || bytes.size() - place < count) return std::nullopt;
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < count; ++i) value = (value << 8) | bytes[place + (big_end_first ? i : count - 1 - i)];
  return value;
}

bool has_text(Bytes bytes, std::size_t place, std::string_view text) {
  return place <= bytes.size() && bytes.size() - place >= text.size() &&
         std::equal(text.begin(), text.end(), bytes.begin() + static_cast<std::ptrdiff_t>(place),
                    [](char a, std::uint8_t b) { return static_cast<std::uint8_t>(a) == b; });
}

// The EXIF block of the file, empty where there is none. Chunks are (length, name, content, checksum) in PNG and
// (name, length, content, a byte to even lengths) in WebP.
Bytes exif_block(Bytes file, PictureKind kind) {
  const bool png = kind == PictureKind::png;
  const std::string_view wanted = png ? "eXIf" : "EXIF";
  for (std::size_t place = png ? 8 : 12; place < file.size();) {
    const auto length = number(file, place + (png ? 0 : 4), 4, png);
    if (!length || file.size() - place < 8 || file.size() - place - 8 < *length) return {};
    if (has_text(file, place + (png ? 4 : 0), wanted)) return file.subspan(place + 8, *length);
    place += 8 + std::size_t{*length} + (png ? 4 : *length % 2);
  }
  return {};
}

}  // namespace

int exif_orientation(std::span<const std::uint8_t> file, PictureKind kind) {
  if (kind != PictureKind::png && kind != PictureKind::webp) return 1;
  Bytes block = exif_block(file, kind);
  constexpr std::string_view kPrefix("Exif\0\0", 6);  // which some programs keep from JPEG
  if (has_text(block, 0, kPrefix)) block = block.subspan(kPrefix.size());
  const bool big = has_text(block, 0, "MM");
  if (!big && !has_text(block, 0, "II")) return 1;
  const auto directory = number(block, 4, 4, big);
  const auto entries = directory ? number(block, *directory, 2, big) : std::nullopt;
  constexpr std::size_t kEntry = 12;
  for (std::size_t i = 0; entries && i < *entries; ++i) {
    const std::size_t entry = std::size_t{*directory} + 2 + i * kEntry;
    const auto tag = number(block, entry, 2, big), value = number(block, entry + 8, 2, big);
    if (!tag || !value) return 1;
    if (*tag == 0x0112) return *value >= 1 && *value <= 8 ? static_cast<int>(*value) : 1;
  }
  return 1;
}

}  // namespace heed
