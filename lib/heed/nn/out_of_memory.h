#pragma once

#include <exception>
#include <new>
#include <string_view>

#include <c10/util/Exception.h>

namespace heed {

/// Whether that is what was thrown because memory ran out.
inline bool is_out_of_memory(const std::exception& error) {
  if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr) return true;
  if (dynamic_cast<const c10::OutOfMemoryError*>(&error) != nullptr) return true;
  // The CPU allocator throws a plain c10::Error, known by its text alone.
  const auto* plain = dynamic_cast<const c10::Error*>(&error);
  if (plain == nullptr) return false;
  const std::string_view text = plain->what_without_backtrace();
  return text.find("DefaultCPUAllocator: can't allocate memory") != text.npos ||
         text.find("DefaultCPUAllocator: not enough memory") != text.npos;
}

}  // namespace heed
