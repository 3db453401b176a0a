#include "heed/train/run.h"

#include <ATen/Parallel.h>

#include "heed/base/log.h"
#include "heed/base/progress.h"
#include "heed/base/units.h"

namespace heed {

std::string reached_limit(std::int64_t max_updates, const std::string& max_time, const RunState& state) {
  if (max_updates > 0 && state.update >= max_updates)
    return "--max-updates " + std::to_string(max_updates) + " reached";
  if (!max_time.empty() && state.seconds >= parse_duration(max_time, "--max-time"))
    return "--max-time " + max_time + " reached";
  return {};
}

void settle_precision(Precision& precision, RunState& state, const std::function<StepSpeed()>& measure) {
  if (precision == Precision::automatic && state.precision.empty()) {
    const StepSpeed speed = measure();
    precision = choose_precision(speed);
    log::info("--precision auto chose " + std::string(name_of(precision)) + ": steps in bf16 are " +
              format_number(speed.bf16 / speed.fp32, 2) + " times as fast as in fp32 here");
  } else if (precision == Precision::automatic) {
    precision = state.precision == name_of(Precision::bf16) ? Precision::bf16 : Precision::fp32;
  }
  state.precision = name_of(precision);
}

void note_finished_before(const std::string& reason, const RunState& state) {
  log::info("this run is finished: " + reason + " at update " + format_count(state.update) +
            "; raise that limit to go on, or say --restart");
}

void note_threads(RunState& state) {
  const std::int64_t threads = at::get_num_threads();
  if (state.threads != 0 && state.threads != threads)
    log::info("going on with " + std::to_string(threads) + " threads instead of " + std::to_string(state.threads) +
              ": results will no longer be the same to the bit");
  state.threads = threads;
}

int note_stopped(const StopSignal& stop, const RunState& state) {
  log::info("stopped by signal " + std::to_string(stop.received()) + " and saved at update " +
            format_count(state.update) + "; the same command goes on from there");
  return 128 + stop.received();
}

void remove_replaced_run(const std::filesystem::path& directory) {
  for (const char* name : {"last.1.safetensors", "best.safetensors"}) std::filesystem::remove(directory / name);
}

}  // namespace heed
