#include "heed/train/gan_options.h"

#include <algorithm>

#include "heed/base/fields_json.h"
#include "heed/base/require.h"
#include "heed/base/units.h"
#include "heed/train/saved_options.h"

namespace heed {
namespace {

// Settings that the weights or the choice of held-out pictures were made with.
bool is_frozen(const std::string& name) {
  static const std::set<std::string> frozen = {
      "preset",        "latent",          "class-dim", "g-width",  "g-max-width", "gate-res",
      "gate-channels", "extra-conv",      "attn-res",  "g-output", "d-width",     "d-max-width",
      "d-gate-res",    "d-gate-channels", "size",      "channels", "cond",        "d-extra-conv",
      "d-attn-res",    "spectral-norm",   "seed",      "init",     "held-out"};
  return frozen.contains(name);
}

bool is_momentary(const std::string& name) {
  return name == "restart" || name == "model" || name == "dry-run";
}

}  // namespace

void validate(const GanTrainOptions& o) {
  require_utf8(o);
  require(!o.images.data.empty(), "no pictures given: say --data FOLDER");
  require(!o.model.empty() || o.dry_run, "no model directory given: say --model DIR");
  const auto at_least = [&](const char* name, double value, double least) {
    require(value >= least, std::string(name) + " must be " + (least == 0 ? "0" : "1") + " or more");
  };
  at_least("batch", static_cast<double>(o.batch), 1);
  at_least("reg-every", static_cast<double>(o.reg_every), 1);
  at_least("d-steps", static_cast<double>(o.d_steps), 1);
  at_least("log-every", static_cast<double>(o.log_every), 1);
  at_least("gamma", o.gamma, 0);
  at_least("kimg", o.kimg, 0);
  at_least("max-updates", static_cast<double>(o.max_updates), 0);
  at_least("snap-every", static_cast<double>(o.snap_every), 0);
  at_least("save-every", static_cast<double>(o.save_every), 0);
  at_least("held-out", static_cast<double>(o.held_out), 0);
  at_least("ema-kimg", o.ema_kimg, 0);
  at_least("seed", static_cast<double>(o.seed), 0);
  require(o.batch <= 4096, "batch must be at most 4,096");
  require(o.d_steps <= 32, "d-steps must be at most 32");
  require(o.g_lr > 0 && o.d_lr > 0, "g-lr and d-lr must be above 0");
  require(o.final_lr >= 0 && o.final_lr <= 1, "final-lr must be 0 to 1");
  require(o.augment.p == kAugmentByCount || (o.augment.p >= 0 && o.augment.p <= 1),
          "aug-p must be 0 to 1, or -1 for a share by the number of pictures");
  require(o.ema_rampup > 0 && o.ema_rampup <= 1, "ema-rampup must be above 0 and at most 1");
  for (const double beta : {o.beta1, o.beta2})
    require(beta >= 0 && beta < 1, "adam-beta1 and adam-beta2 must be at least 0 and below 1");
  if (!o.max_time.empty()) parse_duration(o.max_time, "--max-time");
  (void)parse_picture_size(o.images.size, {.least = kShortestModelSide, .most = kLongestModelSide});
}

void apply_preset(GanTrainOptions& o, const std::set<std::string>& given, const ImageFolder& pictures) {
  const auto fill = [&](const char* name, auto& field, auto value) {
    if (!given.contains(name)) field = value;
  };
  const PictureSize size = pictures.picture_size();
  const int side = std::min(size.width, size.height);
  ImageFormat& format = o.networks.generator.image;
  format = {.channels = pictures.channels(),
            .height = size.height,
            .width = size.width,
            .classes = static_cast<std::int64_t>(pictures.class_names().size())};
  o.networks.discriminator.image = format;
  o.images.size = to_text(size);
  o.images.channels = pictures.channels() == 1   ? ChannelChoice::grey
                      : pictures.channels() == 3 ? ChannelChoice::rgb
                                                 : ChannelChoice::rgba;

  if (o.preset == GanPreset::automatic) o.preset = side > 48 ? GanPreset::medium : GanPreset::small;
  const bool tiny = o.preset == GanPreset::tiny, medium = o.preset == GanPreset::medium,
             classic = o.preset == GanPreset::classic;
  // The finest stage costs most of the time: the larger the pictures, the fewer channels it gets.
  fill("g-width", o.networks.generator.width, std::int64_t{tiny ? 16 : medium ? 24 : 32});
  fill("d-width", o.networks.discriminator.width, std::int64_t{tiny ? 16 : medium ? 24 : 32});
  fill("g-max-width", o.networks.generator.max_width, std::int64_t{tiny ? 64 : medium ? 192 : 128});
  fill("d-max-width", o.networks.discriminator.max_width, std::int64_t{tiny ? 64 : medium ? 192 : 128});
  fill("loss", o.loss, classic ? GanLoss::hinge : GanLoss::rpgan);
  fill("spectral-norm", o.networks.discriminator.spectral_norm, classic);
  // At tiny's rates a smaller one lets the discriminator win on some processors, and pictures of a class are all alike.
  fill("gamma", o.gamma, o.loss == GanLoss::wgan_gp ? 10.0 : classic ? 0.0 : tiny ? 3.0 : medium ? 2.0 : 1.0);
  fill("d-steps", o.d_steps, std::int64_t{classic ? 2 : 1});
  // Wider networks fall into one colour at higher rates.
  fill("g-lr", o.g_lr, classic ? 1e-4 : tiny ? 1e-3 : 3e-4);
  fill("d-lr", o.d_lr, classic ? 4e-4 : tiny ? 1e-3 : 3e-4);
  fill("batch", o.batch, std::int64_t{tiny ? 16 : 32});
  if (pictures.channels() == 1) fill("aug-color", o.augment.color, false);
  const auto is_given = [&](const char* name) { return given.contains(name); };
  if (!is_given("kimg") && !is_given("max-updates") && !is_given("max-time")) o.kimg = kDefaultKimg;
}

void settle_augmentation(GanTrainOptions& o, std::uint64_t pictures) {
  if (o.augment.p == kAugmentByCount) o.augment.p = diff_augment_probability(static_cast<std::int64_t>(pictures));
}

std::uint64_t held_out_count(const GanTrainOptions& o, std::uint64_t pictures) {
  return std::min(static_cast<std::uint64_t>(o.held_out), pictures / 10);
}

std::string merge_saved_options(GanTrainOptions& options, const std::set<std::string>& given, const std::string& saved,
                                const std::string& where) {
  // What was chosen for "auto" stands in the saved options; a size given in another way must mean the same.
  GanTrainOptions now = options;
  if (const auto size = parse_picture_size(options.images.size)) now.images.size = to_text(*size);
  MergedOptions merged =
      merged_options(fields_to_json(now), given, saved, where, options.model, {is_frozen, is_momentary});
  fields_from_json(options, merged.options, where);
  return std::move(merged.changes);
}

}  // namespace heed
