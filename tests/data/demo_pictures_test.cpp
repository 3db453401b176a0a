#include "demo_pictures.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "heed/image/image_folder.h"

#include "base/scratch.h"
#include "catch.h"

using namespace heed;
using namespace heed::demo;

namespace {

/// Share of the square around the unit circle that a shape covers.
double covered(const PictureShape& shape) {
  int inside = 0;
  constexpr int kSteps = 200;
  for (int y = 0; y < kSteps; ++y)
    for (int x = 0; x < kSteps; ++x)
      if (shape.contains({2 * (x + 0.5) / kSteps - 1, 2 * (y + 0.5) / kSteps - 1})) ++inside;
  return static_cast<double>(inside) / (kSteps * kSteps);
}

}  // namespace

TEST_CASE("each shape covers the area that geometry says, inside about the unit circle") {
  constexpr double kPi = 3.14159265358979;
  std::map<std::string_view, double> area;
  for (const PictureShape& shape : picture_shapes()) {
    area[shape.name] = 4 * covered(shape);
    INFO(shape.name);
    CHECK((area[shape.name] > 1 && area[shape.name] < 3));
    for (int degree = 0; degree < 360; ++degree) {
      const double angle = degree * kPi / 180;
      CHECK_FALSE(shape.contains({1.2 * std::cos(angle), 1.2 * std::sin(angle)}));
    }
  }
  CHECK(area.size() == 8);
  CHECK(area["disc"] == Approx(kPi * 0.92 * 0.92).margin(0.02));
  CHECK(area["ring"] == Approx(kPi * (0.95 * 0.95 - 0.52 * 0.52)).margin(0.02));
  CHECK(area["square"] == Approx(1.6 * 1.6).margin(0.03));
  CHECK(area["triangle"] == Approx(0.75 * std::sqrt(3)).margin(0.03));
  CHECK(area["cross"] == Approx(2 * 1.9 * 0.64 - 0.64 * 0.64).margin(0.03));
  CHECK(area["star"] == Approx(10 * 0.5 * 0.42 * std::sin(kPi / 5)).margin(0.03));
}

TEST_CASE("pictures are a function of seed, number and shape") {
  const auto shapes = picture_shapes();
  const Picture first = draw_picture(1, 0, shapes[0]);
  CHECK(first.size() == PictureSize{32, 32});
  CHECK(first == draw_picture(1, 0, shapes[0]));
  CHECK(first != draw_picture(2, 0, shapes[0]));
  CHECK(first != draw_picture(1, 1, shapes[0]));
  CHECK(first != draw_picture(1, 0, shapes[1]));
}

TEST_CASE("shapes stand out from their background") {
  for (const PictureShape& shape : picture_shapes())
    for (std::uint64_t number = 0; number < 100; ++number) {
      const Picture picture = draw_picture(3, number, shape);
      // Corners are background; what differs from all of them is the shape.
      int different = 0;
      for (int y = 0; y < 32; ++y)
        for (int x = 0; x < 32; ++x) {
          int least = 255 * 3;
          for (const auto& [cx, cy] : {std::pair{0, 0}, {31, 0}, {0, 31}, {31, 31}}) {
            int distance = 0;
            for (int c = 0; c < 3; ++c) distance += std::abs(picture.at(x, y)[c] - picture.at(cx, cy)[c]);
            least = std::min(least, distance);
          }
          if (least > 60) ++different;
        }
      INFO(shape.name << " " << number);
      CHECK((different > 40 && different < 800));
    }
}

TEST_CASE("the files of a seed are always the same, in one folder per class") {
  const ScratchDirectory scratch;
  write_demo_pictures(1, 40, scratch / "one");
  write_demo_pictures(1, 40, scratch / "again");
  write_demo_pictures(2, 40, scratch / "two");
  ImageFolderOptions options;
  options.cond = true;
  const auto folder = [&](const char* name) {
    options.data = (scratch / name).string();
    return ImageFolder(options);
  };
  const ImageFolder one = folder("one");
  CHECK(one.size() == 40);
  CHECK(one.class_names() ==
        std::vector<std::string>{"cross", "disc", "heart", "moon", "ring", "square", "star", "triangle"});
  CHECK(one.report().class_pictures == std::vector<std::uint64_t>(8, 5));
  CHECK(one.report().duplicates == 0);
  CHECK(one.picture_size() == PictureSize{32, 32});
  CHECK(one.name(0) == "cross/0000.png");
  CHECK(one.fingerprint() == folder("again").fingerprint());
  CHECK(one.fingerprint() != folder("two").fingerprint());
}

TEST_CASE("a directory for pictures that cannot be made is a data error") {
  const ScratchDirectory scratch;
  put(scratch / "file", "in the way");
  CHECK(contains(error_of(ExitCode::data, [&] { write_demo_pictures(1, 8, scratch / "file" / "in"); }),
                 "cannot make the directory"));
}
