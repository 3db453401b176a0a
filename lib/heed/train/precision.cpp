#include "heed/train/precision.h"

#include <chrono>
#include <stdexcept>

#include <ATen/ATen.h>

namespace heed {
namespace {

double gigaflops(at::ScalarType dtype, at::Device device) {
  const std::int64_t rows = 2048, width = 512, inner = 1024;
  const auto options = at::TensorOptions().dtype(dtype).device(device);
  const at::Tensor a = at::ones({rows, width}, options), b = at::ones({width, inner}, options);
  const auto once = [&] { return at::mm(a, b).view(-1)[0].item<float>(); };  // item() waits for the device
  once();
  const auto start = std::chrono::steady_clock::now();
  double seconds = 0, products = 0;
  for (; seconds < 0.4; ++products) {
    once();
    seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }
  return 2e-9 * static_cast<double>(rows * width * inner) * products / seconds;
}

}  // namespace

MatrixSpeed measure_matrix_speed(at::Device device) {
  return {gigaflops(at::kFloat, device), gigaflops(at::kBFloat16, device)};
}

Precision choose_precision(const MatrixSpeed& speed) {
  return speed.bf16 >= 1.5 * speed.fp32 ? Precision::bf16 : Precision::fp32;
}

at::ScalarType compute_dtype_of(Precision precision) {
  switch (precision) {
    case Precision::fp32: return at::kFloat;
    case Precision::bf16: return at::kBFloat16;
    case Precision::automatic: break;
  }
  throw std::logic_error("precision auto was not resolved");
}

}  // namespace heed
