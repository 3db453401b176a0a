#include "heed/nn/inference_product.h"

#include <vector>

#include <ATen/ATen.h>

namespace heed {
namespace {

constexpr std::int64_t kRowMultiple = 32;

}  // namespace

at::Tensor as_rows(const at::Tensor& input) {
  return input.reshape({-1, input.size(-1)});
}

at::Tensor like_input(const at::Tensor& product, const at::Tensor& input) {
  std::vector<std::int64_t> sizes = input.sizes().vec();
  sizes.back() = product.size(1);
  return product.narrow(0, 0, input.numel() / input.size(-1)).view(sizes);
}

at::Tensor product_rows(const at::Tensor& rows, at::ScalarType dtype) {
  const std::int64_t count = rows.size(0), filled = (count + kRowMultiple - 1) / kRowMultiple * kRowMultiple;
  if (dtype == at::kFloat || count == filled) return rows.to(dtype);
  const at::Tensor result = at::empty({filled, rows.size(1)}, rows.options().dtype(dtype));  // [N', W]
  result.narrow(0, 0, count).copy_(rows);
  result.narrow(0, count, filled - count).zero_();
  return result;
}

InferenceProduct::InferenceProduct(const at::Tensor& weight, const at::Tensor& bias, at::ScalarType dtype)
    : weight_(weight.detach().t().to(dtype).contiguous()), bias_(bias.defined() ? bias.detach().to(dtype) : bias) {}

at::Tensor InferenceProduct::operator()(const at::Tensor& input) const {
  const at::Tensor rows = product_rows(as_rows(input), dtype());                                             // [N', inputs]
  return like_input(bias_.defined() ? at::addmm(bias_, rows, weight_) : at::mm(rows, weight_), input);  // [.., outputs]
}

}  // namespace heed
