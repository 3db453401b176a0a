#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "heed/base/files.h"

namespace heed {

/// Text files seen as one list of lines in bounded memory: mapped, with a mapped index of line offsets that is made
/// once and kept in `cache_directory` (named by path, size, time and a hash of head and tail; rebuilt when any of them
/// differs). Lines end at LF only; one CR before it and a BOM at the start of a file are not part of the line; a last
/// line without LF counts. `.gz` files are unpacked once into the cache. No LibTorch here.
class LineStore {
 public:
  LineStore(const std::vector<std::string>& files, const std::filesystem::path& cache_directory);

  std::uint64_t size() const { return size_; }
  /// Raw bytes of a line (not checked for UTF-8).
  std::string_view line(std::uint64_t index) const;
  /// "train.en:123" (counted from 1), for messages.
  std::string place(std::uint64_t index) const;
  /// Changes when any file's content does (size, time, hash of head and tail).
  std::uint64_t fingerprint() const;
  /// Number of lines per file, in the order given.
  std::vector<std::uint64_t> lines_per_file() const;

 private:
  struct Part {
    std::string name;
    MappedFile text, index;
    std::uint64_t first_line, lines, fingerprint;
  };
  std::vector<Part> parts_;
  std::uint64_t size_ = 0;
};

/// Where sentence pairs come from: `source` and `target` files line by line, or `tsv` files with one tab per line.
struct CorpusFiles {
  std::vector<std::string> source, target, tsv;
};

struct SentencePair {
  std::string source, target;  ///< valid UTF-8
};

/// Sentence pairs by number. Throws Error(data): a file that is missing, empty or a directory; unequal line counts
/// (naming both files and both counts, each n-th source file against the n-th target file); a TSV line without
/// exactly one tab (path:line).
class ParallelCorpus {
 public:
  ParallelCorpus(const CorpusFiles& files, const std::filesystem::path& cache_directory);

  std::uint64_t size() const { return size_; }
  /// The pair with ill-formed UTF-8 replaced.
  SentencePair pair(std::uint64_t index) const;
  /// Raw bytes of both sides.
  std::pair<std::string_view, std::string_view> raw(std::uint64_t index) const;
  std::string place(std::uint64_t index) const;
  std::uint64_t fingerprint() const;

 private:
  std::vector<LineStore> stores_;  // source and target, or the TSV alone
  std::uint64_t size_ = 0;
};

}  // namespace heed
