#pragma once

#include <cstdint>

/// The CPU loops behind recurrent cells, free of LibTorch. Every matrix is row-major and dense; a row's result depends
/// on that row alone, to the bit. The formulas are in nn/recurrent.h.
namespace heed {

/// One step of an LSTM or GRU. Rows where `real` is 0 keep their state.
struct CellStep {
  const float* input_gates;    ///< [R, G W]
  const float* hidden_gates;   ///< [R, G W]
  const float* hidden_before;  ///< [R, W]
  const float* cell_before;    ///< [R, W] LSTM
  const bool* real;            ///< [R]; nullptr: all are
  float* activations;          ///< [R, 4 W] for the backward pass: i f g o, or r z n and what r multiplies
  float* hidden;               ///< [R, W]
  float* cell;                 ///< [R, W] LSTM
};
void lstm_step(const CellStep& step, std::int64_t begin, std::int64_t end, std::int64_t width);
void gru_step(const CellStep& step, std::int64_t begin, std::int64_t end, std::int64_t width);

/// The gradients of such a step. `hidden_before_gradient` is without what comes through the hidden gates.
struct CellGradient {
  const float* activations;
  const float* hidden_before;  ///< GRU
  const float* cell_before;    ///< LSTM
  const float* cell;           ///< LSTM
  const bool* real;
  const float* hidden_gradient;   ///< [R, W]
  const float* cell_gradient;     ///< [R, W] LSTM
  float* input_gates_gradient;    ///< [R, G W]
  float* hidden_gates_gradient;   ///< [R, G W] GRU; an LSTM's is the same as the other
  float* hidden_before_gradient;  ///< [R, W]
  float* cell_before_gradient;    ///< [R, W] LSTM; may be cell_gradient
};
void lstm_step_gradient(const CellGradient& step, std::int64_t begin, std::int64_t end, std::int64_t width);
void gru_step_gradient(const CellGradient& step, std::int64_t begin, std::int64_t end, std::int64_t width);

/// tanh of `count` numbers, each result depending on its number alone.
void tanh_row(const float* input, float* output, std::int64_t count);

}  // namespace heed
