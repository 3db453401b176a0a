#include "heed/nn/cross_entropy_kernel.h"

#include <bit>
#include <cmath>
#include <vector>

#include "catch.h"

using namespace heed;

namespace {

float logit(std::size_t i) {
  return static_cast<float>(8 * std::sin(static_cast<double>(i * i % 9973)));
}

}  // namespace

TEST_CASE("loss and gradient of rows of logits are those of the definition") {
  for (const std::int64_t classes : {2, 16, 37, 500})
    for (const double smoothing : {0.0, 0.1}) {
      CAPTURE(classes, smoothing);
      const auto C = static_cast<std::size_t>(classes);
      std::vector<float> logits(3 * C), scratch(C);
      for (std::size_t i = 0; i < logits.size(); ++i) logits[i] = logit(i);
      const std::vector<float> given = logits;
      const std::vector<std::int64_t> targets = {0, classes - 1, classes / 2};
      const CrossEntropySums sums =
          cross_entropy_rows(logits.data(), 1, 3, classes, targets.data(), smoothing, scratch.data());
      double loss = 0, nll = 0, worst = 0;
      for (std::size_t r = 1; r < 3; ++r) {
        double sum = 0;
        for (std::size_t c = 0; c < C; ++c) sum += std::exp(static_cast<double>(given[r * C + c]));
        for (std::size_t c = 0; c < C; ++c) {
          const double p = std::exp(static_cast<double>(given[r * C + c])) / sum;
          const bool target = static_cast<std::int64_t>(c) == targets[r];
          const double wanted = smoothing / static_cast<double>(classes) + (target ? 1 - smoothing : 0);
          loss -= wanted * std::log(p);
          if (target) nll -= std::log(p);
          worst = std::max(worst, std::abs(static_cast<double>(logits[r * C + c]) - (p - wanted)));
        }
      }
      CHECK(sums.loss == Approx(loss).epsilon(1e-5));
      CHECK(sums.negative_log_likelihood == Approx(nll).epsilon(1e-5));
      CHECK(worst < 1e-5);
      CHECK(logits[0] == given[0]);  // a row outside of the range
    }
}

TEST_CASE("bfloat16 logits give the loss of what they hold and a rounded gradient") {
  std::vector<float> exact(40), scratch(40);
  std::vector<BFloat16Bits> brain(40);
  for (std::size_t i = 0; i < 40; ++i) {
    brain[i] = static_cast<BFloat16Bits>(std::bit_cast<std::uint32_t>(logit(i)) >> 16);
    exact[i] = std::bit_cast<float>(std::uint32_t{brain[i]} << 16);
  }
  const std::int64_t target = 7;
  const CrossEntropySums expected = cross_entropy_rows(exact.data(), 0, 1, 40, &target, 0.1, scratch.data());
  const CrossEntropySums sums = cross_entropy_rows(brain.data(), 0, 1, 40, &target, 0.1, scratch.data());
  CHECK(sums.loss == expected.loss);
  double worst = 0;
  for (std::size_t i = 0; i < 40; ++i)
    worst = std::max(worst,
                     std::abs(static_cast<double>(std::bit_cast<float>(std::uint32_t{brain[i]} << 16) / exact[i]) - 1));
  CHECK(worst < 1.0 / 256);
}

TEST_CASE("a logit that is not a number makes the loss one") {
  std::vector<float> logits = {1, NAN, 2}, scratch(3);
  const std::int64_t target = 0;
  CHECK(std::isnan(cross_entropy_rows(logits.data(), 0, 1, 3, &target, 0, scratch.data()).loss));
}
