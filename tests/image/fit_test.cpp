#include "heed/image/fit.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "catch.h"
#include "image/pictures.h"

using namespace heed;

namespace {

/// Mean of the area that each new pixel covers, pixel by pixel.
double area_mean(const Picture& picture, int c, double x0, double x1, double y0, double y1) {
  double sum = 0;
  for (int y = 0; y < picture.height; ++y)
    for (int x = 0; x < picture.width; ++x) {
      const double across = std::min(x1, x + 1.0) - std::max(x0, static_cast<double>(x));
      const double down = std::min(y1, y + 1.0) - std::max(y0, static_cast<double>(y));
      if (across > 0 && down > 0) sum += across * down * picture.at(x, y)[c];
    }
  return sum / ((x1 - x0) * (y1 - y0));
}

Picture shrink_slowly(const Picture& picture, PictureSize size) {
  Picture result(size, picture.channels);
  const double step_x = static_cast<double>(picture.width) / size.width;
  const double step_y = static_cast<double>(picture.height) / size.height;
  for (int y = 0; y < size.height; ++y)
    for (int x = 0; x < size.width; ++x)
      for (int c = 0; c < picture.channels; ++c)
        result.at(x, y)[c] = static_cast<std::uint8_t>(
            std::lround(area_mean(picture, c, x * step_x, (x + 1) * step_x, y * step_y, (y + 1) * step_y)));
  return result;
}

double cubic_weight(double distance) {
  constexpr double kA = -0.75;
  const double d = std::abs(distance);
  if (d <= 1) return (kA + 2) * d * d * d - (kA + 3) * d * d + 1;
  return d < 2 ? kA * (d * d * d - 5 * d * d + 8 * d - 4) : 0;
}

Picture grow_slowly(const Picture& picture, PictureSize size) {
  Picture result(size, picture.channels);
  for (int y = 0; y < size.height; ++y)
    for (int x = 0; x < size.width; ++x)
      for (int c = 0; c < picture.channels; ++c) {
        const double from_x = (x + 0.5) * picture.width / size.width - 0.5;
        const double from_y = (y + 0.5) * picture.height / size.height - 0.5;
        double sum = 0;
        for (int j = static_cast<int>(std::floor(from_y)) - 1; j <= static_cast<int>(std::floor(from_y)) + 2; ++j)
          for (int i = static_cast<int>(std::floor(from_x)) - 1; i <= static_cast<int>(std::floor(from_x)) + 2; ++i)
            sum += cubic_weight(from_x - i) * cubic_weight(from_y - j) *
                   picture.at(std::clamp(i, 0, picture.width - 1), std::clamp(j, 0, picture.height - 1))[c];
        result.at(x, y)[c] = static_cast<std::uint8_t>(std::clamp(std::lround(sum), 0L, 255L));
      }
  return result;
}

Picture part(const Picture& picture, int x0, int y0, PictureSize size) {
  Picture result(size, picture.channels);
  for (int y = 0; y < size.height; ++y)
    for (int x = 0; x < size.width; ++x) std::copy_n(picture.at(x0 + x, y0 + y), picture.channels, result.at(x, y));
  return result;
}

void check_near(const Picture& actual, const Picture& expected, int tolerance) {
  REQUIRE(actual.size() == expected.size());
  REQUIRE(actual.channels == expected.channels);
  int worst = 0;
  for (std::size_t i = 0; i < actual.pixels.size(); ++i)
    worst = std::max(worst, std::abs(actual.pixels[i] - expected.pixels[i]));
  CHECK(worst <= tolerance);
}

}  // namespace

TEST_CASE("sides that shrink are averaged by area, sides that grow are cubic") {
  for (const int channels : {1, 3}) {
    const Picture big = noise({50, 37}, channels);
    check_near(scale_picture(big, {25, 37}), shrink_slowly(big, {25, 37}), 1);
    check_near(scale_picture(big, {16, 12}), shrink_slowly(big, {16, 12}), 1);
    check_near(scale_picture(big, {1, 1}), shrink_slowly(big, {1, 1}), 1);
    const Picture small = noise({7, 5}, channels);
    check_near(scale_picture(small, {21, 16}), grow_slowly(small, {21, 16}), 2);
    check_near(scale_picture(big, {20, 60}), grow_slowly(shrink_slowly(big, {20, 37}), {20, 60}), 3);
  }
  const Picture same = noise({9, 9}, 3);
  CHECK(scale_picture(same, {9, 9}) == same);
}

TEST_CASE("what is transparent does not shine through when scaled") {
  Picture picture({2, 1}, 4);
  picture.pixels = {200, 100, 50, 255, 0, 255, 0, 0};
  CHECK(scale_picture(picture, {1, 1}).pixels == Bytes{200, 100, 50, 128});
  CHECK(scale_picture(plain({4, 4}, {10, 20, 30, 40}), {2, 2}) == plain({2, 2}, {10, 20, 30, 40}));
  CHECK(scale_picture(plain({4, 4}, {10, 20, 30, 0}), {2, 2}) == plain({2, 2}, {0, 0, 0, 0}));
}

