#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace heed {

/// Width and height in pixels.
struct PictureSize {
  int width = 0, height = 0;
  bool operator==(const PictureSize&) const = default;
};

/// "48x32", width first.
std::string to_text(PictureSize size);

/// A picture of bytes: rows from the top, pixels from the left, `channels` bytes a pixel: 1 grey, 3 red green blue,
/// 4 red green blue alpha (alpha not multiplied in, 255 opaque).
struct Picture {
  int width = 0, height = 0, channels = 0;
  std::vector<std::uint8_t> pixels;

  Picture() = default;
  /// All pixels zero.
  Picture(PictureSize size, int channel_count)
      : width(size.width), height(size.height), channels(channel_count), pixels(byte_count(size, channel_count)) {}

  PictureSize size() const { return {width, height}; }
  std::uint8_t* at(int x, int y) { return pixels.data() + offset(x, y); }
  const std::uint8_t* at(int x, int y) const { return pixels.data() + offset(x, y); }
  bool operator==(const Picture&) const = default;

  static std::size_t byte_count(PictureSize size, int channel_count) {
    return static_cast<std::size_t>(size.width) * static_cast<std::size_t>(size.height) *
           static_cast<std::size_t>(channel_count);
  }

 private:
  std::size_t offset(int x, int y) const {
    return (static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x)) *
           static_cast<std::size_t>(channels);
  }
};

struct Color {
  std::uint8_t red = 0, green = 0, blue = 0;
  bool operator==(const Color&) const = default;
};

/// "white", "black", "grey" or "#rrggbb". Throws Error(usage) that names `what`.
Color parse_color(std::string_view text, std::string_view what);
/// How bright a colour is, 0 to 255 (luma of ITU-R BT.601).
std::uint8_t luma(Color color);

}  // namespace heed
