#include "heed/text/token_rules.h"

#include <cmath>
#include <map>
#include <vector>

#include "heed/base/random.h"

#include "catch.h"

namespace heed {
namespace {

std::vector<float> logs_of(const std::vector<double>& probabilities) {
  std::vector<float> logs;
  for (const double p : probabilities) logs.push_back(p > 0 ? static_cast<float>(std::log(p)) : kNever);
  return logs;
}

// How often each token is drawn by `count` numbers that are spread evenly over [0, 1).
std::map<TokenId, int> drawn(const std::vector<float>& log_p, const SamplingOptions& options, int count = 1000) {
  std::map<TokenId, int> times;
  for (int i = 0; i < count; ++i) ++times[draw_token(log_p, options, (i + 0.5) / count)];
  return times;
}

}  // namespace

TEST_CASE("a repetition penalty lowers the logits of what came, once each") {
  std::vector<float> logits = {2, -2, 0, 4};
  const std::vector<TokenId> so_far = {1, 0, 1};
  penalise_repetition(logits, so_far, 2);
  CHECK(logits == std::vector<float>{1, -4, 0, 4});
  penalise_repetition(logits, so_far, 1);
  CHECK(logits == std::vector<float>{1, -4, 0, 4});
}

TEST_CASE("an n-gram that came may not come again") {
  const auto forbidden = [](const std::vector<TokenId>& so_far, std::int64_t size) {
    std::vector<float> log_p(5, -1.0F);
    forbid_repeated_ngrams(log_p, so_far, size);
    std::vector<TokenId> found;
    for (TokenId token = 0; token < 5; ++token)
      if (std::isinf(log_p[static_cast<std::size_t>(token)])) found.push_back(token);
    return found;
  };
  using Tokens = std::vector<TokenId>;
  CHECK(forbidden({}, 1).empty());
  CHECK(forbidden({2, 4, 2}, 1) == Tokens{2, 4});
  CHECK(forbidden({2, 4, 2}, 2) == Tokens{4});
  CHECK(forbidden({2, 4, 2, 3, 2}, 2) == Tokens{3, 4});
  CHECK(forbidden({2, 4, 3}, 2).empty());
  CHECK(forbidden({1, 2, 3, 1, 2}, 3) == Tokens{3});
  CHECK(forbidden({1, 2, 3, 2, 2}, 3).empty());
  CHECK(forbidden({1, 1}, 2) == Tokens{1});
  CHECK(forbidden({1}, 3).empty());
}

TEST_CASE("a forced token is left alone with its log probability") {
  std::vector<float> log_p = {-1, -2, -3};
  force_token(log_p, 1);
  CHECK(log_p == std::vector<float>{kNever, -2, kNever});
}

TEST_CASE("tokens are drawn by their probability") {
  const std::vector<float> log_p = logs_of({0.1, 0.6, 0, 0.3});
  CHECK(drawn(log_p, {}) == std::map<TokenId, int>{{0, 100}, {1, 600}, {3, 300}});
}

TEST_CASE("what is forbidden gives its share to the others") {
  const std::vector<float> log_p = logs_of({0.1, 0, 0.3});
  CHECK(drawn(log_p, {}, 400) == std::map<TokenId, int>{{0, 100}, {2, 300}});
}

TEST_CASE("temperature sharpens and flattens") {
  const std::vector<float> log_p = logs_of({0.2, 0.8});
  CHECK(drawn(log_p, {.temperature = 0.5}, 1700) == std::map<TokenId, int>{{0, 100}, {1, 1600}});  // 0.04 : 0.64
  CHECK(drawn(log_p, {.temperature = 2}, 300) == std::map<TokenId, int>{{0, 100}, {1, 200}});      // sqrt
  CHECK(drawn(log_p, {.temperature = 1e-3}) == std::map<TokenId, int>{{1, 1000}});
}

TEST_CASE("top-k and top-p leave the best tokens") {
  const std::vector<float> log_p = logs_of({0.1, 0.4, 0.2, 0.3});
  CHECK(drawn(log_p, {.top_k = 2}, 700) == std::map<TokenId, int>{{1, 400}, {3, 300}});
  CHECK(drawn(log_p, {.top_k = 1}) == std::map<TokenId, int>{{1, 1000}});
  CHECK(drawn(log_p, {.top_k = 9}) == drawn(log_p, {}));
  CHECK(drawn(log_p, {.top_p = 0.39}) == std::map<TokenId, int>{{1, 1000}});
  CHECK(drawn(log_p, {.top_p = 0.41}, 700) == std::map<TokenId, int>{{1, 400}, {3, 300}});
  CHECK(drawn(log_p, {.top_p = 1e-9}) == std::map<TokenId, int>{{1, 1000}});
  CHECK(drawn(log_p, {.top_k = 3, .top_p = 0.5}, 700) == std::map<TokenId, int>{{1, 400}, {3, 300}});
}

TEST_CASE("of equal tokens the smaller id is better, and the last number below one falls on the last") {
  const std::vector<float> log_p = logs_of({0.25, 0.25, 0.25, 0.25});
  CHECK(draw_token(log_p, {}, 0) == 0);
  CHECK(draw_token(log_p, {.top_k = 1}, 0.9) == 0);
  CHECK(draw_token(log_p, {.top_p = 0.5}, 0.99) == 1);
  CHECK(draw_token(log_p, {}, std::nextafter(1.0, 0.0)) == 3);
}

}  // namespace heed
