#include "heed/base/stage_timer.h"

#include <algorithm>

#include "heed/base/progress.h"

namespace heed {

void StageTimer::enter(const std::string& stage) {
  leave();
  stage_ = stage;
  entered_ = now_();
}

void StageTimer::leave() {
  if (stage_.empty()) return;
  const double spent = now_() - entered_;
  const auto found = std::find_if(seconds_.begin(), seconds_.end(), [&](const auto& s) { return s.first == stage_; });
  if (found == seconds_.end())
    seconds_.emplace_back(stage_, spent);
  else
    found->second += spent;
  stage_.clear();
}

std::string StageTimer::take_report() {
  leave();
  std::string report;
  for (auto& [stage, seconds] : seconds_)
    report += (report.empty() ? "" : ", ") + stage + " " + format_number(std::exchange(seconds, 0), 3) + " s";
  return report;
}

}  // namespace heed
