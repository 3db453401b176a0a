#include "heed/image/score_report.h"

#include <sstream>

#include <nlohmann/json.hpp>

#include "catch.h"

namespace heed {
namespace {

ScoreProtocol protocol() {
  return {.network = "random features v1",
          .preparation = "as they are",
          .width = 512,
          .pictures = 1000,
          .reference_pictures = 50'000,
          .size = {48, 32},
          .channels = 3,
          .fit = "center-crop",
          .seed = 7};
}

const std::vector<PictureScore> kScores = {
    {.name = "rkid", .value = 0.0123456789, .deviation = 0.5, .decimals = 6, .method = "cubic kernel"},
    {.name = "rprecision", .value = 0.25, .decimals = 2, .method = "3 nearest neighbours"},
};

std::string lines_of(const std::vector<PictureScore>& scores, const ScoreProtocol& protocol) {
  std::ostringstream out;
  print_score_lines(scores, protocol, out);
  return out.str();
}

}  // namespace

TEST_CASE("each score has a line, with the protocol beside the number") {
  CHECK(lines_of(kScores, protocol()) ==
        "rkid       0.012346 +- 0.500000  (random features v1, 512 wide; 1,000 pictures against 50,000; 48x32 colour, "
        "center-crop, as they are; cubic kernel; seed 7)\n"
        "rprecision 0.25                  (random features v1, 512 wide; 1,000 pictures against 50,000; 48x32 colour, "
        "center-crop, as they are; 3 nearest neighbours; seed 7)\n");
  ScoreProtocol grey = protocol();
  grey.channels = 1;
  CHECK_THAT(lines_of(kScores, grey), Catch::Matchers::Contains("; 48x32 grey, center-crop, "));
  CHECK(lines_of({}, protocol()).empty());
}

TEST_CASE("as JSON each score holds the unrounded number and the protocol") {
  std::ostringstream out;
  print_score_json(kScores, protocol(), out);
  const auto scores = nlohmann::json::parse(out.str());
  REQUIRE(scores.size() == 2);
  CHECK(scores[0] == nlohmann::json{{"name", "rkid"},
                                    {"score", 0.0123456789},
                                    {"deviation", 0.5},
                                    {"network", "random features v1"},
                                    {"width", 512},
                                    {"pictures", 1000},
                                    {"reference_pictures", 50'000},
                                    {"size", "48x32"},
                                    {"channels", 3},
                                    {"fit", "center-crop"},
                                    {"preparation", "as they are"},
                                    {"method", "cubic kernel"},
                                    {"seed", 7}});
  CHECK(scores[1].at("name") == "rprecision");
  CHECK(scores[1].at("method") == "3 nearest neighbours");
  CHECK_FALSE(scores[1].contains("deviation"));
}

}  // namespace heed
