#include "heed/image/score_pictures.h"

#include <cmath>
#include <functional>
#include <numeric>
#include <sstream>

#include <nlohmann/json.hpp>

#include "heed/image/feature_statistics.h"
#include "heed/image/picture_features.h"

#include "catch.h"
#include "image/pictures.h"

namespace heed {
namespace {

using Catch::Matchers::Contains;

// Noise at `of_real`, and noise that is all in one corner of the bytes at `of_fake`.
class TwoFolders {
 public:
  TwoFolders() {
    for (std::uint32_t n = 0; n < 40; ++n) {
      put_picture(scratch_ / "real" / (std::to_string(100 + n) + ".png"), noise({12, 12}, 3, n));
      Picture darker = noise({12, 12}, 3, 1000 + n);
      for (std::uint8_t& value : darker.pixels) value /= 4;
      put_picture(scratch_ / "fake" / (std::to_string(100 + n) + ".png"), darker);
    }
    options.data = (scratch_ / "fake").string();
    options.ref = (scratch_ / "real").string();
    options.size = "12";
    options.metrics = {"kid", "pr"};
    options.json = true;
  }
  nlohmann::json scores() const {
    std::ostringstream out;
    score_pictures(options, "cpu", out);
    return nlohmann::json::parse(out.str());
  }
  std::string path(const std::string& name) const { return (scratch_ / name).string(); }

  PictureScoreOptions options;

 private:
  ScratchDirectory scratch_;
};

PictureFeatures all_features(const FeatureNetwork& network, const std::string& path) {
  ImageFolderOptions options;
  options.data = path;
  options.size = "12";
  options.channels = ChannelChoice::rgb;
  const ImageFolder folder(options);
  std::vector<std::uint64_t> indices(folder.size());
  std::iota(indices.begin(), indices.end(), 0);
  return features_of(network, folder, indices, "features");
}

}  // namespace

TEST_CASE("rkid is of features that the real pictures whiten") {
  const TwoFolders folders;
  const auto scores = folders.scores();
  const FeatureNetwork network({}, "cpu");
  PictureFeatures real = all_features(network, folders.path("real")),
                  fake = all_features(network, folders.path("fake"));
  const double unprepared = estimate_kid(real.table(), fake.table(), {}).value;
  const FeatureWhitening whitening = feature_whitening(real.table());
  whiten(real.values, whitening);
  whiten(fake.values, whitening);
  const KidEstimate expected = estimate_kid(real.table(), fake.table(), {});
  CHECK(scores.at(0).at("name") == "rkid");
  CHECK(scores.at(0).at("score").get<double>() == Approx(expected.value).epsilon(1e-4));
  CHECK(std::abs(unprepared / expected.value - 1) > 0.1);
  const PrecisionRecall neighbours = precision_recall(real.table(), fake.table());
  CHECK(scores.at(1).at("score") == neighbours.precision);
  CHECK(scores.at(2).at("score") == neighbours.recall);
  CHECK(scores.at(0).at("preparation") == network.preparation());
}

TEST_CASE("--n takes as many of each side, and the seed says which") {
  TwoFolders folders;
  folders.options.n = 20;
  const auto first = folders.scores();
  CHECK(first.at(0).at("pictures") == 20);
  CHECK(first.at(0).at("reference_pictures") == 20);
  CHECK(folders.scores() == first);
  folders.options.seed = 5;
  CHECK_FALSE(folders.scores().at(0).at("score") == first.at(0).at("score"));
}

TEST_CASE("what cannot be scored is refused before anything is read") {
  const auto refusal = [](const std::function<void(PictureScoreOptions&)>& change, ExitCode code = ExitCode::usage) {
    PictureScoreOptions options;
    options.data = "no/such/folder";
    options.ref = "no/such/reference";
    change(options);
    std::ostringstream out;
    return error_of(code, [&] { score_pictures(options, "cpu", out); });
  };
  CHECK_THAT(refusal([](auto& o) { o.ref.clear(); }), Contains("--ref"));
  CHECK_THAT(refusal([](auto& o) { o.data.clear(); }), Contains("--data FOLDER, or --model DIR"));
  CHECK_THAT(refusal([](auto& o) { o.model = "m"; }), Contains("one of them"));
  CHECK_THAT(refusal([](auto& o) { o.n = -1; }), Contains("n must be"));
  CHECK_THAT(refusal([](auto& o) { o.n = 1; }), Contains("--n 1: one picture is too few") && Contains("raise --n"));
  CHECK_THAT(refusal([](auto& o) { o.channels = ChannelChoice::rgba; }), Contains("--channels 4"));
  CHECK_THAT(refusal([](auto& o) { o.fit = Fit::random_crop; }), Contains("--fit random-crop"));
  CHECK_THAT(refusal([](auto& o) { o.stats_cache.clear(); }), Contains("--stats-cache"));
  CHECK_THAT(refusal([](auto& o) { o.metrics = {"fdi"}; }), Contains("fdi"));
  CHECK_THAT(refusal([](auto& o) { o.size = "3"; }), Contains("--size"));
  CHECK_THAT(refusal([](auto&) {}, ExitCode::data), Contains("no/such/reference"));
}

TEST_CASE("a score that was asked for by name is refused when there are too few pictures") {
  TwoFolders folders;
  folders.options.metrics = {"fid"};
  std::ostringstream out;
  const std::string message = error_of(ExitCode::data, [&] { score_pictures(folders.options, "cpu", out); });
  CHECK_THAT(message, Contains("rfid needs at least 512 pictures on each side") && Contains("--metrics kid"));
  CHECK(out.str().empty());
  folders.options.metrics = {"pr"};
  folders.options.n = 3;
  CHECK_THAT(error_of(ExitCode::usage, [&] { score_pictures(folders.options, "cpu", out); }),
             Contains("has 3 under --n 3; raise --n"));
}

}  // namespace heed
