#pragma once

#include <cstdint>

namespace heed {

/// Largest resident memory of this process so far, in MB (10^6 bytes).
double peak_memory_mb();
/// Memory that can be used without swapping, in bytes; 0 when unknown.
std::uint64_t available_memory();

}  // namespace heed
