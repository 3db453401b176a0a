#include "heed/train/checkpoint.h"

#include <ATen/ATen.h>

namespace heed {

void add_flat(TensorList& tensors, std::string_view prefix, const FlatParameters& layout, const at::Tensor& flat) {
  for (const auto& slot : layout.slots())
    tensors.add(std::string(prefix) + slot.name, FlatParameters::view(flat, slot));
}

void read_flat(const safetensors::File& file, std::string_view prefix, const FlatParameters& layout,
               const at::Tensor& flat) {
  const at::NoGradGuard no_grad;
  for (const auto& slot : layout.slots())
    FlatParameters::view(flat, slot).copy_(read_tensor(file, std::string(prefix) + slot.name, slot.shape));
}

void add_moments(TensorList& tensors, std::string_view prefix, const FlatParameters& layout, const Adam& adam) {
  add_flat(tensors, "optim.m." + std::string(prefix), layout, adam.first_moment);
  add_flat(tensors, "optim.v." + std::string(prefix), layout, adam.second_moment);
}

void read_moments(const safetensors::File& file, std::string_view prefix, const FlatParameters& layout, Adam& adam) {
  read_flat(file, "optim.m." + std::string(prefix), layout, adam.first_moment);
  read_flat(file, "optim.v." + std::string(prefix), layout, adam.second_moment);
}

}  // namespace heed
