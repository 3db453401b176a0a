#include "heed/train/seq2seq_metrics.h"

#include "heed/base/progress.h"
#include "heed/train/metrics_csv.h"

namespace heed {

std::vector<std::string> Seq2SeqRow::fields() const {
  return {std::to_string(update),    std::to_string(epoch),
          format_number(seconds, 2), exact(lr),
          exact(train_loss),         tokens_per_second ? format_number(*tokens_per_second, 1) : std::string(),
          exact(valid_loss),         exact(valid_bleu),
          exact(valid_chrf)};
}

}  // namespace heed
