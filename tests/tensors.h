#pragma once

#include <cstring>
#include <limits>
#include <stdexcept>
#include <string>

#include <ATen/ATen.h>

#include "heed/base/safetensors.h"
#include "heed/io/model_file.h"

namespace heed {

/// Largest absolute difference of two tensors of one shape; infinite for another shape or anything not finite.
inline double difference(const at::Tensor& a, const at::Tensor& b) {
  if (a.sizes() != b.sizes()) return std::numeric_limits<double>::infinity();
  if (a.numel() == 0) return 0;
  const at::Tensor distance = (a.detach().to(at::kDouble) - b.detach().to(at::kDouble)).abs();
  return distance.isfinite().all().item<bool>() ? distance.max().item<double>()
                                                : std::numeric_limits<double>::infinity();
}

/// Same type, shape and bytes.
inline bool same_bits(const at::Tensor& a, const at::Tensor& b) {
  if (a.sizes() != b.sizes() || a.scalar_type() != b.scalar_type()) return false;
  const at::Tensor left = a.detach().contiguous(), right = b.detach().contiguous();
  return left.nbytes() == 0 || std::memcmp(left.const_data_ptr(), right.const_data_ptr(), left.nbytes()) == 0;
}

/// Tensors that a make_*_numbers.py wrote; `file` is counted from tests/.
class Numbers {
 public:
  explicit Numbers(const std::string& file) : file_(std::string(HEED_TEST_DATA) + "/" + file) {}

  bool has(const std::string& name) const { return file_.find(name) != nullptr; }
  at::Tensor operator[](const std::string& name) const {
    const safetensors::TensorView* view = file_.find(name);
    if (view == nullptr) throw std::runtime_error("no expected numbers '" + name + "'");
    return to_tensor(*view);
  }

 private:
  safetensors::File file_;
};

}  // namespace heed
