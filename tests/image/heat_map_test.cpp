#include "heed/image/heat_map.h"

#include <cmath>
#include <limits>
#include <vector>

#include "catch.h"
#include "image/pictures.h"

using namespace heed;

namespace {

double brightness(const Picture& picture, int x, int y) {
  const std::uint8_t* pixel = picture.at(x, y);
  return luma({pixel[0], pixel[1], pixel[2]});
}

}  // namespace

TEST_CASE("the scale runs evenly from dark violet to bright yellow") {
  std::vector<float> ramp(256);
  for (std::size_t i = 0; i < ramp.size(); ++i) ramp[i] = static_cast<float>(i) / 255;
  const Picture colors = color_map({ramp, {256, 1}}, {256, 1});
  for (int x = 16; x < 256; x += 16) CHECK(brightness(colors, x, 0) > brightness(colors, x - 16, 0));
  const Bytes first(colors.at(0, 0), colors.at(0, 0) + 3);
  CHECK(brightness(colors, 0, 0) < 10);
  CHECK(colors.at(255, 0)[0] > 200);
  CHECK(colors.at(255, 0)[1] > 200);
  // Red before blue in the middle: the order of the channels is ours.
  CHECK(colors.at(170, 0)[0] > 200);
  CHECK(colors.at(170, 0)[2] < 100);
}

TEST_CASE("low and high are the ends of the scale; equal ones are taken from the map") {
  const std::vector<float> values = {2, 3, 4, 5};
  const MapView map{values, {4, 1}};
  const Picture full = color_map(map, {4, 1}, {.low = 0, .high = 0});
  CHECK(full == color_map(map, {4, 1}, {.low = 2, .high = 5}));
  CHECK(full != color_map(map, {4, 1}, {.low = 0, .high = 5}));
  CHECK(brightness(color_map(map, {4, 1}), 0, 0) == brightness(full, 3, 0));
  const std::vector<float> flat(4, 0.5F);
  CHECK(color_map({flat, {4, 1}}, {4, 1}, {.low = 0, .high = 0}).pixels.size() == 12);
}

TEST_CASE("maps are scaled to the picture and laid over its grey") {
  const std::vector<float> values = {0, 1};
  const Picture white = plain({64, 32}, {255, 255, 255});
  const Picture shown = overlay_map(white, {values, {2, 1}});
  CHECK(shown.size() == white.size());
  CHECK(brightness(shown, 0, 0) < brightness(shown, 40, 16));
  CHECK(brightness(shown, 40, 16) < brightness(shown, 63, 16));

  const Picture red = plain({2, 1}, {255, 0, 0});
  const MapView map{values, {2, 1}};
  CHECK(overlay_map(red, map, {.opacity = 0}) == plain({2, 1}, {76, 76, 76}));
  CHECK(overlay_map(red, map, {.opacity = 1}) == color_map(map, {2, 1}));
  const Picture half = overlay_map(red, map, {.opacity = 0.5});
  for (std::size_t i = 0; i < half.pixels.size(); ++i)
    CHECK(half.pixels[i] == std::lround((color_map(map, {2, 1}).pixels[i] + 76) / 2.0));
  CHECK(overlay_map(plain({2, 1}, {50}), map, {.opacity = 0}) == plain({2, 1}, {50, 50, 50}));
  CHECK(overlay_map(plain({2, 1}, {50, 50, 50, 255}), map, {.opacity = 0}) == plain({2, 1}, {50, 50, 50}));
}

TEST_CASE("values that are no numbers show as low; sizes that do not match are a bug of the caller") {
  const std::vector<float> odd = {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(), 0,
                                  1};
  const std::vector<float> plain_values = {0, 0, 0, 1};
  CHECK(color_map({odd, {4, 1}}, {4, 1}) == color_map({plain_values, {4, 1}}, {4, 1}));
  error_of(ExitCode::internal, [&] { color_map({plain_values, {3, 1}}, {4, 1}); });
  error_of(ExitCode::internal, [&] { color_map({{}, {0, 0}}, {4, 1}); });
}
