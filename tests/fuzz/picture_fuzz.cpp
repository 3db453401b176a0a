// A picture file that is decoded, up to a size that keeps this fast.
#include "heed/image/decode.h"

#include "fuzz/fuzz.h"

using namespace heed;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::int64_t kMostPixelsHere = 1 << 18;
  const std::span bytes(data, size);
  accepts(ExitCode::data, [&] {
    const PictureHeader header = read_picture_header(bytes, "picture");
    if (std::int64_t{header.size.width} * header.size.height > kMostPixelsHere) return;
    const Picture picture = decode_picture(bytes, "picture");
    const bool turned = picture.width == header.size.height && picture.height == header.size.width;
    must(turned || (picture.width == header.size.width && picture.height == header.size.height),
         "pixels are as many as the header says");
    for (const int channels : {1, 3, 4}) {
      const Picture other = with_channels(picture, channels, Color{1, 2, 3});
      must(other.pixels.size() == Picture::byte_count(picture.size(), channels), "channels are as asked for");
    }
  });
  return 0;
}
