#include "heed/train/schedule.h"

#include "catch.h"

namespace heed {

TEST_CASE("the rate rises linearly over the warm-up") {
  for (const LrScheduler scheduler : {LrScheduler::inverse_sqrt, LrScheduler::cosine, LrScheduler::constant}) {
    CHECK(learning_rate_factor(scheduler, 1, 1000, 5000) == Approx(0.001));
    CHECK(learning_rate_factor(scheduler, 250, 1000, 5000) == Approx(0.25));
    CHECK(learning_rate_factor(scheduler, 999, 1000, 5000) == Approx(0.999));
    CHECK(learning_rate_factor(scheduler, 1000, 1000, 5000) == Approx(1));
    CHECK(learning_rate_factor(scheduler, 1, 0, 5000) == Approx(1).epsilon(1e-6));
  }
}

TEST_CASE("the rate falls after the warm-up as its name says") {
  CHECK(learning_rate_factor(LrScheduler::inverse_sqrt, 4000, 1000, 0) == Approx(0.5));
  CHECK(learning_rate_factor(LrScheduler::inverse_sqrt, 100'000, 1000, 0) == Approx(0.1));
  CHECK(learning_rate_factor(LrScheduler::inverse_sqrt, 4, 0, 0) == Approx(0.5));
  CHECK(learning_rate_factor(LrScheduler::cosine, 3000, 1000, 5000) == Approx(0.5));
  CHECK(learning_rate_factor(LrScheduler::cosine, 2000, 1000, 5000) == Approx(0.853553));
  CHECK(learning_rate_factor(LrScheduler::cosine, 5000, 1000, 5000) == Approx(0).margin(1e-12));
  CHECK(learning_rate_factor(LrScheduler::cosine, 9000, 1000, 5000) == Approx(0).margin(1e-12));
  CHECK(learning_rate_factor(LrScheduler::cosine, 1000, 1000, 1000) == Approx(1));
  CHECK(learning_rate_factor(LrScheduler::constant, 100'000, 1000, 0) == 1);
}

TEST_CASE("the average of the weights forgets the start first") {
  CHECK(ema_decay(0.999, 1) == Approx(2.0 / 11));
  CHECK(ema_decay(0.999, 90) == Approx(0.91));
  CHECK(ema_decay(0.999, 1'000'000) == 0.999);
  CHECK(ema_decay(0.5, 90) == 0.5);
}

}  // namespace heed
