#pragma once

#include <cstddef>
#include <functional>

namespace heed {

/// Calls work(0) to work(count - 1), each once, on `threads` threads (0 = as many as there are cores) of which this is
/// one, in no certain order; on fewer where the system has no more to give. The first exception ends the rest and is
/// thrown again here. `on_progress(done)` is called now and then, on this thread alone.
void parallel_for(std::size_t count, const std::function<void(std::size_t)>& work,
                  const std::function<void(std::size_t)>& on_progress = {}, std::size_t threads = 0);

}  // namespace heed
