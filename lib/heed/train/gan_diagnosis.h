#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "heed/nn/gan_loss_kind.h"

namespace heed {

/// What is known of a run at a row of metrics.csv.
struct GanSigns {
  double real_logit = 0, fake_logit = 0;  ///< means since the row before
  /// Of real pictures as they are, at this moment: such as are trained on and such as never are.
  double training_logit = 0, held_out_logit = 0;
  bool has_held_out = false;
  double diversity = 1;  ///< mean distance between generated pictures over that between real ones
  GanLoss loss = GanLoss::rpgan;
  double gamma = 1, augment_p = 0;  ///< as the run has them
};

/// Tells in words what goes wrong while it can still be mended, each thing when it has been seen in several rows in a
/// row and then not again for a while.
class GanDiagnosis {
 public:
  /// The messages for this row, each with the flag to try.
  std::vector<std::string> row(const GanSigns& signs);

 private:
  struct Symptom {
    std::int64_t rows = 0, silent_until = 0;
  };
  bool lasting(Symptom& symptom, bool seen);

  std::int64_t row_ = 0;
  Symptom discriminator_wins_, collapse_, overfitting_;
};

}  // namespace heed
