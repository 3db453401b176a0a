#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "heed/image/picture.h"

namespace heed {

struct PalettePicture {
  std::vector<Color> palette;
  std::vector<std::uint8_t> pixels;  ///< places in the palette
};

/// The picture (1, 3 or 4 channels; alpha is ignored) with at most `colors` (1 to 256) colours. Exact when it has no
/// more, up to 6 bits a channel; otherwise the colour space is cut where the squared error is greatest, along the
/// channel that varies most (Wu 1992, "Color quantization by dynamic programming and principal analysis", with the
/// plain axes), and each pixel gets the nearest mean. A function of the pixels alone.
PalettePicture quantize(const Picture& picture, std::size_t colors = 256);

}  // namespace heed
