#pragma once

#include <functional>
#include <set>
#include <string>

#include <c10/core/Device.h>

#include "heed/train/seq2seq_options.h"

namespace heed {

/// What a recipe is told by its program.
struct TrainRun {
  std::set<std::string> given;  ///< names of options that the user set
  c10::Device device = c10::kCPU;
  std::function<std::string()> resolved_toml;  ///< the options as a settings file, once they are final
};

/// Trains a translator in the directory `options.model`, or goes on with the run that is there. Fills in what the user
/// left open (preset, precision, saved settings). Returns the exit code: 0 when the run is finished, 128 + n when
/// signal n stopped it; throws Error otherwise.
int train_seq2seq(Seq2SeqTrainOptions& options, const TrainRun& run);

}  // namespace heed
