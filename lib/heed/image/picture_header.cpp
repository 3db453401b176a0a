#include "heed/image/picture_header.h"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "heed/base/error.h"
#include "heed/base/fields.h"
#include "heed/base/progress.h"
#include "heed/image/byte_reader.h"

namespace heed {
namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr std::array<std::uint8_t, 8> kPngSignature = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};

/// Numbers out of a file that may end anywhere.
class Reader {
 public:
  Reader(Bytes bytes, std::string where) : bytes_(bytes), where_(std::move(where)) {}

  Error damaged(const std::string& what) const { return data_error(where_ + ": " + what); }
  const std::string& where() const { return where_; }
  Bytes bytes() const { return bytes_; }

  std::uint32_t little(std::size_t place, std::size_t count) const {
    return number(place, count, ByteOrder::little_end_first);
  }
  std::uint32_t big(std::size_t place, std::size_t count) const {
    return number(place, count, ByteOrder::big_end_first);
  }

 private:
  std::uint32_t number(std::size_t place, std::size_t count, ByteOrder order) const {
    if (const auto value = number_at(bytes_, place, count, order)) return *value;
    throw damaged("the picture is cut short after " + format_count(static_cast<std::int64_t>(bytes_.size())) +
                  " bytes");
  }

  Bytes bytes_;
  std::string where_;
};

struct Dimensions {
  std::int64_t width, height;
};

void refuse_size(const Reader& file, const Dimensions& size) {
  if (size.width >= 1 && size.height >= 1 && size.width <= kLongestSide && size.height <= kLongestSide &&
      size.width * size.height <= kMostPixels)
    return;
  throw file.damaged("the header says " + format_count(size.width) + " x " + format_count(size.height) +
                     " pixels; expected sides of 1 to " + format_count(kLongestSide) + " and at most " +
                     format_count(kMostPixels) + " pixels; scale the picture down");
}

Dimensions read_png(const Reader& file, PictureHeader& header) {
  constexpr std::size_t kFrame = 12;  // length, name and checksum of a chunk
  constexpr std::uint32_t kGrey = 0, kPalette = 3, kGreyAlpha = 4;
  if (file.big(8, 4) != 13 || !has_text(file.bytes(), 12, "IHDR"))
    throw file.damaged("a damaged PNG picture (it does not begin with IHDR)");
  const std::uint32_t color = file.big(25, 1);
  header.sixteen_bit = file.big(24, 1) == 16;
  header.palette = color == kPalette;
  header.grey = color == kGrey || color == kGreyAlpha;
  const Dimensions size = {file.big(16, 4), file.big(20, 4)};
  refuse_size(file, size);
  for (std::size_t place = kPngSignature.size();;) {
    const std::size_t length = file.big(place, 4);
    (void)file.big(place + 4, 4);
    if (has_text(file.bytes(), place + 4, "IEND")) return size;
    place += kFrame + length;
  }
}

Dimensions read_jpeg(const Reader& file, PictureHeader& header) {
  constexpr std::uint32_t kApp14 = 0xEE, kScan = 0xDA, kEnd = 0xD9;
  const auto is_frame = [](std::uint32_t marker) {
    return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
  };
  const auto stands_alone = [](std::uint32_t marker) { return marker == 0x01 || (marker >= 0xD0 && marker <= 0xD8); };

  Dimensions size = {0, 0};
  bool adobe = false, framed = false;
  std::size_t place = 2;
  for (;;) {
    if (file.big(place, 1) != 0xFF) throw file.damaged("a damaged JPEG picture (no marker where one is due)");
    while (file.big(place, 1) == 0xFF) ++place;
    const std::uint32_t marker = file.big(place++, 1);
    if (marker == kScan) break;
    if (marker == kEnd) throw file.damaged("a damaged JPEG picture (it ends before its pixels)");
    if (stands_alone(marker)) continue;
    const std::uint32_t length = file.big(place, 2);
    if (is_frame(marker)) {
      size = {file.big(place + 5, 2), file.big(place + 3, 2)};
      const std::uint32_t components = file.big(place + 7, 1);
      header.grey = components == 1;
      header.cmyk = components == 4;
      framed = true;
      refuse_size(file, size);
    }
    if (marker == kApp14 && has_text(file.bytes(), place + 2, "Adobe")) adobe = true;
    if (length < 2) throw file.damaged("a damaged JPEG picture (a segment without length)");
    place += length;
  }
  if (!framed) throw file.damaged("a damaged JPEG picture (pixels before their size)");
  if (header.cmyk && !adobe)
    throw file.damaged(
        "a JPEG picture of four inks without Adobe's mark, whose colours cannot be told; save it as RGB");
  // Inside the pixels' code each 0xFF is followed by 0, so the end mark is found nowhere else.
  constexpr std::array<std::uint8_t, 2> kEndMark = {0xFF, kEnd};
  const Bytes rest = file.bytes().subspan(std::min(place, file.bytes().size()));
  if (std::search(rest.begin(), rest.end(), kEndMark.begin(), kEndMark.end()) == rest.end())
    throw file.damaged("the picture is cut short after " +
                       format_count(static_cast<std::int64_t>(file.bytes().size())) + " bytes");
  return size;
}

