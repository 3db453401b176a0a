#include "heed/train/gan.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <utility>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/Device.h>
#include <torch/utils.h>

#include "heed/base/count_of.h"
#include "heed/base/error.h"
#include "heed/base/fields_json.h"
#include "heed/base/files.h"
#include "heed/base/log.h"
#include "heed/base/memory.h"
#include "heed/base/progress.h"
#include "heed/base/stop_signal.h"
#include "heed/base/units.h"
#include "heed/nn/layers.h"
#include "heed/train/gan_checkpoint.h"
#include "heed/train/gan_diagnosis.h"
#include "heed/train/gan_forecast.h"
#include "heed/train/gan_metrics.h"
#include "heed/train/gan_schedule.h"
#include "heed/train/gan_snapshot.h"
#include "heed/train/gan_step.h"
#include "heed/train/metrics_csv.h"
#include "heed/train/non_finite.h"
#include "heed/train/run.h"
#include "heed/train/run_directory.h"

namespace heed {
namespace {

// Snapshots come quickly at first, when much changes, then ever more slowly: a film of about forty pictures an hour.
constexpr double kFirstSnapshot = 20, kSnapshotGrowth = 1.1;
constexpr std::int64_t kMeasuredPictures = 64;

std::string short_number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%g", value);
  return text;
}

// Why the run is over, or empty.
std::string reason_to_finish(const GanTrainOptions& options, const GanState& state) {
  if (options.kimg > 0 && static_cast<double>(state.images) >= options.kimg * 1000)
    return "--kimg " + short_number(options.kimg) + " reached";
  return reached_limit(options.max_updates, options.max_time, state);
}

// The limits of the run, in words.
std::string length_of(const GanTrainOptions& o) {
  std::string length;
  const auto add = [&](const std::string& limit) { length += (length.empty() ? "until " : " or ") + limit; };
  if (o.kimg > 0) add(short_number(o.kimg) + " kimg");
  if (o.max_updates > 0) add(format_count(o.max_updates) + " updates");
  if (!o.max_time.empty()) add(o.max_time);
  return length.empty() ? "until it is stopped" : length;
}

void report_choices(const GanTrainOptions& o, const GanNetworks& networks) {
  const ImageFormat& image = o.networks.generator.image;
  log::info("preset " + std::string(name_of(o.preset)) + ": pictures of " + std::to_string(image.width) + "x" +
            std::to_string(image.height) + ", " + std::to_string(image.channels) + " channels, " +
            (image.classes > 0 ? std::to_string(image.classes) + " classes" : std::string("no classes")) +
            "; generator of width " + std::to_string(o.networks.generator.width) + ", " +
            format_count(networks.generator_parameters.values.numel()) + " weights; discriminator of width " +
            std::to_string(o.networks.discriminator.width) + ", " +
            format_count(networks.discriminator_parameters.values.numel()));
  log::info("loss " + std::string(name_of(o.loss)) + ", gamma " + short_number(o.gamma) + " every " +
            std::to_string(o.reg_every) + " updates, rates " + short_number(o.g_lr) + " and " + short_number(o.d_lr) +
            ", batch " + std::to_string(o.batch) + ", augmentation of " + format_number(100 * o.augment.p, 0) + " %, " +
            std::string(name_of(o.precision)) + ", " + count_of(at::get_num_threads(), "thread") + ", seed " +
            std::to_string(o.seed) + "; " + length_of(o));
}

void report_forecast(const GanForecast& forecast, const GanTrainOptions& options) {
  log::info("generator " + format_count(forecast.generator_weights) + " weights, discriminator " +
            format_count(forecast.discriminator_weights));
  log::info("1,000 pictures take " + format_number(forecast.seconds_per_kimg, 1) + " s (" +
            format_number(1000 / forecast.seconds_per_kimg, 1) + " a second); peak memory " +
            format_count(static_cast<std::int64_t>(forecast.peak_memory_mb)) + " MB");
  if (options.gamma > 0)
    log::info("an update of " + std::to_string(options.batch) + " pictures takes " +
              format_number(forecast.plain_update, 3) + " s, one with gradient penalties " +
              format_number(forecast.penalised_update, 3) + " s (one in " + std::to_string(options.reg_every) + ")");
  if (options.kimg > 0)
    log::info("--kimg " + short_number(options.kimg) + " would take " +
              format_duration(options.kimg * forecast.seconds_per_kimg));
  if (!options.max_time.empty())
    log::info("--max-time " + options.max_time + " is enough for " +
              format_number(parse_duration(options.max_time, "--max-time") / forecast.seconds_per_kimg, 0) + " kimg");
}

// How far apart pictures are on average; what generated ones are compared with.
double real_distance(const ImageFolder& folder, const std::vector<std::uint64_t>& pictures) {
  return mean_distance(read_pictures(folder, spread(pictures, kMeasuredPictures), at::kCPU).images);
}

}  // namespace

