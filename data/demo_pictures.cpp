#include "demo_pictures.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <numbers>
#include <string>
#include <system_error>
#include <vector>

#include "heed/base/error.h"
#include "heed/base/files.h"
#include "heed/base/parallel.h"
#include "heed/base/random.h"
#include "heed/image/png.h"

namespace heed::demo {
namespace {

constexpr int kSamplesPerSide = 5;  // of each pixel: edges become smooth
constexpr int kSamples = kSamplesPerSide * kSamplesPerSide;

using Light = std::array<double, 3>;

Light mix(const Light& a, const Light& b, double share_of_b) {
  Light result;
  for (std::size_t c = 0; c < 3; ++c) result[c] = a[c] + share_of_b * (b[c] - a[c]);
  return result;
}

/// Hue in turns; saturation and value from 0 to 1.
Light from_hsv(double hue, double saturation, double value) {
  Light result;
  for (std::size_t c = 0; c < 3; ++c) {
    const double turn = hue + (3 - static_cast<double>(c)) / 3;
    const double distance = std::abs((turn - std::floor(turn)) * 6 - 3);
    result[c] = value * (1 - saturation * (1 - std::clamp(distance - 1, 0.0, 1.0)));
  }
  return result;
}

class PictureDice {
 public:
  explicit PictureDice(PhiloxKey key) : key_(key) {}
  double between(double low, double high) { return low + (high - low) * random_unit(key_, next_++); }
  bool chance(double share) { return between(0, 1) < share; }

 private:
  PhiloxKey key_;
  std::uint64_t next_ = 0;
};

/// All that is random in a picture. Lengths are in halves of the picture's side.
struct Scene {
  double scale, cosine, sine;
  Point center, shadow;
  Light shape_top, shape_bottom, back_start, back_end;
  double back_angle;
};

Scene draw_scene(PictureDice& dice, const PictureShape& shape) {
  constexpr double kDegree = std::numbers::pi / 180;
  Scene scene = {};
  scene.scale = dice.between(0.52, 0.82);
  const double angle = dice.between(-shape.tilt, shape.tilt) * kDegree;
  scene.cosine = std::cos(angle);
  scene.sine = std::sin(angle);
  const double free = std::max(0.0, 0.9 - scene.scale);
  scene.center = {dice.between(-free, free), dice.between(-free, free)};
  scene.shadow = {0.07, -0.09};

  // Shape and background differ in hue, and one of them is light, the other dark.
  const double hue = dice.between(0, 1);
  const bool dark_back = dice.chance(0.5);
  scene.shape_top =
      from_hsv(hue, dice.between(0.65, 0.95), dark_back ? dice.between(0.9, 1) : dice.between(0.65, 0.85));
  scene.shape_bottom = from_hsv(hue + dice.between(-0.09, 0.09), dice.between(0.7, 1), dark_back ? 0.8 : 0.5);
  const double back_hue = hue + dice.between(0.3, 0.7);
  const double saturation = dark_back ? dice.between(0.4, 0.8) : dice.between(0.08, 0.35);
  scene.back_start = from_hsv(back_hue, saturation, dark_back ? dice.between(0.15, 0.3) : dice.between(0.92, 1));
  scene.back_end = from_hsv(back_hue + dice.between(-0.12, 0.12), saturation,
                            dark_back ? dice.between(0.3, 0.45) : dice.between(0.78, 0.92));
  scene.back_angle = dice.between(0, 2 * std::numbers::pi);
  return scene;
}

/// A point of the picture in the shape's own coordinates.
Point in_shape(const Scene& scene, Point p, Point moved) {
  const double x = (p.x - scene.center.x - moved.x) / scene.scale, y = (p.y - scene.center.y - moved.y) / scene.scale;
  return {scene.cosine * x + scene.sine * y, scene.cosine * y - scene.sine * x};
}

Light light_of_shape(const Scene& scene, Point own) {
  return mix(scene.shape_bottom, scene.shape_top, std::clamp((own.y + 1) / 2, 0.0, 1.0));
}

/// How much of the light a soft shadow takes: samples of the shape on two small circles.
double shadow_at(const Scene& scene, const PictureShape& shape, Point p) {
  constexpr int kDirections = 6;
  constexpr double kSoftness = 0.09, kDepth = 0.35;
  int inside = 0;
  for (const double distance : {kSoftness / 2, kSoftness})
    for (int i = 0; i < kDirections; ++i) {
      const double angle = 2 * std::numbers::pi * i / kDirections;
      const Point near = {p.x + distance * std::cos(angle), p.y + distance * std::sin(angle)};
      if (shape.contains(in_shape(scene, near, scene.shadow))) ++inside;
    }
  return kDepth * inside / (2 * kDirections);
}

Light light_of_back(const Scene& scene, const PictureShape& shape, Point p) {
  const double along = p.x * std::cos(scene.back_angle) + p.y * std::sin(scene.back_angle);
  const Light back = mix(scene.back_start, scene.back_end, std::clamp((along + 1.2) / 2.4, 0.0, 1.0));
  return mix(back, {0, 0, 0}, shadow_at(scene, shape, p));
}

/// A place inside pixel (x, y), from its upper left corner, as a point from -1 to 1.
Point point_at(int x, int y, double across, double down) {
  return {2 * (x + across) / kPictureSide - 1, 1 - 2 * (y + down) / kPictureSide};
}

Point sample_point(int x, int y, int sample) {
  return point_at(x, y, (sample % kSamplesPerSide + 0.5) / kSamplesPerSide,
                  (sample / kSamplesPerSide + 0.5) / kSamplesPerSide);
}

/// Without the sync to disk of an AtomicFile: thousands of them take a minute, and the set is soon drawn anew.
void write_file(const std::filesystem::path& path, const std::vector<std::uint8_t>& bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (!file) throw data_error("cannot write " + path.string() + "; make room or choose another directory");
}

}  // namespace

Picture draw_picture(std::uint64_t seed, std::uint64_t number, const PictureShape& shape) {
  PictureDice dice(make_key(seed, number));
  const Scene scene = draw_scene(dice, shape);
  Picture picture({kPictureSide, kPictureSide}, 3);
  for (int y = 0; y < kPictureSide; ++y)
    for (int x = 0; x < kPictureSide; ++x) {
      // Only the shape has edges; the rest is smooth enough for one look a pixel.
      const Light back = light_of_back(scene, shape, point_at(x, y, 0.5, 0.5));
      Light sum = {};
      for (int sample = 0; sample < kSamples; ++sample) {
        const Point own = in_shape(scene, sample_point(x, y, sample), {});
        const Light light = shape.contains(own) ? light_of_shape(scene, own) : back;
        for (std::size_t c = 0; c < 3; ++c) sum[c] += light[c];
      }
      for (std::size_t c = 0; c < 3; ++c)
        picture.at(x, y)[c] = static_cast<std::uint8_t>(std::lround(255 * sum[c] / kSamples));
    }
  return picture;
}

void write_demo_pictures(std::uint64_t seed, std::uint64_t count, const std::filesystem::path& directory) {
  const auto shapes = picture_shapes();
  for (const PictureShape& shape : shapes) make_directory(directory / shape.name);
  parallel_for(count, [&](std::size_t number) {
    constexpr std::size_t kDigits = 4;
    const PictureShape& shape = shapes[number % shapes.size()];
    std::string name = std::to_string(number / shapes.size());
    name.insert(0, kDigits - std::min(kDigits, name.size()), '0');
    write_file(directory / shape.name / (name + ".png"), encode_png(draw_picture(seed, number, shape)));
  });
}

}  // namespace heed::demo
