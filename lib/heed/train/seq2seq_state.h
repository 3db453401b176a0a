#pragma once

#include <cstdint>
#include <string>

#include "heed/train/run_state.h"

namespace heed {

struct Seq2SeqState : RunState {
  std::int64_t epoch = 0, sentence = 0;  ///< DataPosition of the next batch
  bool has_best = false;
  double best_score = 0;  ///< higher is better (a loss is negated)
  std::int64_t best_update = 0;
  bool has_regular_best = false;
  double regular_best = 0;  ///< as best_score, without validations at the end of a start: what patience goes by
  std::int64_t validations_without_better = 0;
  std::string judged_by;               ///< metric and fingerprint of the pairs that these scores are of
  std::int64_t validated_update = -1;  ///< of the last validation; a run is finished when that is `update`
  double row_loss = 0;                 ///< summed since the last row of metrics.csv
  std::int64_t row_tokens = 0;         ///< target tokens since that row
};

template <OptionsOf<Seq2SeqState> State, class Visitor>
void visit_fields(State& s, Visitor&& visit) {
  visit_run_fields(s, visit);
  visit("epoch", s.epoch, "");
  visit("sentence", s.sentence, "");
  visit("has-best", s.has_best, "");
  visit("best-score", s.best_score, "");
  visit("best-update", s.best_update, "");
  visit("has-regular-best", s.has_regular_best, "");
  visit("regular-best", s.regular_best, "");
  visit("validations-without-better", s.validations_without_better, "");
  visit("judged-by", s.judged_by, "");
  visit("validated-update", s.validated_update, "");
  visit("row-loss", s.row_loss, "");
  visit("row-tokens", s.row_tokens, "");
}

}  // namespace heed
