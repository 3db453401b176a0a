#include "heed/image/picture.h"

#include <charconv>
#include <string>

#include "heed/base/error.h"
#include "heed/base/utf8.h"

namespace heed {

std::string to_text(PictureSize size) {
  return std::to_string(size.width) + "x" + std::to_string(size.height);
}

Color parse_color(std::string_view text, std::string_view what) {
  if (text == "white") return {255, 255, 255};
  if (text == "black") return {0, 0, 0};
  if (text == "grey" || text == "gray") return {128, 128, 128};
  constexpr std::size_t kHexLength = 7;
  if (text.size() == kHexLength && text.front() == '#') {
    std::uint32_t value = 0;
    const char* end = text.data() + text.size();
    if (std::from_chars(text.data() + 1, end, value, 16).ptr == end) {
      return {static_cast<std::uint8_t>(value >> 16), static_cast<std::uint8_t>(value >> 8),
              static_cast<std::uint8_t>(value)};
    }
  }
  throw usage_error(std::string(what) + ": '" + printable(text) +
                    "' is not a colour; expected white, black, grey or #rrggbb, for example #ff8000");
}

std::uint8_t luma(Color color) {
  return static_cast<std::uint8_t>((299 * color.red + 587 * color.green + 114 * color.blue + 500) / 1000);
}

}  // namespace heed
