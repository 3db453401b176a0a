#pragma once

#include "heed/train/seq2seq_options.h"
#include "heed/train/train_run.h"

namespace heed {

/// Trains a translator in the directory `options.model`, or goes on with the run that is there. Fills in what the user
/// left open (preset, precision, saved settings). Returns the exit code: 0 when the run is finished, 128 + n when
/// signal n stopped it; throws Error otherwise.
int train_seq2seq(Seq2SeqTrainOptions& options, const TrainRun& run);

}  // namespace heed
