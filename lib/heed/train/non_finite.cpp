#include "heed/train/non_finite.h"

#include "heed/base/error.h"
#include "heed/base/log.h"
#include "heed/base/progress.h"

namespace heed {
namespace {

constexpr std::int64_t kInARow = 10, kMostRollbacks = 3;

}  // namespace

AfterNonFinite count_non_finite(RunState& state, const std::filesystem::path& directory, const char* advice) {
  ++state.skipped;
  ++state.non_finite_in_a_row;
  log::warning("update " + format_count(state.update) + ": loss or gradient is not finite; skipped (" +
               std::to_string(state.non_finite_in_a_row) + " in a row)");
  if (state.non_finite_in_a_row < kInARow) return AfterNonFinite::skip;
  if (state.rollbacks < kMostRollbacks) return AfterNonFinite::roll_back;
  throw Error(ExitCode::diverged, "training diverged: no finite loss after " + std::to_string(kMostRollbacks) +
                                      " returns to the last good state, each with half the learning rate. The last "
                                      "good state is in " +
                                      (directory / "last.safetensors").string() + ". Try " + advice);
}

bool may_be_diverging(const RunState& state) {
  return state.non_finite_in_a_row > 1;
}

void note_roll_back(RunState& state, const RunState& failed) {
  state.lr_scale = failed.lr_scale / 2;
  state.rollbacks = failed.rollbacks + 1;
  state.skipped = failed.skipped;
  state.non_finite_in_a_row = 0;
  state.threads = failed.threads;
  state.data = failed.data;
  log::warning("back to update " + format_count(state.update) + " with half the learning rate (" +
               std::to_string(state.rollbacks) + " of at most " + std::to_string(kMostRollbacks) + " times)");
}

}  // namespace heed
