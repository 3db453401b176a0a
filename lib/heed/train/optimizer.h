#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include <torch/nn/module.h>

#include "heed/train/adam_options.h"

namespace heed {

/// A module's parameters and gradients as two flat float32 buffers into which the module's own tensors are views: one
/// pass for the optimizer, the norm, the average, and one buffer to sum over processes. Matrices come first (they are
/// what weight decay is for), then vectors, each in the order of registration.
class FlatParameters {
 public:
  /// `with_gradients` = false: for a module that is never trained itself (an average of another's weights).
  explicit FlatParameters(torch::nn::Module& module, bool with_gradients = true);
  /// Makes the module, built like that of `shared`, use its values, with gradients of its own.
  FlatParameters(torch::nn::Module& module, const FlatParameters& shared);

  at::Tensor values, gradients;      ///< [total]; gradients undefined when there are none
  std::int64_t matrix_elements = 0;  ///< the first that many belong to matrices

  struct Slot {
    std::string name;
    std::vector<std::int64_t> shape;
    std::int64_t offset, elements;
  };
  const std::vector<Slot>& slots() const { return slots_; }
  /// The part of a flat buffer (like `values`) that belongs to a parameter, in its shape.
  static at::Tensor view(const at::Tensor& flat, const Slot& slot);

 private:
  std::vector<at::Tensor> lay_out(torch::nn::Module& module);
  void attach(std::vector<at::Tensor>& parameters, bool with_gradients);
  std::int64_t total() const;

  std::vector<Slot> slots_;
};

/// Calls work(begin, count) for `workers` slices of `total` elements, side by side.
void for_slices(std::int64_t total, std::int64_t workers, const std::function<void(std::int64_t, std::int64_t)>& work);

/// Adam (Kingma and Ba 2015) and AdamW (Loshchilov and Hutter 2019; decay of matrices only) in one pass.
class Adam {
 public:
  Adam(const FlatParameters& parameters, AdamOptions options);
  /// Applies the gradients divided by `divisor` (and leaves them so); `update` is counted from 1 (bias correction).
  void step(FlatParameters& parameters, double learning_rate, std::int64_t update, double divisor = 1,
            std::int64_t workers = 1);

  at::Tensor first_moment, second_moment;  ///< [total]

 private:
  AdamOptions options_;
};

}  // namespace heed
