#include "heed/nn/recurrent_kernel.h"

#include <algorithm>
#include <bit>

#include "heed/nn/clones.h"

// The inner loops are marked as free of dependencies: an output stands apart from the inputs, or in the place of one
// that is read before it.
namespace heed {
namespace {

// e^x to about one unit in the last place, in operations that a vectoriser understands: 2^n times a polynomial.
HEED_INLINE float exp_of(float x) {
  constexpr float kRound = 12582912.0f;  // 1.5 * 2^23: what is added to it is rounded to a whole number
  constexpr std::int32_t kRoundBits = 0x4B400000;
  x = x < -87.0f ? -87.0f : x;
  x = x > 88.0f ? 88.0f : x;
  const float shifted = x * 1.44269504f + kRound;
  const float n = shifted - kRound;
  const float f = (x - n * 0.693359375f) + n * 2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * f + 1.3981999507e-3f;
  p = p * f + 8.3334519073e-3f;
  p = p * f + 4.1665795894e-2f;
  p = p * f + 1.6666665459e-1f;
  p = p * f + 5.0000001201e-1f;
  p = p * f * f + f + 1.0f;
  const std::int32_t power = (std::bit_cast<std::int32_t>(shifted) - kRoundBits + 127) << 23;
  return p * std::bit_cast<float>(power);
}

HEED_INLINE float sigmoid_of(float x) {
  return 1.0f / (1.0f + exp_of(-x));
}

HEED_INLINE float tanh_of(float x) {
  return 2.0f / (1.0f + exp_of(-2.0f * x)) - 1.0f;
}

HEED_INLINE bool is_real(const bool* real, std::int64_t row) {
  return real == nullptr || real[row];
}

}  // namespace

HEED_CLONES void lstm_step(const CellStep& step, std::int64_t begin, std::int64_t end, std::int64_t width) {
  for (std::int64_t row = begin; row < end; ++row) {
    const float* x = step.input_gates + row * 4 * width;
    const float* h = step.hidden_gates + row * 4 * width;
    const float* before = step.cell_before + row * width;
    float* a = step.activations + row * 4 * width;
    float* hidden = step.hidden + row * width;
    float* cell = step.cell + row * width;
    if (!is_real(step.real, row)) {
      std::fill_n(a, 4 * width, 0.0f);
      std::copy_n(before, width, cell);
      std::copy_n(step.hidden_before + row * width, width, hidden);
      continue;
    }
#pragma GCC ivdep
    for (std::int64_t k = 0; k < width; ++k) {
      const float i = sigmoid_of(x[k] + h[k]);
      const float f = sigmoid_of(x[width + k] + h[width + k]);
      const float g = tanh_of(x[2 * width + k] + h[2 * width + k]);
      const float o = sigmoid_of(x[3 * width + k] + h[3 * width + k]);
      const float c = f * before[k] + i * g;
      a[k] = i;
      a[width + k] = f;
      a[2 * width + k] = g;
      a[3 * width + k] = o;
      cell[k] = c;
      hidden[k] = o * tanh_of(c);
    }
  }
}

HEED_CLONES void gru_step(const CellStep& step, std::int64_t begin, std::int64_t end, std::int64_t width) {
  for (std::int64_t row = begin; row < end; ++row) {
    const float* x = step.input_gates + row * 3 * width;
    const float* h = step.hidden_gates + row * 3 * width;
    const float* before = step.hidden_before + row * width;
    float* a = step.activations + row * 4 * width;
    float* hidden = step.hidden + row * width;
    if (!is_real(step.real, row)) {
      std::fill_n(a, 4 * width, 0.0f);
      std::copy_n(before, width, hidden);
      continue;
    }
#pragma GCC ivdep
    for (std::int64_t k = 0; k < width; ++k) {
      const float r = sigmoid_of(x[k] + h[k]);
      const float z = sigmoid_of(x[width + k] + h[width + k]);
      const float n = tanh_of(x[2 * width + k] + r * h[2 * width + k]);
      a[k] = r;
      a[width + k] = z;
      a[2 * width + k] = n;
      a[3 * width + k] = h[2 * width + k];
      hidden[k] = n + z * (before[k] - n);
    }
  }
}

HEED_CLONES void lstm_step_gradient(const CellGradient& step, std::int64_t begin, std::int64_t end,
                                    std::int64_t width) {
  for (std::int64_t row = begin; row < end; ++row) {
    const float* a = step.activations + row * 4 * width;
    const float* before = step.cell_before + row * width;
    const float* cell = step.cell + row * width;
    const float* d_hidden = step.hidden_gradient + row * width;
    const float* d_cell = step.cell_gradient + row * width;
    float* d_gates = step.input_gates_gradient + row * 4 * width;
    float* d_hidden_before = step.hidden_before_gradient + row * width;
    float* d_cell_before = step.cell_before_gradient + row * width;
    if (!is_real(step.real, row)) {
      std::fill_n(d_gates, 4 * width, 0.0f);
      std::copy_n(d_hidden, width, d_hidden_before);
      if (d_cell_before != d_cell) std::copy_n(d_cell, width, d_cell_before);
      continue;
    }
#pragma GCC ivdep
    for (std::int64_t k = 0; k < width; ++k) {
      const float i = a[k], f = a[width + k], g = a[2 * width + k], o = a[3 * width + k];
      const float squashed = tanh_of(cell[k]);
      const float dc = d_cell[k] + d_hidden[k] * o * (1.0f - squashed * squashed);
      d_gates[k] = dc * g * i * (1.0f - i);
      d_gates[width + k] = dc * before[k] * f * (1.0f - f);
      d_gates[2 * width + k] = dc * i * (1.0f - g * g);
      d_gates[3 * width + k] = d_hidden[k] * squashed * o * (1.0f - o);
      d_hidden_before[k] = 0.0f;
      d_cell_before[k] = dc * f;
    }
  }
}

HEED_CLONES void gru_step_gradient(const CellGradient& step, std::int64_t begin, std::int64_t end, std::int64_t width) {
  for (std::int64_t row = begin; row < end; ++row) {
    const float* a = step.activations + row * 4 * width;
    const float* before = step.hidden_before + row * width;
    const float* d_hidden = step.hidden_gradient + row * width;
    float* d_input = step.input_gates_gradient + row * 3 * width;
    float* d_gates = step.hidden_gates_gradient + row * 3 * width;
    float* d_hidden_before = step.hidden_before_gradient + row * width;
    if (!is_real(step.real, row)) {
      std::fill_n(d_input, 3 * width, 0.0f);
      std::fill_n(d_gates, 3 * width, 0.0f);
      std::copy_n(d_hidden, width, d_hidden_before);
      continue;
    }
#pragma GCC ivdep
    for (std::int64_t k = 0; k < width; ++k) {
      const float r = a[k], z = a[width + k], n = a[2 * width + k], multiplied = a[3 * width + k];
      const float dn = d_hidden[k] * (1.0f - z) * (1.0f - n * n);
      const float dz = d_hidden[k] * (before[k] - n) * z * (1.0f - z);
      const float dr = dn * multiplied * r * (1.0f - r);
      d_input[k] = d_gates[k] = dr;
      d_input[width + k] = d_gates[width + k] = dz;
      d_input[2 * width + k] = dn;
      d_gates[2 * width + k] = dn * r;
      d_hidden_before[k] = d_hidden[k] * z;
    }
  }
}

HEED_CLONES void tanh_row(const float* input, float* output, std::int64_t count) {
#pragma GCC ivdep
  for (std::int64_t k = 0; k < count; ++k) output[k] = tanh_of(input[k]);
}

}  // namespace heed
