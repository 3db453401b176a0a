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
  const double smoothing = 0.1, weight = 0.75;
  for (const std::size_t classes : {3u, 16u, 37u}) {
    constexpr std::size_t kRows = 4;
    std::vector<float> log_p, log_q, p, q;
    std::vector<std::int64_t> targets;
    std::vector<Row> exact_p, exact_q;
    for (std::size_t row = 0; row < kRows; ++row) {
      exact_p.push_back(random_log_p(classes, 2 * row));
      exact_q.push_back(random_log_p(classes, 2 * row + 1));
      for (std::size_t c = 0; c < classes; ++c) {
        log_p.push_back(static_cast<float>(exact_p[row][c]));
        log_q.push_back(static_cast<float>(exact_q[row][c]));
        p.push_back(std::exp(log_p.back()));
        q.push_back(std::exp(log_q.back()));
      }
      targets.push_back(static_cast<std::int64_t>(row * 5 % classes));
    }
    std::vector<double> loss(kRows, -1), likelihood(kRows, -1);
    const RDropRows rows{log_p.data(),   log_q.data(), p.data(),         q.data(),
                         targets.data(), loss.data(),  likelihood.data()};
    r_drop_rows(rows, 1, kRows, static_cast<std::int64_t>(classes), {smoothing, weight});
    CHECK(loss[0] == -1);  // before the range
    for (std::size_t row = 1; row < kRows; ++row) {
      CAPTURE(classes, row);
      const auto target = static_cast<std::size_t>(targets[row]);
      const auto exact = [&](const Row& a, const Row& b) { return loss_of(a, b, target, smoothing, weight); };
      CHECK(loss[row] == Approx(exact(exact_p[row], exact_q[row])).epsilon(1e-5));
      CHECK(likelihood[row] == Approx((exact_p[row][target] + exact_q[row][target]) / 2).epsilon(1e-6));
      for (std::size_t c = 0; c < classes; ++c) {
        const double step = 1e-4;
        const double by_p =
            (exact(nudged(exact_p[row], c, step), exact_q[row]) - exact(nudged(exact_p[row], c, -step), exact_q[row])) /
            (2 * step);
        const double by_q =
            (exact(exact_p[row], nudged(exact_q[row], c, step)) - exact(exact_p[row], nudged(exact_q[row], c, -step))) /
            (2 * step);
        CHECK(static_cast<double>(p[row * classes + c]) == Approx(by_p).margin(1e-5));
        CHECK(static_cast<double>(q[row * classes + c]) == Approx(by_q).margin(1e-5));
      }
    }
  }
}

}  // namespace heed
