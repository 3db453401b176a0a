#include "heed/train/gan_metrics.h"

#include <map>
#include <sstream>

#include "catch.h"

namespace heed {
namespace {

// What a row says, by the name of its column.
std::map<std::string, std::string> named(const GanRow& row) {
  const std::vector<std::string> fields = row.fields();
  std::map<std::string, std::string> result;
  std::istringstream columns{std::string(kGanColumns)};
  std::size_t i = 0;
  for (std::string column; std::getline(columns, column, ','); ++i) {
    REQUIRE(i < fields.size());
    result[column] = fields[i];
  }
  REQUIRE(i == fields.size());
  return result;
}

}  // namespace

TEST_CASE("a row holds means over the updates since the last row") {
  GanRow row{.update = 40, .kimg = 1.28, .seconds = 12.345, .lr = 0.5};
  row.sums = {
      .d_loss = 3, .g_loss = 1, .penalty = 0.5, .real_logit = 8, .fake_logit = -4, .updates = 4, .penalties = 2};
  row.held_out_logit = 0.75;
  row.diversity = 0.5;
  row.images_per_second = 165.52;
  CHECK(named(row) == std::map<std::string, std::string>{{"update", "40"},
                                                         {"kimg", "1.28"},
                                                         {"seconds", "12.35"},
                                                         {"lr", "0.5"},
                                                         {"d_loss", "0.75"},
                                                         {"g_loss", "0.25"},
                                                         {"real_logit", "2"},
                                                         {"fake_logit", "-1"},
                                                         {"penalty", "0.25"},
                                                         {"held_out_logit", "0.75"},
                                                         {"diversity", "0.5"},
                                                         {"images_per_second", "165.5"}});
}

TEST_CASE("what was not measured is empty") {
  const auto row = named({.update = 1, .kimg = 0.016, .seconds = 1, .lr = 1, .sums = {.d_loss = 2, .updates = 1}});
  CHECK(row.at("d_loss") == "2");
  for (const char* column : {"penalty", "held_out_logit", "diversity", "images_per_second"})
    CHECK(row.at(column).empty());
  const auto nothing = named({});
  for (const char* column : {"d_loss", "g_loss", "real_logit", "fake_logit"}) CHECK(nothing.at(column).empty());
}

}  // namespace heed
