#include "heed/nn/best_tokens.h"

#include <algorithm>
#include <limits>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "heed/nn/best_tokens_kernel.h"
#include "heed/nn/threads.h"

namespace heed {
namespace {

constexpr double kNothing = -std::numeric_limits<double>::infinity();

}  // namespace

BestTokens::BestTokens(std::int64_t rows, std::int64_t keep, at::Device device)
    : keep_(keep),
      largest_(at::full({rows}, kNothing, at::TensorOptions(device).dtype(at::kFloat))),
      sum_(at::zeros({rows}, at::TensorOptions(device).dtype(at::kDouble))),
      logits_(at::full({rows, keep}, kNothing, at::TensorOptions(device).dtype(at::kFloat))),
      tokens_(at::zeros({rows, keep}, at::TensorOptions(device).dtype(at::kLong))) {}

void BestTokens::add_to_sum(const at::Tensor& logits) {
  if (!logits.is_cpu()) {
    const at::Tensor now = at::maximum(largest_, logits.amax(1));                                            // [R]
    const at::Tensor before = sum_ * at::exp((largest_ - now).to(at::kDouble));                              // [R]
    sum_ = at::where(sum_ > 0, before, 0.0) + (logits - now.unsqueeze(1)).exp().sum(1, false, at::kDouble);  // [R]
    largest_ = now;
    return;
  }
  at::parallel_for(0, logits.size(0), 2 * kRowsPerTask, [&](std::int64_t begin, std::int64_t end) {
    add_exponentials(logits.const_data_ptr<float>() + begin * logits.stride(0), logits.stride(0), end - begin,
                     logits.size(1), largest_.mutable_data_ptr<float>() + begin,
                     sum_.mutable_data_ptr<double>() + begin);
  });
}

void BestTokens::add_best(const at::Tensor& logits, std::int64_t first_token) {
  if (!logits.is_cpu()) {
    const auto [values, places] = logits.topk(std::min(keep_, logits.size(1)), 1);  // [R, keep]
    const at::Tensor all = at::cat({logits_, values}, 1), all_tokens = at::cat({tokens_, places + first_token}, 1);
    const auto [best, order] = all.topk(keep_, 1);  // [R, keep]
    logits_ = best;
    tokens_ = all_tokens.gather(1, order);
    return;
  }
  at::parallel_for(0, logits.size(0), 2 * kRowsPerTask, [&](std::int64_t begin, std::int64_t end) {
    heed::add_best(logits.const_data_ptr<float>() + begin * logits.stride(0), logits.stride(0), end - begin,
                   logits.size(1), first_token, keep_, logits_.mutable_data_ptr<float>() + begin * keep_,
                   tokens_.mutable_data_ptr<std::int64_t>() + begin * keep_);
  });
}

at::Tensor BestTokens::log_sum() const {
  return (sum_.log() + largest_.to(at::kDouble)).cpu();  // [R]
}

BestTokens::Found BestTokens::found() const {
  return {logits_.cpu(), tokens_.cpu()};
}

}  // namespace heed
