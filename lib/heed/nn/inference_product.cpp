#include "heed/nn/inference_product.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <vector>

#include <ATen/ATen.h>

#include "heed/base/error.h"
#include "heed/nn/int8_kernel.h"

namespace heed {
namespace {

constexpr double kNever = std::numeric_limits<double>::infinity();
constexpr std::int64_t kRowMultiple = 32, kLowPrecisionRows = 128;

// Rows in `dtype`, with zeros below them up to `count`.
at::Tensor filled_up(const at::Tensor& rows, std::int64_t count, at::ScalarType dtype) {
  if (rows.size(0) == count) return rows.to(dtype);
  const at::Tensor result = at::empty({count, rows.size(1)}, rows.options().dtype(dtype));
  result.narrow(0, 0, rows.size(0)).copy_(rows);
  result.narrow(0, rows.size(0), count - rows.size(0)).zero_();
  return result;
}

// Some processors' 8-bit instructions cut sums off at 16 bits.
bool int8_sums_are_exact() {
  const at::Tensor most = at::full({kRowMultiple, 64}, 127, at::kChar), least = at::full({64, 64}, -127, at::kChar);
  return at::_int_mm(most, least).eq(-64 * 127 * 127).all().item<bool>();
}

bool int8_is_exact() {
  static const bool exact = int8_sums_are_exact();
  return exact;
}

void require_int8(const at::Tensor& weight) {
  if (!weight.is_cpu()) throw usage_error("int8 runs on the CPU only: say --device cpu, or take another --precision");
  if (!int8_is_exact()) throw usage_error("this processor's 8-bit products are not exact: take --precision fp32");
}

}  // namespace

ProductSeconds measure_products(std::int64_t rows, std::int64_t inputs, std::int64_t outputs, at::Device device) {
  constexpr int kTurns = 8;
  const at::TensorOptions options = at::TensorOptions(device).dtype(at::kFloat);
  // No random numbers: drawing some would change what the caller draws.
  const at::Tensor input = at::linspace(-1, 1, rows * inputs, options).view({rows, inputs});
  const at::Tensor weight = at::linspace(-1, 1, outputs * inputs, options).view({outputs, inputs});
  ProductSeconds seconds{kNever, kNever, kNever};
  struct Kind {
    InferenceProduct product;
    double& seconds;
  };
  std::vector<Kind> kinds;
  const auto add = [&](at::ScalarType dtype, double& field) {
    kinds.push_back({InferenceProduct(weight, at::Tensor(), dtype), field});
  };
  add(at::kFloat, seconds.fp32);
  add(at::kBFloat16, seconds.bf16);
  if (device.is_cpu() && int8_is_exact()) add(at::kChar, seconds.int8);
  for (int turn = 0; turn < kTurns; ++turn)
    for (Kind& kind : kinds) {
      const auto start = std::chrono::steady_clock::now();
      kind.product(input).select(0, 0).cpu();  // waits for a device that works on its own
      const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
      if (turn > 0) kind.seconds = std::min(kind.seconds, took.count());  // the first warms up
    }
  return seconds;
}

at::ScalarType choose_dtype(const ProductSeconds& seconds) {
  constexpr double kLeastGain = 1.2;
  const double other = std::min(seconds.bf16, seconds.int8);
  if (!(seconds.fp32 > kLeastGain * other)) return at::kFloat;
  return seconds.int8 <= seconds.bf16 ? at::kChar : at::kBFloat16;
}

at::Tensor as_rows(const at::Tensor& input) {
  return input.reshape({-1, input.size(-1)});
}

at::Tensor like_input(const at::Tensor& product, const at::Tensor& input) {
  std::vector<std::int64_t> sizes = input.sizes().vec();
  sizes.back() = product.size(1);
  return product.narrow(0, 0, input.numel() / input.size(-1)).view(sizes);
}

at::Tensor product_rows(const at::Tensor& rows, at::ScalarType dtype) {
  const std::int64_t count = rows.size(0);
  return filled_up(rows, dtype == at::kFloat ? count : (count + kRowMultiple - 1) / kRowMultiple * kRowMultiple, dtype);
}

InferenceProduct::InferenceProduct(const at::Tensor& weight, const at::Tensor& bias, at::ScalarType dtype) {
  const at::Tensor rows = weight.detach();  // [outputs, inputs]
  if (dtype == at::kChar) {
    require_int8(rows);
    scales_ = rows.abs().amax(1) / 127;                                                  // [outputs]
    weight_ = (rows / scales_.clamp_min(1e-30).unsqueeze(1)).round().to(at::kChar).t();  // [inputs, outputs]
    bias_ = bias.defined() ? bias.detach().contiguous() : bias;
    return;
  }
  // Laid out as [outputs, inputs]: MKL's products with transposed weights are faster for few rows, but for some shapes
  // their last bits depend on how many there are.
  weight_ = rows.to(dtype).contiguous().t();  // [inputs, outputs]
  bias_ = bias.defined() ? bias.detach().to(dtype) : bias;
}

at::Tensor InferenceProduct::operator()(const at::Tensor& input) const {
  if (dtype() == at::kChar) return like_input(int8_product(as_rows(input).to(at::kFloat).contiguous()), input);
  const at::Tensor rows = as_rows(input);  // [N, inputs]
  const auto product = [&](const at::Tensor& some) {
    return bias_.defined() ? at::addmm(bias_, some, weight_) : at::mm(some, weight_);
  };
  // In float32 sums are made in another order for few rows.
  if (dtype() == at::kFloat)
    return like_input(product(filled_up(rows, std::max(rows.size(0), kFewestProductRows), dtype())),
                      input);  // [.., outputs]
  // In bfloat16 any number of rows may have an order of its own: each product is of as many.
  const std::int64_t filled = (rows.size(0) + kLowPrecisionRows - 1) / kLowPrecisionRows * kLowPrecisionRows;
  std::vector<at::Tensor> blocks;  // [kLowPrecisionRows, outputs] each
  for (const at::Tensor& block : filled_up(rows, filled, dtype()).split(kLowPrecisionRows))
    blocks.push_back(product(block));
  return like_input(blocks.size() == 1 ? blocks.front() : at::cat(blocks), input);  // [.., outputs]
}

// [N, inputs] -> [N', outputs]
at::Tensor InferenceProduct::int8_product(const at::Tensor& rows) const {
  const std::int64_t count = rows.size(0), inputs = rows.size(1), outputs = weight_.size(1);
  const std::int64_t filled = (count + kRowMultiple - 1) / kRowMultiple * kRowMultiple;
  const at::Tensor quantised = at::empty({filled, inputs}, rows.options().dtype(at::kChar));  // [N', inputs]
  const at::Tensor scales = at::empty({count}, rows.options());                               // [N]
  quantise_rows(rows.const_data_ptr<float>(), rows.stride(0), count, inputs, quantised.mutable_data_ptr<std::int8_t>(),
                scales.mutable_data_ptr<float>());
  quantised.narrow(0, count, filled - count).zero_();
  const at::Tensor sums = at::_int_mm(quantised, weight_);                // [N', outputs]
  const at::Tensor result = at::empty({count, outputs}, rows.options());  // [N, outputs]
  scale_product(sums.const_data_ptr<std::int32_t>(), count, outputs, scales.const_data_ptr<float>(),
                scales_.const_data_ptr<float>(), bias_.defined() ? bias_.const_data_ptr<float>() : nullptr,
                result.mutable_data_ptr<float>());
  return result;
}

}  // namespace heed
