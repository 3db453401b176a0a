#include "heed/base/parallel.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace heed {

void parallel_for(std::size_t count, const std::function<void(std::size_t)>& work,
                  const std::function<void(std::size_t)>& on_progress, std::size_t threads) {
  std::atomic<std::size_t> next = 0, done = 0;
  std::exception_ptr failure;
  std::mutex failure_mutex;
  const auto run = [&](bool reports) {
    for (std::size_t index; (index = next++) < count;) {
      try {
        work(index);
      } catch (...) {
        const std::lock_guard lock(failure_mutex);
        if (!failure) failure = std::current_exception();
        next = count;
        return;
      }
      ++done;
      if (reports && on_progress) on_progress(done);
    }
  };
  if (threads == 0) threads = std::max(1U, std::thread::hardware_concurrency());
  {
    std::vector<std::jthread> others;
    try {
      for (std::size_t i = 1; i < std::min(threads, count); ++i) others.emplace_back(run, false);
    } catch (const std::system_error&) {  // no memory for another thread, or a limit on their number
    }
    run(true);
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace heed
