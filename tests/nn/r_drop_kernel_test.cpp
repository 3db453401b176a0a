#include "heed/nn/r_drop_kernel.h"

#include <cmath>
#include <vector>

#include "heed/base/random.h"

#include "catch.h"

namespace heed {
namespace {

using Row = std::vector<double>;

/// Log-softmax of random logits.
Row random_log_p(std::size_t classes, std::uint64_t number) {
  Row row;
  double total = 0;
  for (std::size_t c = 0; c < classes; ++c) {
    row.push_back(6 * random_unit(make_key(1, number), c));
    total += std::exp(row.back());
  }
  for (double& x : row) x -= std::log(total);
  return row;
}

/// The loss of one row as it is defined.
double loss_of(const Row& log_p, const Row& log_q, std::size_t target, double smoothing, double weight) {
  double loss = -(1 - smoothing) * (log_p[target] + log_q[target]) / 2;
  for (std::size_t c = 0; c < log_p.size(); ++c) {
    loss -= smoothing / static_cast<double>(log_p.size()) * (log_p[c] + log_q[c]) / 2;
    loss += weight * (std::exp(log_p[c]) - std::exp(log_q[c])) * (log_p[c] - log_q[c]);
  }
  return loss;
}

/// Log-probabilities after the logit of class c has grown by `step`.
Row nudged(Row log_p, std::size_t c, double step) {
  log_p[c] += step;
  double total = 0;
  for (const double x : log_p) total += std::exp(x);
  for (double& x : log_p) x -= std::log(total);
  return log_p;
}

}  // namespace

TEST_CASE("rows of R-Drop have the loss of the definition and its slopes") {
  const RDropWeights weights{.label_smoothing = 0.1, .divergence = 0.75};
  constexpr std::size_t kRows = 4;
  for (const std::size_t classes : {3u, 16u, 37u}) {
    std::vector<Row> log_p, log_q;
    std::vector<std::int64_t> targets;
    std::vector<float> logits(2 * kRows * classes), scratch(2 * classes);
    for (std::size_t row = 0; row < kRows; ++row) {
      log_p.push_back(random_log_p(classes, 2 * row));
      log_q.push_back(random_log_p(classes, 2 * row + 1));
      targets.push_back(static_cast<std::int64_t>(row * 5 % classes));
      for (std::size_t c = 0; c < classes; ++c) {  // shifted: logits need not be normalised
        logits[row * classes + c] = static_cast<float>(log_p[row][c] + 2);
        logits[(kRows + row) * classes + c] = static_cast<float>(log_q[row][c] - 1);
      }
    }
    const float untouched = logits[0];
    const RDropSums sums = r_drop_rows(logits.data(), 1, kRows, kRows, static_cast<std::int64_t>(classes),
                                       targets.data(), weights, scratch.data());
    CHECK(logits[0] == untouched);  // before the range
    double loss = 0, likelihood = 0;
    for (std::size_t row = 1; row < kRows; ++row) {
      CAPTURE(classes, row);
      const auto target = static_cast<std::size_t>(targets[row]);
      const auto exact = [&](const Row& a, const Row& b) {
        return loss_of(a, b, target, weights.label_smoothing, weights.divergence);
      };
      loss += exact(log_p[row], log_q[row]);
      likelihood += (log_p[row][target] + log_q[row][target]) / 2;
      for (std::size_t c = 0; c < classes; ++c) {
        const double step = 1e-4;
        const auto slope = [&](const Row& up_p, const Row& up_q, const Row& down_p, const Row& down_q) {
          return (exact(up_p, up_q) - exact(down_p, down_q)) / (2 * step);
        };
        const Row &p = log_p[row], &q = log_q[row];
        const double by_p = slope(nudged(p, c, step), q, nudged(p, c, -step), q);
        const double by_q = slope(p, nudged(q, c, step), p, nudged(q, c, -step));
        CHECK(static_cast<double>(logits[row * classes + c]) == Approx(by_p).margin(1e-5));
        CHECK(static_cast<double>(logits[(kRows + row) * classes + c]) == Approx(by_q).margin(1e-5));
      }
    }
    CHECK(sums.loss == Approx(loss).epsilon(1e-5));
    CHECK(sums.negative_log_likelihood == Approx(-likelihood).epsilon(1e-5));
  }
}

}  // namespace heed
