#include "heed/image/exif.h"

#include <string_view>

#include "catch.h"
#include "image/pictures.h"

namespace heed {
namespace {

Bytes bytes_of(std::string_view text) {
  return {text.begin(), text.end()};
}

Bytes joined(std::initializer_list<Bytes> parts) {
  Bytes all;
  for (const Bytes& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

Bytes length_of(const Bytes& content, bool big_end_first) {
  const auto length = static_cast<std::uint8_t>(content.size());
  return big_end_first ? Bytes{0, 0, 0, length} : Bytes{length, 0, 0, 0};
}

Bytes png(const Bytes& block) {
  const Bytes other = bytes_of("note");
  return joined({bytes_of("\x89PNG\r\n\x1a\n"), length_of(other, true), bytes_of("tEXt"), other, bytes_of("sums"),
                 length_of(block, true), bytes_of("eXIf"), block, bytes_of("sums")});
}

Bytes webp(const Bytes& block) {
  const Bytes other = bytes_of("odd");  // an odd length, so a byte is filled in
  return joined({bytes_of("RIFF....WEBP"),
                 bytes_of("ICCP"),
                 length_of(other, false),
                 other,
                 {0},
                 bytes_of("EXIF"),
                 length_of(block, false),
                 block});
}

// Another tag, then the orientation.
Bytes block_of(std::uint8_t orientation, bool big_end_first) {
  return big_end_first ? Bytes{'M', 'M', 0, 42, 0, 0,    0,    8, 0, 2, 1, 0x10, 0, 2, 0,           0, 0,
                               1,   7,   0, 0,  0, 0x01, 0x12, 0, 3, 0, 0, 0,    1, 0, orientation, 0, 0}
                       : Bytes{'I', 'I', 42, 0, 8, 0,    0,    0, 2, 0, 0x10, 1, 2, 0,           1, 0, 0,
                               0,   7,   0,  0, 0, 0x12, 0x01, 3, 0, 1, 0,    0, 0, orientation, 0, 0, 0};
}

}  // namespace

TEST_CASE("the orientation is found among other chunks and tags, in either byte order") {
  for (const bool big_end_first : {false, true})
    for (std::uint8_t orientation = 1; orientation <= 8; ++orientation) {
      const Bytes block = block_of(orientation, big_end_first);
      CHECK(exif_orientation(png(block), PictureKind::png) == orientation);
      CHECK(exif_orientation(webp(block), PictureKind::webp) == orientation);
      const Bytes with_prefix = joined({bytes_of({"Exif\0\0", 6}), block});
      CHECK(exif_orientation(webp(with_prefix), PictureKind::webp) == orientation);
    }
}

TEST_CASE("nonsense and other kinds of pictures stand upright") {
  for (const std::uint8_t nonsense : {0, 9, 255})
    CHECK(exif_orientation(png(block_of(nonsense, true)), PictureKind::png) == 1);
  CHECK(exif_orientation(png(bytes_of("neither order")), PictureKind::png) == 1);
  CHECK(exif_orientation(png({}), PictureKind::png) == 1);
  CHECK(exif_orientation({}, PictureKind::webp) == 1);
  CHECK(exif_orientation(png(block_of(6, true)), PictureKind::jpeg) == 1);
  CHECK(exif_orientation(png(block_of(6, true)), PictureKind::bmp) == 1);
}

TEST_CASE("a block or file that ends too soon says nothing") {
  const Bytes block = block_of(6, true);
  for (std::size_t length = 0; length < block.size() - 2; ++length) {
    CAPTURE(length);
    const Bytes cut(block.begin(), block.begin() + static_cast<std::ptrdiff_t>(length));
    CHECK(exif_orientation(png(cut), PictureKind::png) == 1);
  }
  const Bytes file = webp(block);
  for (std::size_t length = 0; length < file.size(); ++length) {
    CAPTURE(length);
    const Bytes cut(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(length));
    CHECK(exif_orientation(cut, PictureKind::webp) == 1);
  }
}

}  // namespace heed
