#include "heed/image/feature_cache.h"

#include <limits>

#include "base/scratch.h"
#include "catch.h"

using namespace heed;

namespace {

constexpr FeatureCacheKey kKey{.pictures = 11, .network = 22, .count = 2, .width = 3};
const PictureFeatures kFeatures{{1, 2, 3, -4, 0.5F, 6}, 3};

}  // namespace

TEST_CASE("features are kept for the same pictures and network alone") {
  const ScratchDirectory directory;
  const auto path = directory / "features.safetensors";
  CHECK_FALSE(read_feature_cache(path, kKey));
  write_feature_cache(path, kKey, kFeatures);
  const auto found = read_feature_cache(path, kKey);
  REQUIRE(found);
  CHECK(found->values == kFeatures.values);
  CHECK(found->width == 3);
  CHECK(found->table().count() == 2);
  for (const FeatureCacheKey other : {FeatureCacheKey{12, 22, 2, 3}, FeatureCacheKey{11, 23, 2, 3},
                                      FeatureCacheKey{11, 22, 3, 2}, FeatureCacheKey{11, 22, 1, 6}})
    CHECK_FALSE(read_feature_cache(path, other));
}

TEST_CASE("damaged features are not used") {
  const ScratchDirectory directory;
  const auto path = directory / "features.safetensors";
  write_feature_cache(path, kKey, kFeatures);
  std::string bytes = get(path);
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  put(path, bytes);
  CHECK_FALSE(read_feature_cache(path, kKey));
  put(path, "text");
  CHECK_FALSE(read_feature_cache(path, kKey));
  PictureFeatures odd = kFeatures;
  odd.values[4] = std::numeric_limits<float>::quiet_NaN();
  write_feature_cache(path, kKey, odd);
  CHECK_FALSE(read_feature_cache(path, kKey));
}

TEST_CASE("a place that cannot be written is no error") {
  const ScratchDirectory directory;
  write_feature_cache(directory / "no/such/folder/file", kKey, kFeatures);
  CHECK(directory.names().empty());
}
