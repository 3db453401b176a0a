#pragma once

#include <cstdint>

#include "heed/train/run_state.h"

namespace heed {

/// Sums since the last row of metrics.csv; one entry per update unless said otherwise.
struct GanSums {
  double d_loss = 0, g_loss = 0, penalty = 0;
  double real_logit = 0, fake_logit = 0;
  std::int64_t updates = 0, penalties = 0;
};

struct GanState : RunState {
  std::int64_t images = 0;            ///< real pictures shown
  std::int64_t planned_updates = 0;   ///< length of the run that the schedules are made for
  std::int64_t snapshots = 0;         ///< rows of samples.csv
  std::int64_t snapshot_update = -1;  ///< of the newest sample picture
  std::int64_t finished_update = -1;  ///< where the run was finished
  GanSums sums;
};

template <OptionsOf<GanState> State, class Visitor>
void visit_fields(State& s, Visitor&& visit) {
  visit_run_fields(s, visit);
  visit("images", s.images, "");
  visit("planned-updates", s.planned_updates, "");
  visit("snapshots", s.snapshots, "");
  visit("snapshot-update", s.snapshot_update, "");
  visit("finished-update", s.finished_update, "");
  visit("sum-d-loss", s.sums.d_loss, "");
  visit("sum-g-loss", s.sums.g_loss, "");
  visit("sum-penalty", s.sums.penalty, "");
  visit("sum-real-logit", s.sums.real_logit, "");
  visit("sum-fake-logit", s.sums.fake_logit, "");
  visit("sum-updates", s.sums.updates, "");
  visit("sum-penalties", s.sums.penalties, "");
}

}  // namespace heed
