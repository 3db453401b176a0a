#include "heed/base/temporaries.h"

#include <array>
#include <atomic>

#include <unistd.h>

namespace heed {
namespace {

std::array<std::atomic<const char*>, 16> noted;
static_assert(std::atomic<const char*>::is_always_lock_free, "only lock-free atomics may be used in a signal handler");

void replace_once(const char* from, const char* to) {
  for (std::atomic<const char*>& path : noted) {
    const char* expected = from;
    if (path.compare_exchange_strong(expected, to)) return;
  }
}

}  // namespace

void note_temporary(const char* path) {
  replace_once(nullptr, path);
}

void forget_temporary(const char* path) {
  replace_once(path, nullptr);
}

void delete_temporaries() noexcept {
  for (const std::atomic<const char*>& noted_path : noted)
    if (const char* path = noted_path) ::unlink(path);
}

}  // namespace heed
