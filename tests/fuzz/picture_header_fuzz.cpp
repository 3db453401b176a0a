// What a picture says of itself before anything is decoded.
#include "heed/image/exif.h"
#include "heed/image/picture_header.h"

#include "fuzz/fuzz.h"

using namespace heed;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span bytes(data, size);
  for (const PictureKind kind : {PictureKind::png, PictureKind::webp}) {
    const int orientation = exif_orientation(bytes, kind);
    must(orientation >= 1 && orientation <= 8, "orientations are 1 to 8");
  }
  accepts(ExitCode::data, [&] {
    const PictureHeader header = read_picture_header(bytes, "picture");
    must(picture_kind(bytes) == header.kind, "the first bytes tell the kind");
    must(header.size.width >= 1 && header.size.width <= kLongestSide, "widths are bounded");
    must(header.size.height >= 1 && header.size.height <= kLongestSide, "heights are bounded");
    must(std::int64_t{header.size.width} * header.size.height <= kMostPixels, "pixels are bounded");
  });
  return 0;
}
