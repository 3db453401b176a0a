#include "heed/image/picture_features.h"

#include <algorithm>
#include <cmath>

#include "base/scratch.h"
#include "catch.h"
#include "image/pictures.h"

using namespace heed;

TEST_CASE("random features depend on the picture, not on its company") {
  const FeatureNetwork network({}, "cpu");
  CHECK(network.is_random());
  CHECK(network.width() == 512);
  CHECK(network.identity() == FeatureNetwork({}, "cpu").identity());
  const Picture first = noise({16, 12}, 3, 1), second = noise({16, 12}, 3, 2);
  Bytes both = first.pixels;
  both.insert(both.end(), second.pixels.begin(), second.pixels.end());
  PictureFeatures together, alone;
  network.add_features(both, {16, 12}, 3, together);
  network.add_features(second.pixels, {16, 12}, 3, alone);
  REQUIRE(together.table().count() == 2);
  REQUIRE(alone.table().count() == 1);
  double distance = 0, difference = 0;
  for (std::size_t i = 0; i < 512; ++i) {
    distance = std::max(distance, std::abs(double{together.values[512 + i]} - double{alone.values[i]}));
    difference = std::max(difference, std::abs(double{together.values[i]} - double{alone.values[i]}));
  }
  CHECK(distance < 1e-5);
  CHECK(difference > 1e-3);
}

TEST_CASE("features of chosen pictures of a folder come in the order of the choice") {
  const ScratchDirectory directory;
  for (std::uint32_t i = 0; i < 3; ++i) put_picture(directory / (std::to_string(i) + ".png"), noise({8, 8}, 3, i + 1));
  ImageFolderOptions options;
  options.data = directory.path().string();
  options.size = "8";
  const ImageFolder folder(options);
  const FeatureNetwork network({}, "cpu");
  const std::vector<std::uint64_t> choice = {2, 0};
  const PictureFeatures found = features_of(network, folder, choice, "features");
  PictureFeatures expected;
  for (const std::uint32_t i : {2U, 0U}) network.add_features(noise({8, 8}, 3, i + 1).pixels, {8, 8}, 3, expected);
  REQUIRE(found.values.size() == expected.values.size());
  for (std::size_t i = 0; i < found.values.size(); ++i) CHECK(std::abs(found.values[i] - expected.values[i]) < 1e-5F);
}

TEST_CASE("files that are no weights are refused") {
  const ScratchDirectory directory;
  put(directory / "text", "text");
  for (const std::string name : {"none", "text"})
    CHECK(contains(error_of(ExitCode::checkpoint, [&] { FeatureNetwork network(directory / name, "cpu"); }), name));
}
