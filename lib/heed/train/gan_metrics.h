#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "heed/train/gan_state.h"

namespace heed {

inline constexpr std::string_view kGanColumns =
    "update,kimg,seconds,lr,d_loss,g_loss,real_logit,fake_logit,penalty,held_out_logit,diversity,images_per_second";

/// One row of metrics.csv of a picture run; what was not measured is empty.
struct GanRow {
  std::int64_t update = 0;
  double kimg = 0, seconds = 0, lr = 0;  ///< rate of the generator
  GanSums sums = {};                     ///< since the row before
  std::optional<double> held_out_logit = {}, diversity = {};
  std::optional<double> images_per_second = {};  ///< real pictures shown, without snapshots and saving

  std::vector<std::string> fields() const;  ///< in the order of kGanColumns
};

}  // namespace heed
