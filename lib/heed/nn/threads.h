#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

#include <ATen/Parallel.h>

#include "heed/base/parallel.h"
#include "heed/nn/layers.h"

namespace heed {

/// Rows of a hot loop that are worth a task of at::parallel_for.
inline constexpr std::int64_t kRowsPerTask = 8;

/// The number of threads that LibTorch shares one operation among, while this lives.
class ThreadCountGuard {
 public:
  explicit ThreadCountGuard(int threads) : before_(at::get_num_threads()) { at::set_num_threads(threads); }
  ~ThreadCountGuard() { at::set_num_threads(before_); }
  ThreadCountGuard(const ThreadCountGuard&) = delete;
  ThreadCountGuard& operator=(const ThreadCountGuard&) = delete;

 private:
  int before_;
};

/// parallel_for() for work that calls LibTorch: its threads take LibTorch's number of threads, and compute_dtype() of
/// the thread that asks.
inline void side_by_side(std::size_t count, std::int64_t workers, const std::function<void(std::size_t)>& work) {
  const at::ScalarType dtype = compute_dtype();
  parallel_for(
      count,
      [&](std::size_t number) {
        at::get_num_threads();  // else a new thread goes by the machine's number of cores
        const ComputeDtypeGuard compute(dtype);
        work(number);
      },
      {}, static_cast<std::size_t>(workers));
}

}  // namespace heed
