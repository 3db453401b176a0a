#include "heed/image/exif.h"

#include <string_view>

#include "heed/image/byte_reader.h"

namespace heed {
namespace {

using Bytes = std::span<const std::uint8_t>;

// The EXIF block of the file, empty where there is none. Chunks are (length, name, content, checksum) in PNG and
// (name, length, content, a byte to even lengths) in WebP.
Bytes exif_block(Bytes file, PictureKind kind) {
  const bool png = kind == PictureKind::png;
  const ByteOrder order = png ? ByteOrder::big_end_first : ByteOrder::little_end_first;
  const std::string_view wanted = png ? "eXIf" : "EXIF";
  for (std::size_t place = png ? 8 : 12; place < file.size();) {
    const auto length = number_at(file, place + (png ? 0 : 4), 4, order);
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
  const ByteOrder order = big ? ByteOrder::big_end_first : ByteOrder::little_end_first;
  const auto directory = number_at(block, 4, 4, order);
  const auto entries = directory ? number_at(block, *directory, 2, order) : std::nullopt;
  constexpr std::size_t kEntry = 12;
  for (std::size_t i = 0; entries && i < *entries; ++i) {
    const std::size_t entry = std::size_t{*directory} + 2 + i * kEntry;
    const auto tag = number_at(block, entry, 2, order), value = number_at(block, entry + 8, 2, order);
    if (!tag || !value) return 1;
    if (*tag == 0x0112) return *value >= 1 && *value <= 8 ? static_cast<int>(*value) : 1;
  }
  return 1;
}

}  // namespace heed
