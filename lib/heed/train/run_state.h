#pragma once

#include <cstdint>
#include <string>

#include "heed/base/fields.h"

namespace heed {

/// More than any run comes to of anything it counts: what is added to it stays far from overflow.
inline constexpr std::int64_t kMostCounted = 1'000'000'000'000'000;

/// Where a run of any kind stands, besides its tensors. The only clock value is `seconds`.
struct RunState {
  std::int64_t update = 0;  ///< updates done, skipped ones included
  double seconds = 0;       ///< of training, all starts together
  double lr_scale = 1;      ///< halved by each roll-back
  std::int64_t rollbacks = 0, skipped = 0, non_finite_in_a_row = 0;
  std::int64_t metrics_rows = 0;  ///< rows of metrics.csv that belong to this state
  std::int64_t threads = 0;
  std::string precision, data;  ///< the choice made by `auto`; fingerprint of the training data
};

/// The fields of the part that all kinds share, for visit_fields of each kind.
template <class State, class Visitor>
void visit_run_fields(State& s, Visitor&& visit) {
  visit("update", s.update, "");
  visit("seconds", s.seconds, "");
  visit("lr-scale", s.lr_scale, "");
  visit("rollbacks", s.rollbacks, "");
  visit("skipped", s.skipped, "");
  visit("non-finite-in-a-row", s.non_finite_in_a_row, "");
  visit("metrics-rows", s.metrics_rows, "");
  visit("threads", s.threads, "");
  visit("precision", s.precision, "");
  visit("data", s.data, "");
}

}  // namespace heed
