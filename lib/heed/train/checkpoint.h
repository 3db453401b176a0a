#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "heed/base/fields.h"
#include "heed/base/safetensors.h"
#include "heed/text/model_file.h"
#include "heed/train/optimizer.h"

/// The files of a run: `last.safetensors` (everything needed to go on), `last.1.safetensors` (the one before) and
/// `best.safetensors` (the weights to use). Each is one file and so one commit point.
namespace heed {

/// Where a run stands, besides its tensors. The only clock value is `seconds`.
struct RunState {
  std::int64_t update = 0;               ///< updates done, skipped ones included
  std::int64_t epoch = 0, sentence = 0;  ///< DataPosition of the next batch
  double seconds = 0;                    ///< of training, all starts together
  double lr_scale = 1;                   ///< halved by each roll-back
  std::int64_t rollbacks = 0, skipped = 0, non_finite_in_a_row = 0;
  bool has_best = false;
  double best_score = 0;  ///< higher is better (a loss is negated)
  std::int64_t best_update = 0;
  bool has_regular_best = false;
  double regular_best = 0;  ///< as best_score, without validations at the end of a start: what patience goes by
  std::int64_t validations_without_better = 0;
  std::int64_t validated_update = -1;  ///< of the last validation; a run is finished when that is `update`
  std::int64_t metrics_rows = 0;       ///< rows of metrics.csv that belong to this state
  double row_loss = 0;                 ///< summed since the last row
  std::int64_t row_tokens = 0;         ///< target tokens since the last row
  std::int64_t threads = 0;
  std::string precision, corpus;  ///< the choice made by `auto`; fingerprint of the training data
};

template <OptionsOf<RunState> State, class Visitor>
void visit_fields(State& s, Visitor&& visit) {
  visit("update", s.update, "");
  visit("epoch", s.epoch, "");
  visit("sentence", s.sentence, "");
  visit("seconds", s.seconds, "");
  visit("lr-scale", s.lr_scale, "");
  visit("rollbacks", s.rollbacks, "");
  visit("skipped", s.skipped, "");
  visit("non-finite-in-a-row", s.non_finite_in_a_row, "");
  visit("has-best", s.has_best, "");
  visit("best-score", s.best_score, "");
  visit("best-update", s.best_update, "");
  visit("has-regular-best", s.has_regular_best, "");
  visit("regular-best", s.regular_best, "");
  visit("validations-without-better", s.validations_without_better, "");
  visit("validated-update", s.validated_update, "");
  visit("metrics-rows", s.metrics_rows, "");
  visit("row-loss", s.row_loss, "");
  visit("row-tokens", s.row_tokens, "");
  visit("threads", s.threads, "");
  visit("precision", s.precision, "");
  visit("corpus", s.corpus, "");
}

/// What belongs into a checkpoint; everything is only pointed at.
struct CheckpointContent {
  const TransformerOptions& network;
  const Subwords &source, &target;
  const std::string& train_options;  ///< JSON
  const FlatParameters& parameters;
  const FlatParameters* average;  ///< nullptr: no average is kept
  const Adam& adam;
  const RunState& state;
};

/// Replaces `last`, keeping the one before as `last.1`. Throws Error(checkpoint); the old files are intact then.
void save_last(const std::filesystem::path& directory, const CheckpointContent& content);
/// Replaces `best` by `weights`, under the plain names.
void save_best(const std::filesystem::path& directory, const CheckpointContent& content, const FlatParameters& weights);

/// A run to go on with.
struct SavedRun {
  safetensors::File file;
  RunState state;
  std::string train_options;
};

/// The state in `directory`: `last`, or with a warning `last.1` when that is missing or damaged, which then takes the
/// place of `last`: the next save must not keep the damaged one as `last.1`. Nothing when there are neither;
/// Error(checkpoint) when there are some but none is readable: a run is never begun anew silently.
std::optional<SavedRun> open_last(const std::filesystem::path& directory);

/// Copies the tensors of a saved run. `average` may be nullptr.
void read_tensors(const SavedRun& run, FlatParameters& parameters, FlatParameters* average, Adam& adam);

}  // namespace heed
