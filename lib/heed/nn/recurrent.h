#pragma once

#include <cstdint>

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include "heed/nn/layers.h"

/// Recurrent layers. Besides the letters of nn/attention.h: I input width, W width of a layer, G gates (LSTM 4, GRU 3).
/// Sequences stand time first, [T, B, ..], so that each step is one block of memory.
namespace heed {

/// With x = W_x input + b_x and h = W_h hidden + b_h, both in G blocks of W, as torch.nn.LSTM and torch.nn.GRU order
/// them:
///
///     LSTM (Hochreiter and Schmidhuber 1997; Gers et al. 2000): i f g o = sigmoid, sigmoid, tanh, sigmoid of x + h;
///          cell' = f cell + i g;  hidden' = o tanh(cell')
///     GRU  (Cho et al. 2014): r, z = sigmoid(x + h);  n = tanh(x_n + r h_n);  hidden' = (1 - z) n + z hidden
enum class RecurrentCell { lstm, gru };

/// What a layer carries from step to step.
struct RecurrentState {
  at::Tensor hidden;  ///< [R, W]
  at::Tensor cell;    ///< [R, W] of an LSTM, else undefined

  /// Row r becomes a copy of old row rows[r] (int64 [R']).
  void reorder(const at::Tensor& rows);
};

/// One step by tensor operations: the path for other devices, and the judge of the CPU's loops. x and h [R, G W]; where
/// `real` [R] (bool, undefined = everywhere) is false the state stays.
RecurrentState recurrent_step(RecurrentCell cell, const at::Tensor& input_gates, const at::Tensor& hidden_gates,
                              const RecurrentState& state, const at::Tensor& real = {});

enum class Direction { forward, backward };

/// One layer in one direction. Matrix products in compute_dtype(), all else in float32.
class RecurrentLayerImpl : public torch::nn::Module {
 public:
  /// The biases of an LSTM's forget gates begin at one (Jozefowicz et al. 2015), all others at zero.
  RecurrentLayerImpl(RecurrentCell cell, std::int64_t inputs, std::int64_t width);
  /// Zeros.
  RecurrentState first_state(std::int64_t rows) const;
  /// All steps: input [T, B, I] -> hidden states [T, B, W]. Where `real` [T, B] (bool, undefined = everywhere) is false
  /// the state stays: a sentence has the same states whatever padding follows it, and `backward` begins at its end.
  at::Tensor forward(const at::Tensor& input, const RecurrentState& state, const at::Tensor& real = {},
                     Direction direction = Direction::forward);
  /// One step: input [R, I].
  RecurrentState step(const at::Tensor& input, const RecurrentState& state);

  Linear input_gates{nullptr}, hidden_gates{nullptr};  ///< [G W, I], [G W, W]

 private:
  at::Tensor forward_by_operations(const at::Tensor& input, RecurrentState state, const at::Tensor& real,
                                   Direction direction);

  RecurrentCell cell_;
};
TORCH_MODULE(RecurrentLayer);

/// Two layers, one in each direction, their states side by side: [T, B, I] -> [T, B, 2 W] (Schuster and Paliwal 1997).
class BidirectionalLayerImpl : public torch::nn::Module {
 public:
  BidirectionalLayerImpl(RecurrentCell cell, std::int64_t inputs, std::int64_t width);
  at::Tensor forward(const at::Tensor& input, const at::Tensor& real);

  RecurrentLayer forward_layer{nullptr}, backward_layer{nullptr};
};
TORCH_MODULE(BidirectionalLayer);

/// Hyperbolic tangent, float32; on the CPU each result depends on its number alone, to the bit.
at::Tensor tanh_of(const at::Tensor& input);

}  // namespace heed
