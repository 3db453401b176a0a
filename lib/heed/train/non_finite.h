#pragma once

#include <filesystem>

#include "heed/train/run_state.h"

namespace heed {

/// What to do after an update whose loss or gradient is not finite.
enum class AfterNonFinite { skip, roll_back };

/// Counts such an update in `state`, with a warning. After ten in a row the run goes back to its last checkpoint with
/// half the learning rate; when it has done so three times, throws Error(diverged) with `advice` on what to try.
AfterNonFinite count_non_finite(RunState& state, const std::filesystem::path& directory, const char* advice);

/// Completes going back: `state` is the one read from the checkpoint, `failed` the one that was left.
void note_roll_back(RunState& state, const RunState& failed);

}  // namespace heed
