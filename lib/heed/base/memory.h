#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace heed {

/// Largest resident memory of this process so far, in MB (10^6 bytes).
double peak_memory_mb();
/// Memory that can be used without swapping, in bytes; nothing when unknown. A container's own limit (control groups,
/// version 2) counts. `root`: where proc and sys are.
std::optional<std::uint64_t> available_memory(const std::filesystem::path& root = "/");

/// Keeps large blocks that were freed for the next ones, up to 32 MiB each, instead of giving them back to the
/// system, which would hand them out again page by page, cleared: training steps ask for the same sizes over and over.
/// For programs, at their start; does nothing where the C library is not glibc.
void keep_freed_memory();
/// Gives what is kept back after all: for when memory has run out, since small free blocks do not make a large one.
void release_freed_memory();

}  // namespace heed
