#include "heed/base/memory.h"

#include <algorithm>
#include <fstream>
#include <limits>
#include <optional>
#include <sstream>
#include <string>

#include <sys/resource.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace heed {

double peak_memory_mb() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) * 1024 / 1e6;
}

namespace {

// The number behind a key, or in a file that holds nothing else; nothing for "max" or where there is no such file.
std::optional<std::uint64_t> number_in(const char* path, const std::string& key = {}) {
  std::ifstream file(path);
  std::string line;
  while (std::getline(file, line)) {
    if (!line.starts_with(key)) continue;
    std::istringstream rest(line.substr(key.size()));
    if (std::uint64_t number = 0; rest >> number) return number;
  }
  return std::nullopt;
}

// What a container's own limit (control groups, version 2) leaves: what is in use without cached files.
std::optional<std::uint64_t> left_in_container() {
  const auto limit = number_in("/sys/fs/cgroup/memory.max"), used = number_in("/sys/fs/cgroup/memory.current");
  if (!limit || !used) return std::nullopt;
  const std::uint64_t files = number_in("/sys/fs/cgroup/memory.stat", "inactive_file ").value_or(0);
  const std::uint64_t held = *used - std::min(*used, files);
  return *limit - std::min(*limit, held);
}

}  // namespace

std::uint64_t available_memory() {
  const std::uint64_t machine = 1024 * number_in("/proc/meminfo", "MemAvailable:").value_or(0);
  const std::optional<std::uint64_t> container = left_in_container();
  return container && machine > 0 ? std::min(machine, *container) : machine;
}

void keep_freed_memory() {
#ifdef __GLIBC__
  mallopt(M_MMAP_THRESHOLD, 32 << 20);  // the most that is allowed
  mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max());
#endif
}

}  // namespace heed
