#pragma once

#include <ATen/Parallel.h>

namespace heed {

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

/// To be called by threads that LibTorch did not start, before anything of its: else they would go by the machine's
/// number of cores.
inline void take_thread_settings() {
  at::get_num_threads();
}

}  // namespace heed
