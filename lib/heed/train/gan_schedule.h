#pragma once

#include <cstdint>

#include "heed/train/gan_options.h"
#include "heed/train/gan_state.h"

namespace heed {

/// Where this start of a run took up its updates: what went before, of getting ready, says nothing about their speed.
struct StartOfUpdates {
  std::int64_t update = 0;
  double seconds = 0;
};

/// The update at which the schedules end, that of the first limit to come; 0: not known yet. Under --max-time it is
/// estimated from the speed of this start, or as long as it made no update from that of the ones before; not before the
/// run has a row of metrics.csv.
std::int64_t planned_updates(const GanTrainOptions& options, const GanState& state, const StartOfUpdates& start);

/// Factor of the peak rates for the update that `state` counts: a short rise, since Adam's first steps rest on few
/// gradients, then half a cosine down to `final_lr`. Without a plan yet, no fall.
double rate_factor(const GanTrainOptions& options, const GanState& state);

/// Decay of the generator's average over one update, from a half-life in pictures that is at most a share of those
/// seen, so that a young average soon forgets its start (Karras et al. 2020).
double average_decay(const GanTrainOptions& options, std::int64_t images_seen);

}  // namespace heed
