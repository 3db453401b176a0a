#include "heed/nn/residual_kernel.h"

#include <cmath>

#include "heed/nn/dropout_lanes.h"
#include "heed/nn/vectors.h"

namespace heed {
namespace {

constexpr float kEpsilon = 1e-5F;

template <class Number>
HEED_INLINE void add_norm(const AddNormRows<Number>& rows, std::int64_t begin, std::int64_t end) {
  const std::int64_t width = rows.width;
  const float share = 1.0F / static_cast<float>(width);
  for (std::int64_t r = begin; r < end; ++r) {
    const float* stream = rows.stream + r * width;
    const float* sum = stream;
    Floats total{};
    if (rows.branch != nullptr) {
      const Number* branch = rows.branch + r * width;
      float* written = rows.sum + r * width;
      visit_row(r, width, rows.draw, [&](std::int64_t c, std::int64_t count, Halves bits) HEED_INLINE_LAMBDA {
        const Floats x = load_up_to(stream + c, count) + dropped(load_up_to(branch + c, count), bits, rows.draw);
        store_up_to(written + c, x, count);
        total += x;
      });
      sum = written;
    } else {
      visit_columns(0, width, [&](std::int64_t c, std::int64_t count) HEED_INLINE_LAMBDA {
        total += load_up_to(stream + c, count);
      });
    }
    const float mean = sum_of(total) * share;
    Floats squares{};
    visit_columns(0, width, [&](std::int64_t c, std::int64_t count) HEED_INLINE_LAMBDA {
      const Floats x = first_lanes(load_up_to(sum + c, count) - mean, count);
      squares += x * x;
    });
    const float reciprocal = 1 / std::sqrt(sum_of(squares) * share + kEpsilon);
    Number* normed = rows.normed + r * width;
    visit_columns(0, width, [&](std::int64_t c, std::int64_t count) HEED_INLINE_LAMBDA {
      const Floats x = (load_up_to(sum + c, count) - mean) * reciprocal;
      store_up_to(normed + c, x * load_up_to(rows.weight + c, count) + load_up_to(rows.bias + c, count), count);
    });
    rows.mean[r] = mean;
    rows.reciprocal[r] = reciprocal;
  }
}

template <class Number>
HEED_INLINE void add_norm_gradient(const AddNormGradientRows<Number>& rows, std::int64_t begin, std::int64_t end,
                                   float* weight_gradient, float* bias_gradient) {
  const std::int64_t width = rows.width;
  const float share = 1.0F / static_cast<float>(width);
  for (std::int64_t r = begin; r < end; ++r) {
    const float* sum = rows.sum + r * width;
    const Number* gradient = rows.normed_gradient + r * width;
    const float mean = rows.mean[r], reciprocal = rows.reciprocal[r];
    // With g = gradient * weight and y = (sum - mean) * reciprocal:
    // d sum = reciprocal * (g - mean(g) - y * mean(g y))
    Floats g_total{}, gy_total{};
    visit_columns(0, width, [&](std::int64_t c, std::int64_t count) HEED_INLINE_LAMBDA {
      const Floats d = load_up_to(gradient + c, count), y = (load_up_to(sum + c, count) - mean) * reciprocal;
      const Floats g = d * load_up_to(rows.weight + c, count);
      g_total += g;
      gy_total += g * y;
      store_up_to(weight_gradient + c, load_up_to(weight_gradient + c, count) + d * y, count);
      store_up_to(bias_gradient + c, load_up_to(bias_gradient + c, count) + d, count);
    });
    const float g_mean = sum_of(g_total) * share, gy_mean = sum_of(gy_total) * share;
    const float* from_sum = rows.sum_gradient != nullptr ? rows.sum_gradient + r * width : nullptr;
    float* to_stream = rows.stream_gradient + r * width;
    Number* to_branch = rows.branch_gradient != nullptr ? rows.branch_gradient + r * width : nullptr;
    const auto at = [&](std::int64_t c, std::int64_t count) HEED_INLINE_LAMBDA {
      const Floats d = load_up_to(gradient + c, count), y = (load_up_to(sum + c, count) - mean) * reciprocal;
      Floats x = (d * load_up_to(rows.weight + c, count) - g_mean - y * gy_mean) * reciprocal;
      if (from_sum != nullptr) x += load_up_to(from_sum + c, count);
      store_up_to(to_stream + c, x, count);
      return x;
    };
    if (to_branch != nullptr)
      visit_row(r, width, rows.draw, [&](std::int64_t c, std::int64_t count, Halves bits) HEED_INLINE_LAMBDA {
        store_up_to(to_branch + c, dropped(at(c, count), bits, rows.draw), count);
      });
    else
      visit_columns(0, width, [&](std::int64_t c, std::int64_t count) HEED_INLINE_LAMBDA { at(c, count); });
  }
}

template <class Number>
HEED_INLINE void sum_of_columns(const Number* matrix, std::int64_t rows, std::int64_t width, std::int64_t begin,
                                std::int64_t end, float* sums) {
  constexpr int kSideBySide = 4;
  std::int64_t c = begin;
  for (; c + kSideBySide * kLanes <= end; c += kSideBySide * kLanes) {
    Floats total[kSideBySide] = {};
    for (std::int64_t r = 0; r < rows; ++r)
#pragma GCC unroll 4
      for (int v = 0; v < kSideBySide; ++v) total[v] += load(matrix + r * width + c + v * kLanes);
#pragma GCC unroll 4
    for (int v = 0; v < kSideBySide; ++v) store(sums + c + v * kLanes, total[v]);
  }
  visit_columns(c, end, [&](std::int64_t column, std::int64_t count) HEED_INLINE_LAMBDA {
    Floats total{};
    for (std::int64_t r = 0; r < rows; ++r) total += load_up_to(matrix + r * width + column, count);
    store_up_to(sums + column, total, count);
  });
}

}  // namespace

HEED_CLONES void add_norm_rows(const AddNormRows<float>& rows, std::int64_t begin, std::int64_t end) {
  add_norm(rows, begin, end);
}
HEED_CLONES void add_norm_rows(const AddNormRows<BFloat16Bits>& rows, std::int64_t begin, std::int64_t end) {
  add_norm(rows, begin, end);
}

HEED_CLONES void add_norm_gradient_rows(const AddNormGradientRows<float>& rows, std::int64_t begin, std::int64_t end,
                                        float* weight_gradient, float* bias_gradient) {
  add_norm_gradient(rows, begin, end, weight_gradient, bias_gradient);
}
HEED_CLONES void add_norm_gradient_rows(const AddNormGradientRows<BFloat16Bits>& rows, std::int64_t begin,
                                        std::int64_t end, float* weight_gradient, float* bias_gradient) {
  add_norm_gradient(rows, begin, end, weight_gradient, bias_gradient);
}

HEED_CLONES void sum_columns(const float* matrix, std::int64_t rows, std::int64_t width, std::int64_t begin,
                             std::int64_t end, float* sums) {
  sum_of_columns(matrix, rows, width, begin, end, sums);
}
HEED_CLONES void sum_columns(const BFloat16Bits* matrix, std::int64_t rows, std::int64_t width, std::int64_t begin,
                             std::int64_t end, float* sums) {
  sum_of_columns(matrix, rows, width, begin, end, sums);
}

}  // namespace heed