TEST_CASE("center-crop takes the largest middle part of the wanted shape") {
  const Picture wide = noise({64, 40}, 3);
  check_near(fit_picture(wide, Fit::center_crop, {20, 20}, {}), shrink_slowly(part(wide, 12, 0, {40, 40}), {20, 20}),
             1);
  const Picture tall = noise({40, 64}, 1);
  check_near(fit_picture(tall, Fit::center_crop, {20, 10}, {}), shrink_slowly(part(tall, 0, 22, {40, 20}), {20, 10}),
             1);
  CHECK(fit_picture(wide, Fit::center_crop, {64, 40}, {}) == wide);
}

TEST_CASE("resize changes the shape") {
  const Picture wide = noise({64, 40}, 3);
  check_near(fit_picture(wide, Fit::resize, {16, 16}, {}), shrink_slowly(wide, {16, 16}), 1);
}

TEST_CASE("pad keeps all of the picture before a background") {
  const Picture wide = noise({64, 32}, 3);
  const Picture padded = fit_picture(wide, Fit::pad, {16, 16}, {1, 2, 3});
  check_near(part(padded, 0, 4, {16, 8}), shrink_slowly(wide, {16, 8}), 1);
  CHECK(part(padded, 0, 0, {16, 4}) == plain({16, 4}, {1, 2, 3}));
  CHECK(part(padded, 0, 12, {16, 4}) == plain({16, 4}, {1, 2, 3}));
  CHECK(part(fit_picture(plain({8, 4}, {9}), Fit::pad, {8, 8}, {255, 0, 0}), 0, 0, {8, 2}) == plain({8, 2}, {76}));
  CHECK(part(fit_picture(plain({8, 4}, {9, 9, 9, 255}), Fit::pad, {8, 8}, {255, 0, 0}), 0, 0, {8, 2}) ==
        plain({8, 2}, {0, 0, 0, 0}));
}

TEST_CASE("a picture of 1 x 10000 fits by every way") {
  const Picture thin = plain({1, 10'000}, {10, 20, 30});
  const Color white = {255, 255, 255};
  for (const Fit fit : {Fit::center_crop, Fit::resize, Fit::random_crop})
    CHECK(fit_picture(thin, fit, {32, 32}, white) == plain({32, 32}, {10, 20, 30}));
  const Picture padded = fit_picture(thin, Fit::pad, {32, 32}, white);
  CHECK(part(padded, 15, 0, {1, 32}) == plain({1, 32}, {10, 20, 30}));
  CHECK(part(padded, 16, 0, {16, 32}) == plain({16, 32}, {255, 255, 255}));
  CHECK(random_crop_room({1, 10'000}, {32, 32}) == PictureSize{37, 128});
  CHECK(scale_for_random_crop(thin, {32, 32}) == plain({37, 128}, {10, 20, 30}));
}

TEST_CASE("random crops have room, and their places are keyed") {
  CHECK(random_crop_room({256, 256}, {224, 224}) == PictureSize{256, 256});
  CHECK(random_crop_room({640, 480}, {56, 56}) == PictureSize{85, 64});
  const Picture square = noise({80, 80}, 1);
  check_near(scale_for_random_crop(square, {35, 35}), shrink_slowly(square, {40, 40}), 1);

  const PictureSize room = {37, 40}, target = {32, 32};
  std::map<int, int> across, down;
  for (std::uint64_t example = 0; example < 6000; ++example) {
    const PicturePlace place = random_crop_origin(room, target, {7, 3}, example);
    ++across[place.x];
    ++down[place.y];
  }
  REQUIRE(across.size() == 6);
  REQUIRE(down.size() == 9);
  CHECK((across.begin()->first == 0 && across.rbegin()->first == 5));
  CHECK((down.begin()->first == 0 && down.rbegin()->first == 8));
  for (const auto& [x, count] : across) CHECK(std::abs(count - 1000) < 150);

  const auto places = [&](PictureDraw draw) {
    std::vector<int> result;
    for (std::uint64_t i = 0; i < 50; ++i) result.push_back(random_crop_origin(room, target, draw, i).y);
    return result;
  };
  CHECK(places({7, 3}) == places({7, 3}));
  CHECK(places({7, 3}) != places({7, 4}));
  CHECK(places({7, 3}) != places({8, 3}));
}

TEST_CASE("half of the examples are mirrored, others in each epoch") {
  int mirrored = 0, changed = 0;
  for (std::uint64_t i = 0; i < 4000; ++i) {
    if (is_mirrored({1, 0}, i)) ++mirrored;
    if (is_mirrored({1, 0}, i) != is_mirrored({1, 1}, i)) ++changed;
  }
  CHECK(std::abs(mirrored - 2000) < 200);
  CHECK(std::abs(changed - 2000) < 200);
}

TEST_CASE("parts are copied as they are or mirrored") {
  const Picture picture = noise({6, 5}, 3);
  Picture copy({3, 2}, 3);
  copy_part(picture.pixels, picture.size(), 3, {2, 3}, {3, 2}, false, copy.pixels);
  CHECK(copy == part(picture, 2, 3, {3, 2}));
  copy_part(picture.pixels, picture.size(), 3, {2, 3}, {3, 2}, true, copy.pixels);
  for (int y = 0; y < 2; ++y)
    for (int x = 0; x < 3; ++x) CHECK(std::equal(copy.at(x, y), copy.at(x, y) + 3, picture.at(4 - x, 3 + y)));
}
