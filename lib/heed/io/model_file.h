#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include "heed/base/safetensors.h"
#include "heed/io/model_identity.h"

/// The tensors of a model file as LibTorch's, and back.
namespace heed {

/// Tensors that only point at the bytes of others, which must stay alive while they are written.
class TensorList {
 public:
  /// The tensor is moved to the CPU and made contiguous when it is not (the copy is kept here).
  void add(std::string name, const at::Tensor& tensor);
  void add_bytes(std::string name, std::string_view bytes);
  const std::vector<safetensors::TensorView>& views() const { return views_; }

 private:
  std::vector<safetensors::TensorView> views_;
  std::vector<at::Tensor> kept_;
};

/// A tensor of the file as a LibTorch tensor of its own memory.
at::Tensor to_tensor(const safetensors::TensorView& view);

/// The tensor of that name. Throws Error(checkpoint) naming it when it is missing or has another shape or type than
/// F32.
at::Tensor read_tensor(const safetensors::File& file, const std::string& name, at::IntArrayRef shape);
/// Copies the tensors named `prefix` + parameter name into the module's parameters. Throws as read_tensor().
void read_parameters(const safetensors::File& file, std::string_view prefix, torch::nn::Module& module);

}  // namespace heed
