#include "heed/train/gan_diagnosis.h"

#include "base/scratch.h"
#include "catch.h"

namespace heed {
namespace {

constexpr GanSigns kHealthy{
    .real_logit = 1, .fake_logit = -1, .training_logit = 1, .held_out_logit = 0.8, .has_held_out = true};

// All messages of so many rows that show the same.
std::vector<std::string> messages(GanDiagnosis& diagnosis, const GanSigns& signs, int rows) {
  std::vector<std::string> all;
  for (int i = 0; i < rows; ++i)
    for (std::string& message : diagnosis.row(signs)) all.push_back(std::move(message));
  return all;
}

}  // namespace

TEST_CASE("a healthy run is left in peace") {
  GanDiagnosis diagnosis;
  CHECK(messages(diagnosis, kHealthy, 200).empty());
}

TEST_CASE("each trouble is told once it lasts, with a flag, and not at every row") {
  GanSigns winning = kHealthy, collapsed = kHealthy, overfitted = kHealthy;
  winning.real_logit = 6, winning.fake_logit = -6, winning.held_out_logit = 6;
  collapsed.diversity = 0.1;
  overfitted.held_out_logit = -0.5;
  overfitted.augment_p = 0.15;
  const std::pair<GanSigns, std::vector<std::string>> cases[] = {
      {winning, {"discriminator wins", "12.0", "--gamma (now 1.00, try 4.00)", "--aug-p"}},
      {collapsed, {"repeats itself", "10 %", "--gamma", "--batch"}},
      {overfitted, {"by heart", "--aug-p (now 0.15)", "--mirror"}},
  };
  for (const auto& [signs, parts] : cases) {
    GanDiagnosis diagnosis;
    CHECK(messages(diagnosis, signs, 4).empty());
    const std::vector<std::string> told = messages(diagnosis, signs, 40);
    REQUIRE(told.size() == 1);
    for (const std::string& part : parts) {
      INFO(part);
      CHECK(contains(told.front(), part));
    }
    CHECK(messages(diagnosis, signs, 60).size() == 1);
  }
}

TEST_CASE("what is too sure, and what to try, depends on the loss and the penalty") {
  const auto told = [](GanLoss loss, double gap, double gamma = 1) {
    GanSigns signs = kHealthy;
    signs.loss = loss, signs.gamma = gamma, signs.diversity = 0.1;
    signs.real_logit = gap, signs.fake_logit = 0;
    GanDiagnosis diagnosis;
    std::string all;
    for (const std::string& message : messages(diagnosis, signs, 6)) all += message + "\n";
    return all;
  };
  CHECK_FALSE(contains(told(GanLoss::wgan_gp, 500), "discriminator wins"));
  CHECK_FALSE(contains(told(GanLoss::lsgan, 0.9), "discriminator wins"));
  CHECK(contains(told(GanLoss::lsgan, 0.99), "discriminator wins"));
  CHECK(contains(told(GanLoss::hinge, 9), "discriminator wins"));
  CHECK(contains(told(GanLoss::hinge, 0, 0), "--gamma (now 0.00, try 1.00)"));
  CHECK(contains(told(GanLoss::hinge, 0), "--loss rpgan"));
  CHECK_FALSE(contains(told(GanLoss::rpgan, 0), "--loss rpgan"));
}

TEST_CASE("trouble that comes and goes is not told") {
  GanDiagnosis diagnosis;
  GanSigns collapsed = kHealthy;
  collapsed.diversity = 0.1;
  for (int i = 0; i < 20; ++i) {
    CHECK(messages(diagnosis, collapsed, 4).empty());
    CHECK(messages(diagnosis, kHealthy, 1).empty());
  }
}

TEST_CASE("without pictures set aside nobody speaks of overfitting") {
  GanDiagnosis diagnosis;
  GanSigns signs = kHealthy;
  signs.held_out_logit = -9;
  signs.has_held_out = false;
  CHECK(messages(diagnosis, signs, 20).empty());
}

}  // namespace heed
