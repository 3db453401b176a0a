#include "heed/train/gan_metrics.h"

#include "heed/base/progress.h"
#include "heed/train/metrics_csv.h"

namespace heed {

std::vector<std::string> GanRow::fields() const {
  const auto mean = [](double sum, std::int64_t count) {
    return count > 0 ? exact(sum / static_cast<double>(count)) : std::string();
  };
  return {std::to_string(update),
          exact(kimg),
          format_number(seconds, 2),
          exact(lr),
          mean(sums.d_loss, sums.updates),
          mean(sums.g_loss, sums.updates),
          mean(sums.real_logit, sums.updates),
          mean(sums.fake_logit, sums.updates),
          mean(sums.penalty, sums.penalties),
          exact(held_out_logit),
          exact(diversity),
          images_per_second ? format_number(*images_per_second, 1) : std::string()};
}

}  // namespace heed
