#include "heed/text/token_rules.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <vector>

namespace heed {

void penalise_repetition(std::span<float> logits, std::span<const TokenId> so_far, double penalty) {
  for (const TokenId token : std::set<TokenId>(so_far.begin(), so_far.end())) {
    float& logit = logits[static_cast<std::size_t>(token)];
    logit = static_cast<float>(logit > 0 ? logit / penalty : logit * penalty);
  }
}

void forbid_repeated_ngrams(std::span<float> log_p, std::span<const TokenId> so_far, std::int64_t size) {
  const auto context = static_cast<std::size_t>(size - 1);
  if (so_far.size() < context) return;
  const auto last = so_far.last(context);
  for (std::size_t begin = 0; begin + context < so_far.size(); ++begin)
    if (std::ranges::equal(so_far.subspan(begin, context), last))
      log_p[static_cast<std::size_t>(so_far[begin + context])] = kNever;
}

void force_token(std::span<float> log_p, TokenId token) {
  const float value = log_p[static_cast<std::size_t>(token)];
  std::ranges::fill(log_p, kNever);
  log_p[static_cast<std::size_t>(token)] = value;
}

TokenId draw_token(std::span<const float> log_p, const SamplingOptions& options, double uniform) {
  const auto value = [&](TokenId token) { return log_p[static_cast<std::size_t>(token)]; };
  std::vector<TokenId> tokens;
  for (std::size_t token = 0; token < log_p.size(); ++token)
    if (!std::isinf(log_p[token])) tokens.push_back(static_cast<TokenId>(token));
  const auto better = [&](TokenId a, TokenId b) { return value(a) != value(b) ? value(a) > value(b) : a < b; };
  if (options.top_k > 0 && options.top_k < std::ssize(tokens)) {
    std::nth_element(tokens.begin(), tokens.begin() + options.top_k, tokens.end(), better);
    tokens.resize(static_cast<std::size_t>(options.top_k));
  }
  if (options.top_p < 1) std::ranges::sort(tokens, better);

  const float best = value(std::ranges::max(tokens, {}, value));
  std::vector<double> weights;
  double total = 0;
  for (const TokenId token : tokens) {
    weights.push_back(std::exp(static_cast<double>(value(token) - best) / options.temperature));
    total += weights.back();
  }
  double nucleus = 0;
  std::size_t kept = 0;
  while (kept < weights.size() && (kept == 0 || nucleus < options.top_p * total)) nucleus += weights[kept++];

  double left = uniform * nucleus;
  std::size_t chosen = 0;
  while (chosen + 1 < kept && left >= weights[chosen]) left -= weights[chosen++];
  return tokens[chosen];
}

}  // namespace heed
