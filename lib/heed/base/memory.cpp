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
namespace {

// The number behind a key, or in a file that holds nothing else; nothing for "max" or where there is no such file.
std::optional<std::uint64_t> number_in(const std::filesystem::path& path, const std::string& key = {}) {
  std::ifstream file(path);
  std::string line;
  while (std::getline(file, line)) {
    if (!line.starts_with(key)) continue;
    std::istringstream rest(line.substr(key.size()));
    if (std::uint64_t number = 0; rest >> number) return number;
  }
  return std::nullopt;
}

// What a container's own limit leaves: what is in use without cached files.
std::optional<std::uint64_t> left_in_container(const std::filesystem::path& group) {
  const auto limit = number_in(group / "memory.max"), used = number_in(group / "memory.current");
  if (!limit || !used) return std::nullopt;
  const std::uint64_t files = number_in(group / "memory.stat", "inactive_file ").value_or(0);
  const std::uint64_t held = *used - std::min(*used, files);
  return *limit - std::min(*limit, held);
}

}  // namespace

double peak_memory_mb() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) * 1024 / 1e6;
}

std::optional<std::uint64_t> available_memory(const std::filesystem::path& root) {
  const auto kilobytes = number_in(root / "proc/meminfo", "MemAvailable:");
  if (!kilobytes) return std::nullopt;
  const std::uint64_t machine = 1024 * *kilobytes;
  return std::min(machine, left_in_container(root / "sys/fs/cgroup").value_or(machine));
}

void keep_freed_memory() {
#ifdef __GLIBC__
  mallopt(M_MMAP_THRESHOLD, 32 << 20);  // the most that is allowed
  mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max());
#endif
}

void release_freed_memory() {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}

}  // namespace heed
