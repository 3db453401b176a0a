#include "heed/nn/dropout_kernel.h"

#include "heed/nn/dropout_lanes.h"
#include "heed/nn/vectors.h"

namespace heed {
namespace {

// output = dropout(of(input)), vector by vector.
template <class Number, class Function>
HEED_INLINE void drop(const Number* input, Number* output, std::int64_t begin, std::int64_t end, std::int64_t channels,
                      const DropoutDraw& draw, Function&& of) {
  for (std::int64_t r = begin; r < end; ++r) {
    const Number* in = input + r * channels;
    Number* out = output + r * channels;
    visit_row(r, channels, draw, [&](std::int64_t c, std::int64_t count, Halves bits) HEED_INLINE_LAMBDA {
      store_up_to(out + c, dropped(of(load_up_to(in + c, count)), bits, draw), count);
    });
  }
}

HEED_INLINE Floats same(Floats x) {
  return x;
}
HEED_INLINE Floats relu(Floats x) {
  return x < 0.0f ? Floats{} : x;  // NaN stays
}

template <class Number>
HEED_INLINE void gradient(const Number* output, const Number* output_gradient, Number* input_gradient,
                          std::int64_t count, float scale) {
  const auto of = [&](Floats y, Floats dy) HEED_INLINE_LAMBDA { return y == 0.0f ? Floats{} : dy * scale; };
  visit_columns(0, count, [&](std::int64_t i, std::int64_t n) HEED_INLINE_LAMBDA {
    store_up_to(input_gradient + i, of(load_up_to(output + i, n), load_up_to(output_gradient + i, n)), n);
  });
}

}  // namespace

HEED_CLONES void dropout_rows(const float* input, float* output, std::int64_t begin, std::int64_t end,
                              std::int64_t channels, const DropoutDraw& draw) {
  drop(input, output, begin, end, channels, draw, same);
}
HEED_CLONES void dropout_rows(const BFloat16Bits* input, BFloat16Bits* output, std::int64_t begin, std::int64_t end,
                              std::int64_t channels, const DropoutDraw& draw) {
  drop(input, output, begin, end, channels, draw, same);
}

HEED_CLONES void relu_dropout_rows(const float* input, float* output, std::int64_t begin, std::int64_t end,
                                   std::int64_t channels, const DropoutDraw& draw) {
  drop(input, output, begin, end, channels, draw, relu);
}
HEED_CLONES void relu_dropout_rows(const BFloat16Bits* input, BFloat16Bits* output, std::int64_t begin,
                                   std::int64_t end, std::int64_t channels, const DropoutDraw& draw) {
  drop(input, output, begin, end, channels, draw, relu);
}

HEED_CLONES void relu_dropout_gradient(const float* output, const float* output_gradient, float* input_gradient,
                                       std::int64_t count, float scale) {
  gradient(output, output_gradient, input_gradient, count, scale);
}
HEED_CLONES void relu_dropout_gradient(const BFloat16Bits* output, const BFloat16Bits* output_gradient,
                                       BFloat16Bits* input_gradient, std::int64_t count, float scale) {
  gradient(output, output_gradient, input_gradient, count, scale);
}

}  // namespace heed