int train_gan(GanTrainOptions& options, const TrainRun& run) {
  validate(options);
  const c10::Device device(run.device);
  if (options.dry_run) {
    const ImageFolder folder(options.images);
    apply_preset(options, run.given, folder);
    settle_augmentation(options, folder.size());
    validate(options.networks);
    log::info(folder.report().to_text());
    const PictureSplit split = split_pictures(folder.size(), 0, 0);
    const PictureBatches batches(folder, split.training, static_cast<std::uint64_t>(options.seed), device);
    if (options.precision == Precision::automatic)
      options.precision = choose_precision(measure_gan_steps(options, batches, device));
    report_forecast(forecast_gan(options, batches, device), options);
    return 0;
  }
  RunClock clock;
  const RunDirectory run_directory(options.model);
  const std::filesystem::path& directory = run_directory.path();
  const StopSignal stop(kStopNotice);

  // What is there already
  std::optional<safetensors::File> saved;
  const bool begin_anew = std::exchange(options.restart, false);  // else config.toml would begin anew each time
  if (!begin_anew) refuse_lone_best(directory, "--init");
  log::also_to_file(directory / "train.log");
  if (!begin_anew) saved = open_last_gan(directory);
  GanState state;
  if (saved) {
    const std::string changes =
        merge_saved_options(options, run.given, saved->metadata("train_options"), saved->path().string());
    validate(options);
    state = read_state<GanState>(*saved);
    if (!is_there(directory / "best.safetensors")) state.finished_update = state.snapshot_update = -1;
    if (const std::string reason = reason_to_finish(options, state);
        !reason.empty() && state.finished_update == state.update) {
      note_finished_before(reason, state, changes);
      return 0;
    }
    note_changes(changes);
  }
  std::optional<InitialModel> parent;
  if (!saved && !options.init.empty()) parent.emplace(options.init);

  // Pictures and networks
  const ImageFolder folder(options.images, directory / "cache");
  if (!saved) apply_preset(options, run.given, folder);
  if (!saved) log::info(folder.report().to_text());
  settle_augmentation(options, folder.size());
  const PictureSplit split =
      split_pictures(folder.size(), held_out_count(options, folder.size()), static_cast<std::uint64_t>(options.seed));
  const PictureBatches batches(folder, split.training, static_cast<std::uint64_t>(options.seed), device);
  options.networks.generator.image = {.channels = folder.channels(),
                                      .height = folder.picture_size().height,
                                      .width = folder.picture_size().width,
                                      .classes = static_cast<std::int64_t>(folder.class_names().size())};
  options.networks.discriminator.image = options.networks.generator.image;
  validate(options.networks);
  if (parent) parent->require_shape(options.networks);
  if (saved && class_names_in(*saved) != folder.class_names())
    throw data_error(options.images.data + ": has other classes than the run in " + options.model +
                     " was begun with: go on with those pictures, or say --restart");
  if (saved) check_weights(*saved, options.networks);
  settle_precision(options.precision, state, [&] { return measure_gan_steps(options, batches, device); });

  torch::manual_seed(static_cast<std::uint64_t>(options.seed));
  GanNetworks networks(options.networks,
                       {.kind = OptimizerKind::adam, .beta1 = options.beta1, .beta2 = options.beta2, .epsilon = 1e-8},
                       device);
  if (parent) parent->read_weights(networks);
  parent.reset();
  const std::string train_options = fields_to_json(options).dump();
  const GanRun content{options.networks, folder.class_names(), train_options, state};
  report_choices(options, networks);

  // Where the run stands
  const std::string data = std::to_string(folder.fingerprint());
  if (saved) {
    read_tensors(*saved, networks);
    saved.reset();
    log::info("going on from update " + format_count(state.update) + ", " +
              format_number(static_cast<double>(state.images) / 1000, 1) + " kimg");
    if (state.data != data) log::warning("the pictures have changed since the last start");
  }
  state.data = data;
  note_threads(state);
  write_file_atomically(directory / "config.toml", run.resolved_toml(), static_cast<int>(ExitCode::checkpoint));
  clock.set_before(state.seconds);
  const auto save = [&] {
    state.seconds = clock.seconds();
    save_last(directory, to_go_on(networks, content));
  };
  GanSnapshots snapshots(directory, networks.average, folder, split.training, device);
  if (state.update == 0) {
    save();
    if (begin_anew) {
      remove_replaced_run(directory);
      snapshots.clear();
    }
    snapshots.write_real();
  }
  snapshots.forget_after(state.update);
  MetricsCsv metrics(directory / "metrics.csv", kGanColumns, state.metrics_rows);
  MetricsCsv samples(directory / "samples.csv", kSamplesColumns, state.snapshots);

  const ComputeDtypeGuard compute(compute_dtype_of(options.precision));
  GanSteps steps(networks.generator, networks.discriminator, options, device);
  if (options.gamma > 0) {  // tells at once whether memory is enough for a step with penalties
    networks.discriminator->eval();
    steps.discriminator_backward(batches.at(static_cast<std::uint64_t>(state.images), options.batch), 0, 1, true);
    networks.discriminator->train();
  }
  GanDiagnosis diagnosis;
  const double distance_of_real = real_distance(folder, split.training);
  const bool has_held_out = !split.held_out.empty();
  const auto measured = [&](const std::vector<std::uint64_t>& pictures) {
    return has_held_out ? read_pictures(folder, spread(pictures, kMeasuredPictures), device) : PictureBatch{};
  };
  const PictureBatch held_out = measured(split.held_out), trained_on = measured(split.training);

  double row_seconds = 0;  // of updates since the last row, of this start
  std::int64_t timed_images = 0;
  const auto kimg = [&] { return static_cast<double>(state.images) / 1000; };
  const auto write_row = [&] {
    GanRow row{.update = state.update,
               .kimg = kimg(),
               .seconds = clock.seconds(),
               .lr = options.g_lr * rate_factor(options, state),
               .sums = state.sums};
    const at::NoGradGuard no_grad;
    GanSigns signs{.loss = options.loss, .gamma = options.gamma, .augment_p = options.augment.p};
    if (has_held_out) {
      const auto logit_of = [&](const PictureBatch& pictures) {
        return networks.discriminator(pictures.images, pictures.classes).mean().item<double>();
      };
      networks.discriminator->eval();  // spectral norm stands still
      signs.held_out_logit = logit_of(held_out);
      signs.training_logit = logit_of(trained_on);
      networks.discriminator->train();
      signs.has_held_out = true;
      row.held_out_logit = signs.held_out_logit;
    }
    const PictureBatch like = batches.at(0, kMeasuredPictures);
    const ExampleDraws draws{static_cast<std::uint64_t>(options.seed), 0, 0, like.examples};
    const at::Tensor latents = random_latents(draws, options.networks.generator.latent).to(device);
    signs.diversity = mean_distance(networks.average(latents, like.classes)) / std::max(distance_of_real, 1e-6);
    row.diversity = signs.diversity;
    if (row_seconds > 0) row.images_per_second = static_cast<double>(timed_images) / row_seconds;
    metrics.append(row.fields());
    if (state.sums.updates > 0) {
      signs.real_logit = state.sums.real_logit / static_cast<double>(state.sums.updates);
      signs.fake_logit = state.sums.fake_logit / static_cast<double>(state.sums.updates);
      for (const std::string& message : diagnosis.row(signs)) log::warning(message);
    }
    state.metrics_rows = metrics.rows();
    state.sums = {};
    row_seconds = 0;
    timed_images = 0;
  };
  const auto snapshot = [&] {
    state.snapshot_update = state.update;
    const auto path = snapshots.write_samples(state.update);
    const std::optional<double> rkid = snapshots.rkid();
    samples.append({std::to_string(state.update), exact(kimg()), format_number(clock.seconds(), 2), exact(rkid),
                    path.filename().string()});
    state.snapshots = samples.rows();
    save_best(directory, to_sample(networks, content));
    log::info(format_number(kimg(), 1) + " kimg: samples in " + path.string() +
              (rkid ? ", rkid " + format_number(*rkid, 4) + " (" + snapshots.protocol() + ")" : ""));
  };

  Progress progress("training", 0);
  RunClock since_save;
  double next_snapshot = std::max(kFirstSnapshot, state.seconds * kSnapshotGrowth);
  std::string reason;
  StartOfUpdates start{state.update, clock.seconds()};
  for (;;) {
    state.seconds = clock.seconds();
    reason = reason_to_finish(options, state);
    if (!reason.empty() || stop.received() != 0) break;
    // Under --max-time the plan follows the speed, row by row; otherwise it stands from the first update.
    if (options.max_time.empty() || state.sums.updates == 0 || state.update == start.update)
      state.planned_updates = planned_updates(options, state, start);

    // One update
    const RunClock update_clock;
    ++state.update;
    const auto update = static_cast<std::uint64_t>(state.update);
    const double factor = rate_factor(options, state);
    PictureBatch real;
    DiscriminatorStep shown;
    double g_loss = 0, penalty = 0;
    std::int64_t penalties = 0;
    bool finite = true;
    for (std::int64_t step = 1; finite && step <= options.d_steps; ++step) {
      real = batches.at(static_cast<std::uint64_t>(state.images), options.batch);
      state.images += options.batch;
      networks.discriminator_parameters.gradients.zero_();
      shown = steps.discriminator_backward(real, update, static_cast<std::uint64_t>(step),
                                           step == 1 && state.update % options.reg_every == 0);
      finite = std::isfinite(networks.discriminator_parameters.gradients.norm().item<double>() + shown.loss);
      if (finite)
        networks.discriminator_adam.step(networks.discriminator_parameters, options.d_lr * factor,
                                         (state.update - 1) * options.d_steps + step);
      penalty += shown.penalty;
      penalties += shown.penalised;
    }
    if (finite) {
      networks.generator_parameters.gradients.zero_();
      g_loss = steps.generator_backward(real, update);
      finite = std::isfinite(networks.generator_parameters.gradients.norm().item<double>() + g_loss);
    }
    if (!finite) {
      if (count_non_finite(state, directory, "lower --g-lr and --d-lr, a higher --gamma, or --precision fp32") ==
          AfterNonFinite::skip)
        continue;
      const safetensors::File good = *open_last_gan(directory);
      const GanState failed = std::exchange(state, read_state<GanState>(good));
      read_tensors(good, networks);
      metrics = MetricsCsv(directory / "metrics.csv", kGanColumns, state.metrics_rows);
      samples = MetricsCsv(directory / "samples.csv", kSamplesColumns, state.snapshots);
      snapshots.forget_after(state.update);
      row_seconds = 0;
      timed_images = 0;
      start = {state.update, clock.seconds()};
      note_roll_back(state, failed);
      continue;
    }
    state.non_finite_in_a_row = 0;
    networks.generator_adam.step(networks.generator_parameters, options.g_lr * factor, state.update);
    {
      const at::NoGradGuard no_grad;
      networks.average_parameters.values.lerp_(networks.generator_parameters.values,
                                               1 - average_decay(options, state.images));
    }

    state.sums.d_loss += shown.loss;
    state.sums.g_loss += g_loss;
    state.sums.penalty += penalty;
    state.sums.penalties += penalties;
    state.sums.real_logit += shown.real_logit;
    state.sums.fake_logit += shown.fake_logit;
    ++state.sums.updates;
    timed_images += options.batch * options.d_steps;
    row_seconds += update_clock.seconds();
    const auto updates_left = static_cast<double>(std::max<std::int64_t>(0, state.planned_updates - state.update));
    const double left =
        state.planned_updates > 0 ? clock.seconds() / static_cast<double>(state.update) * updates_left : -1;
    progress.update(state.update,
                    format_number(kimg(), 1) + " kimg  D " + format_number(shown.loss, 2) + "  G " +
                        format_number(g_loss, 2) + "  " +
                        format_number(static_cast<double>(timed_images) / row_seconds, 1) + " images/s",
                    left);

    if (state.update % options.log_every == 0) write_row();
    const bool snap_now =
        options.snap_every > 0 ? state.update % options.snap_every == 0 : clock.seconds() > next_snapshot;
    if (snap_now) {
      snapshot();
      next_snapshot = std::max(clock.seconds() + kFirstSnapshot, clock.seconds() * kSnapshotGrowth);
    }
    const bool save_now =
        options.save_every > 0 ? state.update % options.save_every == 0 : since_save.seconds() > kSecondsBetweenSaves;
    if (save_now) {
      save();
      since_save = {};
    }
  }
  progress.finish();

  if (may_be_diverging(state)) return note_unsaved(reason, stop, state, directory);
  if (stop.received() != 0 && reason.empty()) {
    save();
    return note_stopped(stop, state);
  }
  if (state.finished_update != state.update) {
    if (state.sums.updates > 0) write_row();
    save();  // first: what follows writes pictures, for which the disk may be too full
    if (state.snapshot_update != state.update) snapshot();
    snapshots.write_film();
    state.finished_update = state.update;
  }
  save();
  log::info("finished: " + reason + ", " + format_number(kimg(), 1) + " kimg, peak memory " +
            format_count(static_cast<std::int64_t>(peak_memory_mb())) + " MB, " + format_duration(clock.seconds()));
  log::info("draw pictures with:  sample --model " + options.model + " --n 64 --grid 8x8 --output grid.png");
  return 0;
}

}  // namespace heed
