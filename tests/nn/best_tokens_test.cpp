#include "heed/nn/best_tokens.h"

#include <ATen/ATen.h>

#include "catch.h"
#include "tensors.h"

namespace heed {
namespace {

constexpr float kNever = -std::numeric_limits<float>::infinity();

// In parts of those widths.
BestTokens read_in_parts(const at::Tensor& logits, std::int64_t keep, std::int64_t width) {
  BestTokens best(logits.size(0), keep, at::kCPU);
  std::int64_t first = 0;
  for (const at::Tensor& part : logits.split(width, 1)) {
    best.add_to_sum(part);
    best.add_best(part, first);
    first += part.size(1);
  }
  return best;
}

}  // namespace

TEST_CASE("the best tokens and their sum are those of log_softmax and topk, in any parts") {
  at::manual_seed(1);
  for (const double spread : {0.01, 3.0, 60.0})
    for (const std::int64_t width : {7, 64, 100, 1001}) {
      const at::Tensor logits = at::randn({37, 1001}) * spread;
      const BestTokens best = read_in_parts(logits, 8, width);
      const at::Tensor exact = logits.to(at::kDouble).logsumexp(1);
      CHECK(difference(best.log_sum(), exact) < 2e-6 * (1 + exact.abs().max().item<double>()));
      const auto [values, tokens] = logits.topk(8, 1);
      CHECK(same_bits(best.found().logits, values));
      CHECK(at::equal(best.found().tokens, tokens));
    }
}

TEST_CASE("of equal logits the smaller token is better, and what is forbidden is never chosen") {
  at::Tensor logits = at::zeros({1, 300});
  logits[0][299] = 1;
  logits.narrow(1, 0, 5).fill_(kNever);
  const auto found = read_in_parts(logits, 4, 128).found();
  CHECK(at::equal(found.tokens[0], at::tensor({299, 5, 6, 7}, at::kLong)));
  logits.fill_(kNever);
  logits[0][70] = -3;
  const auto one = read_in_parts(logits, 3, 64).found();
  CHECK(one.tokens[0][0].item<std::int64_t>() == 70);
  CHECK(one.logits[0][1].item<float>() == kNever);
  CHECK(read_in_parts(logits, 3, 64).log_sum()[0].item<double>() == Approx(-3));
}

}  // namespace heed
