#pragma once

#include <cstdint>
#include <filesystem>
#include <span>

#include "heed/base/files.h"

namespace heed {

/// A text file and where its lines begin, both mapped.
struct IndexedText {
  MappedFile text, index;
  std::uint64_t lines = 0;
  std::uint64_t content = 0;  ///< hash of the text
};

/// Opens `path` with its index from `cache_directory`, or makes the index first (and the unpacked text of a gzip file,
/// which is kept there as well). Memory does not grow with the file. Throws Error(data), and Error(checkpoint) when
/// the cache is not writable.
IndexedText open_indexed_text(const std::filesystem::path& path, const std::filesystem::path& cache_directory);

/// Takes mapped pages out of this process's memory; they come back from the file when they are read again. Without it
/// everything that was ever read counts as the process's own.
void release_pages(const MappedFile& file);

/// Where line n begins is entry n, the text's size the last entry.
std::span<const std::uint64_t> line_starts(const IndexedText& text);

}  // namespace heed
