#include "heed/nn/out_of_memory.h"

#include <cstring>
#include <new>

#include <c10/util/Exception.h>

namespace heed {

bool is_out_of_memory(const std::exception& error) {
  if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr) return true;
  if (dynamic_cast<const c10::OutOfMemoryError*>(&error) != nullptr) return true;
  // The CPU allocator throws a plain c10::Error, known by its text alone.
  const auto* plain = dynamic_cast<const c10::Error*>(&error);
  return plain != nullptr &&
         (std::strstr(plain->what_without_backtrace(), "DefaultCPUAllocator: can't allocate memory") != nullptr ||
          std::strstr(plain->what_without_backtrace(), "DefaultCPUAllocator: not enough memory") != nullptr);
}

}  // namespace heed
