#include "heed/train/gan_options.h"

#include <cmath>
#include <functional>

#include "heed/base/fields_json.h"
#include "heed/image/png.h"
#include "heed/train/gan_schedule.h"

#include "base/scratch.h"
#include "catch.h"

namespace heed {
namespace {

void write_pictures(const std::filesystem::path& folder, int count, int side, int channels = 3) {
  std::filesystem::create_directories(folder);
  for (int i = 0; i < count; ++i) {
    Picture picture({side, side}, channels);
    for (std::size_t p = 0; p < picture.pixels.size(); ++p)
      picture.pixels[p] = static_cast<std::uint8_t>(p * static_cast<std::size_t>(i + 7));
    write_png(folder / (std::to_string(i) + ".png"), picture);
  }
}

// The choices for a folder of such pictures.
GanTrainOptions chosen(int side, int channels = 3, const std::function<void(GanTrainOptions&)>& change = {},
                       const std::set<std::string>& given = {}) {
  const ScratchDirectory directory;
  write_pictures(directory / "a", 12, side, channels);
  write_pictures(directory / "b", 8, side, channels);
  GanTrainOptions options;
  options.images.data = directory.path();
  options.images.cond = true;
  if (change) change(options);
  apply_preset(options, given, ImageFolder(options.images));
  return options;
}

std::string refusal(const std::function<void(GanTrainOptions&)>& change) {
  GanTrainOptions options;
  options.images.data = "pictures";
  options.model = "m";
  change(options);
  return error_of(ExitCode::usage, [&] { validate(options); });
}

}  // namespace

TEST_CASE("small pictures get the small preset, larger ones the medium one") {
  const GanTrainOptions small = chosen(40), medium = chosen(70);
  CHECK(small.preset == GanPreset::small);
  CHECK(small.networks.generator.image.width == 32);
  CHECK(small.networks.generator.image.classes == 2);
  CHECK(small.networks.discriminator.image.classes == 2);
  CHECK(small.images.size == "32x32");
  CHECK(small.batch == 32);
  CHECK(held_out_count(small, 20) == 2);
  CHECK(small.kimg > 0);
  CHECK(small.loss == GanLoss::rpgan);
  CHECK(small.augment.p == kAugmentByCount);
  CHECK(medium.preset == GanPreset::medium);
  CHECK(medium.networks.generator.image.width == 64);
  CHECK(medium.networks.generator.width < small.networks.generator.width);
  CHECK(medium.gamma > small.gamma);
}

TEST_CASE("the tiny preset learns faster than the small one, and holds its discriminator back for it") {
  const GanTrainOptions small = chosen(32), tiny = chosen(32, 3, [](auto& o) { o.preset = GanPreset::tiny; });
  CHECK(tiny.networks.generator.width < small.networks.generator.width);
  CHECK(tiny.g_lr > small.g_lr);
  CHECK(tiny.d_lr > small.d_lr);
  CHECK(tiny.gamma > small.gamma);
}

TEST_CASE("grey pictures are not augmented in colour") {
  CHECK(chosen(32, 1).networks.generator.image.channels == 1);
  CHECK_FALSE(chosen(32, 1).augment.color);
  CHECK(chosen(32, 3).augment.color);
}

TEST_CASE("what the user said stays") {
  const GanTrainOptions options = chosen(32, 3,
                                         [](GanTrainOptions& o) {
                                           o.preset = GanPreset::classic;
                                           o.batch = 5;
                                           o.d_lr = 7e-3;
                                           o.augment.p = 0.9;
                                           o.max_updates = 10;
                                         },
                                         {"preset", "batch", "d-lr", "aug-p", "max-updates"});
  CHECK(options.batch == 5);
  CHECK(options.d_lr == 7e-3);
  CHECK(options.augment.p == 0.9);
  CHECK(options.kimg == 0);
  CHECK(options.loss == GanLoss::hinge);
  CHECK(options.networks.discriminator.spectral_norm);
  CHECK(options.gamma == 0);
}

TEST_CASE("what is chosen by the number of pictures stays what the user said, unless nothing was said") {
  GanTrainOptions options;
  CHECK(options.augment.p == kAugmentByCount);
  settle_augmentation(options, 20'000);
  CHECK(options.augment.p == diff_augment_probability(20'000));
  options.augment.p = 0;
  settle_augmentation(options, 20'000);
  CHECK(options.augment.p == 0);

  // The option is not changed: the same command must mean the same run again.
  CHECK(chosen(32).held_out == GanTrainOptions().held_out);
  CHECK(held_out_count(options, 20'000) == static_cast<std::uint64_t>(options.held_out));
  CHECK(held_out_count(options, 1'000) == 100);
}

TEST_CASE("a run has some length, unless one was refused") {
  CHECK(chosen(32).kimg == kDefaultKimg);
  CHECK(chosen(32, 3, {}, {"kimg"}).kimg == 0);
  CHECK(chosen(32, 3, [](auto& o) { o.max_time = "1m"; }, {"max-time"}).kimg == 0);
}

TEST_CASE("wgan-gp gets the penalty that it was published with") {
  const auto wgan = [](auto& o) { o.loss = GanLoss::wgan_gp; };
  CHECK(chosen(32, 3, wgan, {"loss"}).gamma == 10);
  CHECK(chosen(32).gamma == 1);
}

TEST_CASE("options that cannot be are refused by name") {
  CHECK(contains(refusal([](auto& o) { o.images.data.clear(); }), "--data"));
  CHECK(contains(refusal([](auto& o) { o.model.clear(); }), "--model"));
  CHECK(contains(refusal([](auto& o) { o.images.data = "caf\xE9"; }), "--data: 'caf\\xe9' is not UTF-8"));
  CHECK(contains(refusal([](auto& o) { o.batch = 0; }), "batch must"));
  CHECK(contains(refusal([](auto& o) { o.reg_every = 0; }), "reg-every must"));
  CHECK(contains(refusal([](auto& o) { o.d_steps = 33; }), "d-steps must"));
  CHECK(contains(refusal([](auto& o) { o.g_lr = 0; }), "g-lr"));
  CHECK(contains(refusal([](auto& o) { o.augment.p = 1.5; }), "aug-p"));
  CHECK(contains(refusal([](auto& o) { o.augment.p = -0.5; }), "aug-p"));
  CHECK(contains(refusal([](auto& o) { o.images.size = "4"; }), "--size: '4' is not a size"));
  CHECK(contains(refusal([](auto& o) { o.images.size = "64x2000"; }), "sides of 8 to 1,024"));
  CHECK(contains(refusal([](auto& o) { o.max_time = "soon"; }), "--max-time"));
  CHECK(contains(refusal([](auto& o) { o.images.size = "0"; }), "--size"));
  CHECK(contains(refusal([](auto& o) { o.beta2 = 1; }), "adam-beta"));
  GanTrainOptions dry;
  dry.images.data = "pictures";
  dry.dry_run = true;
  validate(dry);  // needs no directory
}

TEST_CASE("a run goes on with its settings; its shape stays") {
  GanTrainOptions saved = chosen(32);
  saved.batch = 16;
  const std::string text = fields_to_json(saved).dump();
  GanTrainOptions now = saved;
  now.batch = 64;
  now.d_lr = 5e-4;
  now.images.size = "32";
  now.model = "m";
  CHECK(contains(merge_saved_options(now, {"d-lr", "size"}, text, "last.safetensors"), "  d-lr: 0.0003 -> 0.0005"));
  CHECK(now.batch == 16);
  CHECK(now.d_lr == 5e-4);
  now.networks.generator.width = 8;
  now.seed = 2;
  const std::string message =
      error_of(ExitCode::usage, [&] { merge_saved_options(now, {"g-width", "seed"}, text, "last.safetensors"); });
  CHECK(contains(message, "g-width"));
  CHECK(contains(message, "seed"));
}

TEST_CASE("schedules end with the first limit") {
  GanTrainOptions options;
  options.batch = 50;
  options.d_steps = 2;
  GanState state;
  CHECK(planned_updates(options, state, {}) == 0);
  options.kimg = 1;
  CHECK(planned_updates(options, state, {}) == 10);
  options.max_updates = 7;
  CHECK(planned_updates(options, state, {}) == 7);
  options.max_time = "10s";
  CHECK(planned_updates(options, state, {}) == 7);  // nothing is known of the speed yet
  state.update = 2;
  state.seconds = 4;
  state.metrics_rows = 1;
  CHECK(planned_updates(options, state, {}) == 5);
  options = {};
  options.kimg = 1e300;
  CHECK(planned_updates(options, state, {}) == kMostCounted);
}

TEST_CASE("a plan by time waits for a row, and getting ready does not count as updates") {
  GanTrainOptions options;
  options.max_time = "100s";
  GanState state;
  const StartOfUpdates first{.update = 0, .seconds = 40};
  state.update = 1;
  state.seconds = 41;
  CHECK(planned_updates(options, state, first) == 0);
  state.update = 20;
  state.seconds = 50;
  state.metrics_rows = 1;
  CHECK(planned_updates(options, state, first) == 120);  // 100 more in the 50 s that are left

  // A second start: as fast as all before, until it has made updates of its own.
  const StartOfUpdates second{.update = 20, .seconds = 70};
  state.seconds = 70;
  CHECK(planned_updates(options, state, second) == 29);
  state.update = 40;
  state.seconds = 80;
  CHECK(planned_updates(options, state, second) == 80);
  state.seconds = 120;
  CHECK(planned_updates(options, state, second) == 40);
}

TEST_CASE("rates rise, then fall to their share") {
  GanTrainOptions options;
  options.final_lr = 0.2;
  GanState state;
  const auto factor = [&](std::int64_t update) {
    state.update = update;
    return rate_factor(options, state);
  };
  CHECK(factor(50) == Approx(0.5));
  CHECK(factor(5000) == 1);
  state.planned_updates = 2000;
  CHECK(factor(1) == Approx(0.01).epsilon(1e-3));
  CHECK(factor(1000) == Approx(0.6));
  CHECK(factor(2000) == Approx(0.2));
  CHECK(factor(3000) == Approx(0.2));
  state.planned_updates = 20;  // a short run rises in a tenth of its length
  CHECK(factor(2) > 0.9);
  state.lr_scale = 0.5;
  CHECK(factor(20) == Approx(0.1));
}

TEST_CASE("the average forgets its start soon and later slowly") {
  GanTrainOptions options;
  options.batch = 100;
  options.ema_kimg = 1;
  options.ema_rampup = 0.1;
  CHECK(average_decay(options, 100) == Approx(std::exp2(-10)));
  CHECK(average_decay(options, 10000) == Approx(std::exp2(-0.1)));
  CHECK(average_decay(options, 1000000) == Approx(std::exp2(-0.1)));
  options.ema_kimg = 0;
  CHECK(average_decay(options, 1000000) == 0);
}

}  // namespace heed
