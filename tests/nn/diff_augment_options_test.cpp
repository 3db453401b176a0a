#include "heed/nn/diff_augment_options.h"

#include "catch.h"

namespace heed {

TEST_CASE("the more pictures there are, the fewer are changed") {
  CHECK(diff_augment_probability(0) == Approx(0.3));
  CHECK(diff_augment_probability(50'000) == Approx(0.15));
  CHECK(diff_augment_probability(100'000) == 0);
  CHECK(diff_augment_probability(1'000'000) == 0);
}

}  // namespace heed
