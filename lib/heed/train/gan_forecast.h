#pragma once

#include <cstdint>

#include <c10/core/Device.h>

#include "heed/train/gan_data.h"
#include "heed/train/gan_options.h"
#include "heed/train/precision.h"

namespace heed {

/// What trial steps tell of a run.
struct GanForecast {
  double seconds_per_kimg = 0;
  double plain_update = 0, penalised_update = 0;  ///< seconds; alike without penalties
  std::int64_t generator_weights = 0, discriminator_weights = 0;
  double peak_memory_mb = 0;  ///< of this process, pictures included
};

/// Takes three rounds of steps (with and without gradient penalty) on networks of its own; the fastest of each counts.
GanForecast forecast_gan(const GanTrainOptions& options, const PictureBatches& batches, c10::Device device);

/// Pictures per second of trial steps in both number types, whatever `options` say of them.
StepSpeed measure_gan_steps(GanTrainOptions options, const PictureBatches& batches, c10::Device device);

}  // namespace heed
