#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "heed/base/stop_signal.h"
#include "heed/train/precision.h"
#include "heed/train/run_state.h"

/// What every recipe does at its start and its end.
namespace heed {

/// Said as soon as a signal comes, for the update, validation or survey at hand is finished first.
inline constexpr const char* kStopNotice =
    "stopping: what is at hand is finished and saved first; the same signal again ends at once, unsaved\n";

/// Without --save-every.
inline constexpr double kSecondsBetweenSaves = 600;

/// Which of the limits that all recipes have is reached, in words; empty: none. 0 and "" are no limits.
std::string reached_limit(std::int64_t max_updates, const std::string& max_time, const RunState& state);

/// Settles fp32 or bf16, once in the life of a run: what `automatic` means is measured at its first start and kept
/// among its options.
void settle_precision(Precision& precision, RunState& state, const std::function<StepSpeed()>& measure);

/// Says which settings of the run that goes on have changed; `changes` are those of merge_saved_options().
void note_changes(const std::string& changes);
/// Says that there is nothing to do in a directory whose run is over, so that `changes` are not made either.
void note_finished_before(const std::string& reason, const RunState& state, const std::string& changes);
/// Keeps the number of threads in the state; another one than before is said, for it changes last bits.
void note_threads(RunState& state);
/// Says that a signal ended this start; returns the exit code.
int note_stopped(const StopSignal& stop, const RunState& state);
/// Says that this start ended, by a limit (`reason`) or by a signal, amid updates that are not finite: the weights may
/// be why, so nothing takes the place of the last good state. A limit throws Error(diverged): there is no model of that
/// length. Returns the exit code of a signal.
int note_unsaved(const std::string& reason, const StopSignal& stop, const RunState& state,
                 const std::filesystem::path& directory);
/// Removes the checkpoints of a run that --restart has replaced; called once `last` is that of the new one.
void remove_replaced_run(const std::filesystem::path& directory);

}  // namespace heed
