#include "heed/train/run.h"

#include <ATen/Parallel.h>

#include "heed/base/error.h"
#include "heed/base/files.h"
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
  if (precision == Precision::automatic) {
    const StepSpeed speed = measure();
    precision = choose_precision(speed);
    log::info("--precision auto chose " + std::string(name_of(precision)) + ": steps in bf16 are " +
              format_number(speed.bf16 / speed.fp32, 2) + " times as fast as in fp32 here; bf16 has to be " +
              format_number(kBf16Gain, 1) + " times as fast");
  }
  state.precision = name_of(precision);
}

void note_changes(const std::string& changes) {
  if (!changes.empty()) log::info("going on with changed settings:\n" + changes);
}

void note_finished_before(const std::string& reason, const RunState& state, const std::string& changes) {
  log::info("this run is finished: " + reason + " at update " + format_count(state.update) +
            "; raise that limit to go on, or say --restart" +
            (changes.empty() ? "" : "; the changed settings were not taken:\n" + changes));
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

int note_unsaved(const std::string& reason, const StopSignal& stop, const RunState& state,
                 const std::filesystem::path& directory) {
  const std::string but =
      ", but the last " + format_count(state.non_finite_in_a_row) +
      " updates were not finite: nothing is saved, the next start goes on from the last good state, in " +
      (directory / "last.safetensors").string();
  if (!reason.empty()) throw Error(ExitCode::diverged, reason + but);
  log::warning("stopped by signal " + std::to_string(stop.received()) + but);
  return 128 + stop.received();
}

void remove_replaced_run(const std::filesystem::path& directory) {
  for (const char* name : {"last.1.safetensors", "best.safetensors"})
    remove_file(directory / name, static_cast<int>(ExitCode::checkpoint));
}

}  // namespace heed
