#include "heed/train/seq2seq.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <ATen/ATen.h>
#include <c10/core/Device.h>
#include <torch/utils.h>

#include "heed/base/count_of.h"
#include "heed/base/error.h"
#include "heed/base/fields_json.h"
#include "heed/base/files.h"
#include "heed/base/log.h"
#include "heed/base/memory.h"
#include "heed/base/progress.h"
#include "heed/base/stage_timer.h"
#include "heed/base/stop_signal.h"
#include "heed/nn/layers.h"
#include "heed/nn/threads.h"
#include "heed/train/metrics_csv.h"
#include "heed/train/non_finite.h"
#include "heed/train/run.h"
#include "heed/train/run_directory.h"
#include "heed/train/seq2seq_checkpoint.h"
#include "heed/train/seq2seq_data.h"
#include "heed/train/seq2seq_metrics.h"
#include "heed/train/seq2seq_step.h"
#include "heed/train/validation.h"

namespace heed {
namespace {

double score_of(BestMetric metric, const ValidationScores& scores) {
  switch (metric) {
    case BestMetric::bleu:
      return scores.bleu;
    case BestMetric::chrf:
      return scores.chrf;
    case BestMetric::loss:
      break;
  }
  return -scores.loss;
}

// Why the run is over, or empty.
std::string reason_to_finish(const Seq2SeqTrainOptions& options, const Seq2SeqState& state) {
  if (std::string limit = reached_limit(options.max_updates, options.max_time, state); !limit.empty()) return limit;
  if (options.max_epochs > 0 && state.epoch >= options.max_epochs)
    return "--max-epochs " + std::to_string(options.max_epochs) + " reached";
  if (options.patience > 0 && state.validations_without_better >= options.patience)
    return std::to_string(state.validations_without_better) + " validations without a better one (--patience)";
  return {};
}

// After going back: the best on disk and the texts are what they were when the run failed.
void carry_over(Seq2SeqState& state, const Seq2SeqState& failed) {
  if (state.data != failed.data) state.sentence = 0;  // counts sentences of other text
  if (state.judged_by != failed.judged_by) {
    state.has_regular_best = false;
    state.validations_without_better = 0;
  }
  state.judged_by = failed.judged_by;
  state.has_best = failed.has_best;
  state.best_score = failed.best_score;
  state.best_update = failed.best_update;
}

void report_choices(const Seq2SeqTrainOptions& o, std::int64_t parameters, std::int64_t threads) {
  log::info("preset " + std::string(name_of(o.preset)) + ": " + describe(o.network) + ", vocabulary " +
            format_count(o.network.source_vocab) + ": " + format_count(parameters) + " weights");
  log::info("batches of " + format_count(o.batch_tokens * o.grad_accum) + " tokens, peak rate " +
            format_number(o.lr, 5) + " after " + format_count(o.warmup) + " updates, dropout " +
            format_number(o.network.dropout, 2) + ", " + std::string(name_of(o.precision)) + ", " +
            count_of(threads, "thread") + ", seed " + std::to_string(o.seed));
}

}  // namespace

int train_seq2seq(Seq2SeqTrainOptions& options, const TrainRun& run) {
  validate(options);
  const c10::Device device(run.device);
  RunClock clock;
  const RunDirectory run_directory(options.model);
  const std::filesystem::path& directory = run_directory.path();
  const StopSignal stop(kStopNotice);

  // What is there already
  std::optional<safetensors::File> saved;
  const bool begin_anew = std::exchange(options.restart, false);  // else config.toml would begin anew each time
  if (!begin_anew) refuse_lone_best(directory, "--init-from");
  log::also_to_file(directory / "train.log");
  if (!begin_anew) saved = open_last_seq2seq(directory);
  Seq2SeqState state;
  if (saved) {
    const std::string changes =
        merge_saved_options(options, run.given, saved->metadata("train_options"), saved->path().string());
    validate(options);
    state = read_state<Seq2SeqState>(*saved);
    if (!is_there(directory / "best.safetensors")) {
      state.has_best = false;
      state.validated_update = -1;
    }
    if (const std::string reason = reason_to_finish(options, state);
        !reason.empty() && state.validated_update == state.update) {
      note_finished_before(reason, state, changes);
      return 0;
    }
    note_changes(changes);
  }

  // Data, vocabulary, network
  const Seq2SeqData data = open_data(options);
  std::optional<TranslationModel> parent;
  if (!saved && !options.init_from.empty()) parent = load_translation_model(options.init_from);
  if (parent && !run.given.contains("arch")) options.network.arch = parent->network->options.arch;
  if (!saved) apply_preset(options, run.given, data.training->size());
  if (parent) {
    adopt_network(options, run.given, parent->network->options);
    validate(options);
  }
  const Vocabularies vocabularies = [&]() -> Vocabularies {
    if (saved) {
      auto [source, target] = read_subwords(*saved);
      return {source, target};
    }
    if (parent) return {parent->source, parent->target};
    return make_vocabularies(*data.training, options);
  }();
  settle_sampling(options.sampling, run.given, vocabularies);
  options.network.source_vocab = vocabularies.source.size();
  options.network.target_vocab = vocabularies.target.size();
  validate(options.network);
  if (saved) check_weights(*saved, options.network);
  if (!saved) report_data(data, vocabularies, options);
  const Shortlist shortlist =
      saved ? read_shortlist(*saved, options.network) : make_shortlist(data, vocabularies, options);
  const std::string judged_by = std::string(name_of(options.best_metric)) + " of " + fingerprint(data.validation);
  if (saved && state.judged_by != judged_by) {
    log::warning("the validation text or --best-metric has changed: the next validation counts as the best so far");
    state.has_best = state.has_regular_best = false;
    state.validations_without_better = 0;
  }
  state.judged_by = judged_by;
  torch::manual_seed(static_cast<std::uint64_t>(options.seed));
  const std::shared_ptr<Seq2SeqModel> network = make_seq2seq_model(options.network),
                                      average = make_seq2seq_model(options.network);
  network->to(device);
  average->to(device);
  average->eval();
  FlatParameters parameters(*network), averaged(*average, /*with_gradients=*/false);
  Adam adam(parameters, options.adam);
  if (parent) {
    const at::NoGradGuard no_grad;
    parameters.values.copy_(FlatParameters(*parent->network, false).values);
    parent.reset();
  }
  note_threads(state);
  const ThreadSplit split = split_threads(state.threads, options.batch_tokens, parameters.values.numel(), device);
  const ThreadCountGuard threads_each(static_cast<int>(split.threads));
  settle_precision(options.precision, state,
                   [&] { return measure_steps(options.network, options.batch_tokens / split.workers, device); });
  {
    const at::NoGradGuard no_grad;
    averaged.values.copy_(parameters.values);
  }
  RecentWeights recent;
  const std::string train_options = fields_to_json(options).dump();
  const Seq2SeqRun content{options.network,
                           vocabularies.source,
                           vocabularies.target,
                           shortlist,
                           train_options,
                           parameters,
                           options.ema > 0 ? &averaged : nullptr,
                           recent,
                           adam,
                           state};
  report_choices(options, parameters.values.numel(), state.threads);

  // Where the run stands
  const std::string corpus = std::to_string(data.training->fingerprint());
  if (saved) {
    read_tensors(*saved, parameters, options.ema > 0 ? &averaged : nullptr, adam);
    recent = read_recent(*saved, parameters, options.average - 1);
    saved.reset();
    log::info("going on from update " + format_count(state.update) + ", epoch " + std::to_string(state.epoch + 1));
    if (state.data != corpus) {
      log::warning("the training text has changed since the last start: epoch " + std::to_string(state.epoch + 1) +
                   " begins afresh");
      state.sentence = 0;
    }
  }
  state.data = corpus;
  const auto open_stream = [&] {
    return std::make_unique<BatchStream>(
        data.training, vocabularies.source, vocabularies.target,
        BatchOptions{options.batch_tokens, options.max_length, options.on_long,
                     static_cast<std::uint64_t>(options.seed), options.sampling},
        data.held_out,
        DataPosition{static_cast<std::uint64_t>(state.epoch), static_cast<std::uint64_t>(state.sentence)});
  };
  std::unique_ptr<BatchStream> stream = open_stream();  // before the first save: it refuses useless text
  write_file_atomically(directory / "config.toml", run.resolved_toml(), static_cast<int>(ExitCode::checkpoint));
  clock.set_before(state.seconds);
  const auto save = [&] {
    state.seconds = clock.seconds();
    save_last(directory, to_go_on(content));
  };
  if (state.update == 0) {
    save();
    if (begin_anew) remove_replaced_run(directory);
  }
  MetricsCsv metrics(directory / "metrics.csv", kSeq2SeqColumns, state.metrics_rows);

  const ComputeDtypeGuard compute(compute_dtype_of(options.precision));
  const Validator validator(data.validation, vocabularies.source, vocabularies.target, options.max_length,
                            options.batch_tokens, split.workers);

  // Validates, keeps the best. At the end of a start (`regular` false) patience is not touched, so that a run which
  // goes on later equals one that never stopped.
  const auto run_validation = [&](bool regular, Seq2SeqRow& row) {
    const at::NoGradGuard no_grad;
    if (options.ema == 0) averaged.values.copy_(parameters.values);
    const at::Tensor newest = averaged.values.clone();
    for (const at::Tensor& earlier : recent) averaged.values.add_(earlier);
    averaged.values.div_(static_cast<double>(recent.size() + 1));
    average->prepare_inference(compute_dtype());
    const ValidationScores scores = validator(*average, device);
    state.validated_update = state.update;
    row.valid_loss = scores.loss;
    row.valid_bleu = scores.bleu;
    row.valid_chrf = scores.chrf;
    const double score = score_of(options.best_metric, scores);
    const bool finite = std::isfinite(score), best = finite && (!state.has_best || score > state.best_score);
    log::info("update " + format_count(state.update) + ": validation loss " + format_number(scores.loss, 3) +
              ", perplexity " + format_number(scores.perplexity, 2) + ", BLEU " + format_number(scores.bleu, 2) +
              ", chrF " + format_number(scores.chrf, 2) + (best ? " (best so far)" : "") + scores.samples);
    if (scores.bleu == 0 && state.update >= 5 * options.valid_every)
      log::warning("BLEU is still 0: do both sides of the validation text belong together?");
    if (regular) {
      const bool better = finite && (!state.has_regular_best || score > state.regular_best);
      state.validations_without_better = better ? 0 : state.validations_without_better + 1;
      if (better) state.regular_best = score;
      state.has_regular_best = state.has_regular_best || better;
    }
    if (best) {
      state.best_score = score;
      state.best_update = state.update;
      state.has_best = true;
      save_best(directory, to_translate(content, averaged));
    }
    averaged.values.copy_(newest);  // the average of updates goes on from itself
    if (regular) recent.push_back(newest);
    if (std::ssize(recent) >= options.average) recent.pop_front();
  };

  Progress progress("training", options.max_updates);
  double row_seconds = 0;  // of updates since the last row, of this start
  std::int64_t timed_tokens = 0;
  StageTimer stages;  // of updates since the last row
  RunClock since_save;
  const auto rate_of = [&](std::int64_t update) {
    return options.lr * state.lr_scale *
           learning_rate_factor(options.lr_scheduler, update, options.warmup, options.max_updates);
  };
  const auto make_row = [&] {
    Seq2SeqRow row{.update = state.update,
                   .epoch = state.epoch + 1,
                   .seconds = clock.seconds(),
                   .lr = state.update > 0 ? rate_of(state.update) : 0};
    if (state.row_tokens > 0) row.train_loss = state.row_loss / static_cast<double>(state.row_tokens);
    if (row_seconds > 0) row.tokens_per_second = static_cast<double>(timed_tokens) / row_seconds;
    return row;
  };

  const LossOptions loss_options{static_cast<std::uint64_t>(options.seed), options.label_smoothing, options.r_drop};
  network->train();
  BatchGradients gradients(*network, parameters, split.workers, device);
  const auto compute_gradients = [&](std::span<const TokenBatch> batches) {
    try {
      return gradients.compute(batches, static_cast<std::uint64_t>(state.update + 1), loss_options, stages);
    } catch (const Error&) {  // out of memory, and nothing has changed since the last update
      if (!may_be_diverging(state)) {
        save();
        log::info("saved at update " + format_count(state.update));
      }
      throw;
    }
  };
  {
    const TokenBatch largest = stream->largest();  // tells at once, not after hours, whether memory is enough
    compute_gradients(std::span(&largest, 1));
    stages = StageTimer();
  }
  std::string reason;
  for (;;) {
    state.seconds = clock.seconds();
    reason = reason_to_finish(options, state);
    if (!reason.empty() || stop.received() != 0) break;

    // One update
    const RunClock update_clock;
    const std::int64_t update = state.update + 1;
    stages.enter("data");
    std::vector<TokenBatch> batches;
    while (std::ssize(batches) < options.grad_accum) batches.push_back(stream->next());
    const auto [loss, tokens] = compute_gradients(batches);
    state.epoch = static_cast<std::int64_t>(batches.back().next.epoch);
    state.sentence = static_cast<std::int64_t>(batches.back().next.sentence);
    stages.enter("optimizer");
    // The gradients are those of a sum over tokens; the optimizer divides them, in its own pass over them.
    const double norm = parameters.gradients.norm().item<double>() / static_cast<double>(tokens);
    state.update = update;
    if (!std::isfinite(loss) || !std::isfinite(norm)) {
      if (count_non_finite(state, directory, "a lower --lr, a longer --warmup, or --precision fp32") ==
          AfterNonFinite::skip)
        continue;
      const safetensors::File good = *open_last_seq2seq(directory);
      const Seq2SeqState failed = std::exchange(state, read_state<Seq2SeqState>(good));
      carry_over(state, failed);
      read_tensors(good, parameters, options.ema > 0 ? &averaged : nullptr, adam);
      recent = read_recent(good, parameters, options.average - 1);
      stream = open_stream();
      metrics = MetricsCsv(directory / "metrics.csv", kSeq2SeqColumns, state.metrics_rows);
      row_seconds = 0;
      timed_tokens = 0;
      note_roll_back(state, failed);
      continue;
    }
    state.non_finite_in_a_row = 0;
    const double clip = options.clip_norm > 0 ? std::max(1.0, norm / options.clip_norm) : 1;
    adam.step(parameters, rate_of(update), update, static_cast<double>(tokens) * clip, split.workers);
    if (options.ema > 0)
      for_slices(averaged.values.numel(), split.workers, [&](std::int64_t begin, std::int64_t count) {
        averaged.values.narrow(0, begin, count)
            .lerp_(parameters.values.narrow(0, begin, count), 1 - ema_decay(options.ema, update));
      });
    stages.leave();

    state.row_loss += loss;
    state.row_tokens += tokens;
    timed_tokens += tokens;
    row_seconds += update_clock.seconds();
    progress.update(update,
                    "loss " + format_number(loss / static_cast<double>(tokens), 2) + "  " +
                        format_count(static_cast<std::int64_t>(static_cast<double>(timed_tokens) / row_seconds)) +
                        " tokens/s  epoch " + std::to_string(state.epoch + 1));

    const bool validate_now = update % options.valid_every == 0;
    if (validate_now || update % options.log_every == 0) {
      log::debug("update " + format_count(update) + ": " + stages.take_report());
      Seq2SeqRow row = make_row();
      if (validate_now) run_validation(/*regular=*/true, row);
      metrics.append(row.fields());
      state.metrics_rows = metrics.rows();
      state.row_loss = row_seconds = 0;
      state.row_tokens = timed_tokens = 0;
    }
    const bool save_now =
        options.save_every > 0 ? update % options.save_every == 0 : since_save.seconds() > kSecondsBetweenSaves;
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
  if (state.validated_update != state.update) {
    Seq2SeqRow row = make_row();
    run_validation(/*regular=*/false, row);
    metrics.append(row.fields());
  }
  save();
  log::info("finished: " + reason + ". " +
            (state.has_best ? "Best at update " + format_count(state.best_update) : "No validation was finite") +
            ", peak memory " + format_count(static_cast<std::int64_t>(peak_memory_mb())) + " MB, " +
            format_duration(clock.seconds()));
  log::info("translate with:  translate --model " + options.model + " < TEXT");
  return 0;
}

}  // namespace heed
