#pragma once

#include "heed/train/gan_options.h"
#include "heed/train/train_run.h"

namespace heed {

/// Trains a picture generator as `options` say, or goes on with the run that is in the model directory. Returns the
/// exit code: 0 when a limit was reached, 128 + n after signal n. Throws Error.
int train_gan(GanTrainOptions& options, const TrainRun& run);

}  // namespace heed