Dimensions read_bmp(const Reader& file, PictureHeader& header) {
  constexpr std::uint32_t kCoreHeader = 12;
  constexpr std::size_t kInfo = 14;  // where the information header begins
  const std::uint32_t header_size = file.little(kInfo, 4);
  const bool core = header_size == kCoreHeader;
  const std::uint32_t bits = file.little(core ? kInfo + 10 : kInfo + 14, 2);
  header.palette = bits <= 8;
  if (core) return {file.little(kInfo + 4, 2), file.little(kInfo + 6, 2)};
  const auto width = static_cast<std::int32_t>(file.little(kInfo + 4, 4));
  const auto height = static_cast<std::int32_t>(file.little(kInfo + 8, 4));
  return {width, std::abs(static_cast<std::int64_t>(height))};  // negative: rows from the top
}

Dimensions read_webp(const Reader& file) {
  constexpr std::size_t kRiffFrame = 8;
  if (file.bytes().size() - kRiffFrame < file.little(4, 4))
    throw file.damaged("the picture is cut short after " +
                       format_count(static_cast<std::int64_t>(file.bytes().size())) + " bytes");
  if (has_text(file.bytes(), 12, "VP8X")) {
    constexpr std::uint32_t kAnimated = 0x02;
    if ((file.little(20, 1) & kAnimated) != 0) throw file.damaged("an animated WebP picture; save one frame of it");
    return {std::int64_t{file.little(24, 3)} + 1, std::int64_t{file.little(27, 3)} + 1};
  }
  if (has_text(file.bytes(), 12, "VP8L")) {
    const std::uint32_t packed = file.little(21, 4);
    return {(packed & 0x3FFF) + 1, ((packed >> 14) & 0x3FFF) + 1};
  }
  if (has_text(file.bytes(), 12, "VP8 ")) return {file.little(26, 2) & 0x3FFF, file.little(28, 2) & 0x3FFF};
  throw file.damaged("a damaged WebP picture (no pixels follow its first header)");
}

/// What else people keep among their pictures.
std::string describe_stranger(Bytes bytes) {
  const std::string known = "; expected PNG, JPEG, BMP or WebP";
  if (bytes.empty()) return "an empty file" + known;
  if (has_text(bytes, 0, "GIF8")) return "a GIF picture" + known;
  if (has_text(bytes, 0, "II*") || has_text(bytes, 0, "MM")) return "a TIFF picture" + known;
  if (has_text(bytes, 4, "ftyp")) return "an AVIF, HEIC or video file" + known;
  return "not a picture by its first bytes" + known;
}

}  // namespace

std::optional<PictureKind> picture_kind(std::span<const std::uint8_t> head) {
  if (head.size() >= kPngSignature.size() && std::equal(kPngSignature.begin(), kPngSignature.end(), head.begin()))
    return PictureKind::png;
  if (has_text(head, 0, "\xFF\xD8\xFF")) return PictureKind::jpeg;
  if (has_text(head, 0, "RIFF") && has_text(head, 8, "WEBP")) return PictureKind::webp;
  // Two letters are little: four reserved bytes, zero in every BMP file, keep texts out.
  if (has_text(head, 0, "BM") && has_text(head, 6, std::string_view("\0\0\0\0", 4))) return PictureKind::bmp;
  return std::nullopt;
}

PictureHeader read_picture_header(std::span<const std::uint8_t> bytes, const std::string& where) {
  const std::optional<PictureKind> kind = picture_kind(bytes);
  const Reader file(bytes, where);
  if (!kind) throw file.damaged(describe_stranger(bytes));
  PictureHeader header;
  header.kind = *kind;
  const auto read = [&]() -> Dimensions {
    switch (*kind) {
      case PictureKind::png:
        return read_png(file, header);
      case PictureKind::jpeg:
        return read_jpeg(file, header);
      case PictureKind::bmp:
        return read_bmp(file, header);
      case PictureKind::webp:
        return read_webp(file);
    }
    throw Error(ExitCode::internal, "a kind of picture without a reader");
  };
  const Dimensions size = read();
  refuse_size(file, size);
  header.size = {static_cast<int>(size.width), static_cast<int>(size.height)};
  return header;
}

}  // namespace heed
