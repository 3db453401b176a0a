#include "heed/io/model_file.h"

#include <cstring>
#include <stdexcept>

#include <ATen/ATen.h>

#include "heed/base/error.h"

namespace heed {
namespace {

safetensors::DType dtype_of(const at::Tensor& tensor) {
  switch (tensor.scalar_type()) {
    case at::kFloat:
      return safetensors::DType::f32;
    case at::kDouble:
      return safetensors::DType::f64;
    case at::kBFloat16:
      return safetensors::DType::bf16;
    case at::kInt:
      return safetensors::DType::i32;
    case at::kLong:
      return safetensors::DType::i64;
    case at::kByte:
      return safetensors::DType::u8;
    default:
      throw std::logic_error(std::string("no file format for tensors of ") + toString(tensor.scalar_type()));
  }
}

at::ScalarType scalar_type_of(safetensors::DType dtype) {
  switch (dtype) {
    case safetensors::DType::boolean:
      return at::kBool;
    case safetensors::DType::u8:
      return at::kByte;
    case safetensors::DType::i32:
      return at::kInt;
    case safetensors::DType::i64:
      return at::kLong;
    case safetensors::DType::f16:
      return at::kHalf;
    case safetensors::DType::bf16:
      return at::kBFloat16;
    case safetensors::DType::f32:
      return at::kFloat;
    case safetensors::DType::f64:
      return at::kDouble;
  }
  throw std::logic_error("unknown dtype");
}

std::string shape_text(at::IntArrayRef shape) {
  std::string text = "[";
  for (const std::int64_t size : shape) text += (text.size() > 1 ? ", " : "") + std::to_string(size);
  return text + "]";
}

}  // namespace

void TensorList::add(std::string name, const at::Tensor& tensor) {
  kept_.push_back(tensor.detach().to(at::kCPU).contiguous());
  const at::Tensor& kept = kept_.back();
  views_.push_back({std::move(name),
                    dtype_of(kept),
                    kept.sizes().vec(),
                    {static_cast<const std::byte*>(kept.const_data_ptr()), kept.nbytes()}});
}

void TensorList::add_bytes(std::string name, std::string_view bytes) {
  views_.push_back({std::move(name),
                    safetensors::DType::u8,
                    {static_cast<std::int64_t>(bytes.size())},
                    std::as_bytes(std::span(bytes))});
}

at::Tensor to_tensor(const safetensors::TensorView& view) {
  at::Tensor tensor = at::empty(view.shape, at::TensorOptions().dtype(scalar_type_of(view.dtype)));
  if (!view.data.empty()) std::memcpy(tensor.mutable_data_ptr(), view.data.data(), view.data.size());
  return tensor;
}

at::Tensor read_tensor(const safetensors::File& file, const std::string& name, at::IntArrayRef shape) {
  const safetensors::TensorView* view = file.find(name);
  if (view == nullptr) throw checkpoint_error(file.path().string() + ": the weights '" + name + "' are missing");
  if (at::IntArrayRef(view->shape) != shape || view->dtype != safetensors::DType::f32)
    throw checkpoint_error(file.path().string() + ": '" + name + "' is " + std::string(name_of(view->dtype)) + " " +
                           shape_text(view->shape) + ", expected F32 " + shape_text(shape));
  return to_tensor(*view);
}

void read_parameters(const safetensors::File& file, std::string_view prefix, torch::nn::Module& module) {
  const at::NoGradGuard no_grad;
  for (auto& parameter : module.named_parameters())
    parameter.value().copy_(read_tensor(file, std::string(prefix) + parameter.key(), parameter.value().sizes()));
}

}  // namespace heed
