#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "heed/image/picture.h"

namespace heed {

struct GifOptions {
  int delay_ms = 200;        ///< how long each frame stays, in steps of 10
  int last_delay_ms = 2000;  ///< the last one, before it all begins anew
};

/// An animated GIF file that repeats for ever; each frame has a palette of its own (256 colours). Throws
/// Error(internal) when there are no frames, their sizes differ or a side is over 65,535.
std::vector<std::uint8_t> encode_gif(std::span<const Picture> frames, const GifOptions& options = {});
/// Writes it whole or not at all. Throws Error(data).
void write_gif(const std::filesystem::path& path, std::span<const Picture> frames, const GifOptions& options = {});

}  // namespace heed
