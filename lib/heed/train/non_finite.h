#pragma once

#include <filesystem>

#include "heed/train/run_state.h"

namespace heed {

/// What to do after an update whose loss or gradient is not finite.
enum class AfterNonFinite { skip, roll_back };

/// Counts such an update in `state`, with a warning. After ten in a row the run goes back to its last checkpoint with
/// half the learning rate; when it has done so three times, throws Error(diverged) with `advice` on what to try.
AfterNonFinite count_non_finite(RunState& state, const std::filesystem::path& directory, const char* advice);

/// Whether the weights may be why updates fail, and should not take the place of the last good state: one that fails
/// alone is chance.
bool may_be_diverging(const RunState& state);

/// Completes going back: `state` is the one read from the checkpoint, `failed` the one that was left.
void note_roll_back(RunState& state, const RunState& failed);

}  // namespace heed
