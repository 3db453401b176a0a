#pragma once

#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "heed/base/fields.h"
#include "heed/image/image_folder.h"
#include "heed/image/picture_networks.h"
#include "heed/nn/diff_augment_options.h"
#include "heed/nn/gan_loss_kind.h"
#include "heed/train/precision_kind.h"

namespace heed {

/// Named sets of defaults; `automatic` goes by the size of the pictures.
enum class GanPreset { automatic, tiny, small, medium, classic };
inline std::span<const std::string_view> enum_names(GanPreset) {
  static constexpr std::string_view names[] = {"auto", "tiny", "small", "medium", "classic"};
  return names;
}

/// A share of augmented pictures that is chosen by their number.
inline constexpr double kAugmentByCount = -1;
/// Length of a run that is given no limit of its own.
inline constexpr double kDefaultKimg = 400;

/// What the program `gan-train` is told. 0 in a limit means: no such limit.
struct GanTrainOptions {
  ImageFolderOptions images;
  std::string model, init;
  bool restart = false, dry_run = false;

  GanPreset preset = GanPreset::automatic;
  PictureNetworks networks;

  GanLoss loss = GanLoss::rpgan;
  double gamma = 1;  ///< R1 and R2 weight
  bool r2 = true;
  std::int64_t reg_every = 8, d_steps = 1;
  DiffAugmentOptions augment{.p = kAugmentByCount};

  std::int64_t batch = 32;  ///< where minutes count, many updates of few pictures teach more than few of many
  double g_lr = 3e-4, d_lr = 3e-4, final_lr = 0.1, beta1 = 0, beta2 = 0.99;
  double ema_kimg = 10, ema_rampup = 0.05;
  Precision precision = Precision::automatic;
  std::int64_t seed = 1;

  double kimg = 0;
  std::int64_t max_updates = 0;
  std::string max_time;
  std::int64_t snap_every = 0, save_every = 0, log_every = 20, held_out = 500;
};

template <OptionsOf<GanTrainOptions> Options, class Visitor>
void visit_fields(Options& o, Visitor&& visit) {
  visit_fields(o.images, visit);
  visit("model", o.model, "directory of the model; a run that was stopped there goes on");
  visit("init", o.init, "start from the weights of another model of the same shape");
  visit("restart", o.restart, "start over in a directory that holds a run");
  visit("dry-run", o.dry_run, "print sizes, memory and time that training will take, from a few trial steps, and stop");
  visit("preset", o.preset, "set of defaults for shape and training (auto: by the size of the pictures)");
  visit_fields(o.networks.generator, visit);
  visit_fields(o.networks.discriminator, visit);
  visit("loss", o.loss, "what both networks minimise");
  visit("gamma", o.gamma, "weight of the gradient penalty (R1, and R2 with --r2; 10 is usual for wgan-gp; 0 = off)");
  visit("r2", o.r2, "penalise the gradient at generated pictures too");
  visit("reg-every", o.reg_every, "updates between gradient penalties, each then weighs as many times more");
  visit("d-steps", o.d_steps, "discriminator steps per generator step");
  visit_fields(o.augment, visit);
  visit("batch", o.batch, "pictures per step");
  visit("g-lr", o.g_lr, "generator: learning rate");
  visit("d-lr", o.d_lr, "discriminator: learning rate");
  visit("final-lr", o.final_lr, "share of the rates that is left at the end (half a cosine leads there)");
  visit("adam-beta1", o.beta1, "decay of the mean of gradients");
  visit("adam-beta2", o.beta2, "decay of the mean of their squares");
  visit("ema-kimg", o.ema_kimg,
        "half-life of the average of the generator's weights, in thousands of pictures (0 = off)");
  visit("ema-rampup", o.ema_rampup, "that half-life is at most this share of the pictures seen");
  visit("precision", o.precision, "number type of convolutions and matrix products (auto: measured once, then kept)");
  visit("seed", o.seed, "of everything random");
  visit("kimg", o.kimg, "stop after so many thousand pictures (0 = no limit; 400 when no limit is given at all)");
  visit("max-updates", o.max_updates, "stop after so many updates (0 = no limit)");
  visit("max-time", o.max_time, "stop after so much training, all starts together: 90s, 10m, 1.5h (empty = no limit)");
  visit("snap-every", o.snap_every, "updates between sample pictures (0 = soon at first, then ever more slowly)");
  visit("save-every", o.save_every, "updates between saves (0 = every ten minutes)");
  visit("log-every", o.log_every, "updates between rows of metrics.csv");
  visit("held-out", o.held_out, "pictures that are set aside to see overfitting (at most a tenth)");
}

/// Throws Error(usage) naming what is wrong and what to use instead.
void validate(const GanTrainOptions& options);

/// Fills what depends on the pictures: image format, preset, budget. Fields whose names are in `given` are left alone.
void apply_preset(GanTrainOptions& options, const std::set<std::string>& given, const ImageFolder& pictures);

/// Replaces kAugmentByCount by the share for so many pictures.
void settle_augmentation(GanTrainOptions& options, std::uint64_t pictures);

/// How many of so many pictures are set aside: --held-out, but at most a tenth.
std::uint64_t held_out_count(const GanTrainOptions& options, std::uint64_t pictures);

/// As for seq2seq-train: continues with the options of the run that was saved.
std::string merge_saved_options(GanTrainOptions& options, const std::set<std::string>& given, const std::string& saved,
                                const std::string& where);

}  // namespace heed
