#pragma once

#include <cstdint>
#include <filesystem>

#include "heed/image/picture.h"

#include "demo_picture_shapes.h"

namespace heed::demo {

inline constexpr int kPictureSide = 32;
inline constexpr std::uint64_t kPictures = 4000;

/// Picture `number` of a seed: one shape of picture_shapes() in one colour or two, turned and placed at random, with a
/// soft shadow before a background that runs from one colour to another. A function of the three values.
Picture draw_picture(std::uint64_t seed, std::uint64_t number, const PictureShape& shape);

/// Writes `count` pictures, shapes in turn, as DIR/<shape>/<number>.png, and makes the folders. Throws Error(data).
void write_demo_pictures(std::uint64_t seed, std::uint64_t count, const std::filesystem::path& directory);

}  // namespace heed::demo
