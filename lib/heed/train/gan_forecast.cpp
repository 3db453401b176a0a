#include "heed/train/gan_forecast.h"

#include <algorithm>
#include <chrono>
#include <limits>

#include <ATen/ATen.h>

#include "heed/base/memory.h"
#include "heed/nn/layers.h"
#include "heed/train/gan_checkpoint.h"
#include "heed/train/gan_step.h"

namespace heed {
namespace {

double seconds_of(const auto& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

GanForecast forecast_gan(const GanTrainOptions& options, const PictureBatches& batches, c10::Device device) {
  const ComputeDtypeGuard compute(compute_dtype_of(options.precision));
  GanNetworks networks(options.networks, {}, device);
  GanSteps steps(networks.generator, networks.discriminator, options, device);
  double plain = std::numeric_limits<double>::infinity(), penalised = plain;
  for (std::uint64_t round = 0; round < 3; ++round) {
    const PictureBatch real = batches.at(round * static_cast<std::uint64_t>(options.batch), options.batch);
    const auto update = [&](bool with_penalty) {
      for (std::int64_t step = 1; step <= options.d_steps; ++step) {
        steps.discriminator_backward(real, round, static_cast<std::uint64_t>(step), with_penalty && step == 1);
        networks.discriminator_adam.step(networks.discriminator_parameters, 0, 1);
      }
      steps.generator_backward(real, round);
      networks.generator_adam.step(networks.generator_parameters, 0, 1);
      networks.generator_parameters.values.select(0, 0).item<float>();  // waits for a GPU
    };
    plain = std::min(plain, seconds_of([&] { update(false); }));
    if (options.gamma > 0) penalised = std::min(penalised, seconds_of([&] { update(true); }));
  }
  if (options.gamma == 0) penalised = plain;
  const auto every = static_cast<double>(options.reg_every);
  const double per_update = (plain * (every - 1) + penalised) / every;
  return {.seconds_per_kimg = per_update * 1000 / static_cast<double>(options.batch * options.d_steps),
          .plain_update = plain,
          .penalised_update = penalised,
          .generator_weights = networks.generator_parameters.values.numel(),
          .discriminator_weights = networks.discriminator_parameters.values.numel(),
          .peak_memory_mb = peak_memory_mb()};
}

StepSpeed measure_gan_steps(GanTrainOptions options, const PictureBatches& batches, c10::Device device) {
  const auto speed_in = [&](Precision precision) {
    options.precision = precision;
    return 1000 / forecast_gan(options, batches, device).seconds_per_kimg;
  };
  const double fp32 = speed_in(Precision::fp32);
  return {.fp32 = fp32, .bf16 = speed_in(Precision::bf16)};
}

}  // namespace heed
