#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace heed {

/// Seconds that work spends in each of its stages, which follow one another.
class StageTimer {
 public:
  /// `now`: seconds on a clock that never goes back; another one for tests.
  explicit StageTimer(std::function<double()> now = steady_seconds) : now_(std::move(now)) {}

  /// A stage begins; the one before it, if any, ends.
  void enter(const std::string& stage);
  /// The stage ends, and none begins.
  void leave();
  /// "data 0.1 s, forward 2.0 s, ...": sums since the last call, stages in the order of their first appearance. Ends
  /// the stage at hand.
  std::string take_report();

  static double steady_seconds() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
  }

 private:
  std::function<double()> now_;
  std::vector<std::pair<std::string, double>> seconds_;
  std::string stage_;  // the one at hand, empty = none
  double entered_ = 0;
};

}  // namespace heed
