#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "heed/text/line_index.h"

namespace heed {

/// Text files seen as one list of lines in bounded memory: mapped, with a mapped index of line offsets that is made
/// once and kept in `cache_directory` under a name made of the file's path; it is rebuilt when the file's size, time or
/// hash of head and tail differs. Lines end at LF only; one CR before it and a BOM at the start of a file are not part
/// of the line; a last line without LF counts. gzip files are unpacked once into the cache. No LibTorch here.
class LineStore {
 public:
  /// Throws Error(data) for a file that is missing, a directory, UTF-16 or a damaged gzip file, Error(checkpoint) when
  /// the cache cannot be written.
  LineStore(const std::vector<std::string>& files, const std::filesystem::path& cache_directory);

  std::uint64_t size() const { return size_; }
  /// Raw bytes of a line (not checked for UTF-8).
  std::string_view line(std::uint64_t index) const;
  /// "train.en:123" (counted from 1), for messages.
  std::string place(std::uint64_t index) const;
  /// A hash of all lines of all files: the same for a copy of the files elsewhere, another when any content changes.
  std::uint64_t fingerprint() const;
  /// Number of lines per file, in the order given.
  std::vector<std::uint64_t> lines_per_file() const;
  /// Takes the pages read so far out of this process's memory (see release_pages).
  void release_memory() const;

 private:
  struct Part {
    std::string name;
    IndexedText text;
    std::uint64_t first_line;
  };
  const Part& part_of(std::uint64_t index) const;

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

enum class Side { source, target };

/// Sentence pairs by number. Throws Error(data): a file that is missing, empty or a directory; unequal line counts
/// (naming both files and both counts, each n-th source file against the n-th target file); a TSV line without
/// exactly one tab (path:line). Throws Error(usage) when the numbers of source and target files differ, and unless
/// either those or TSV files are given.
class ParallelCorpus {
 public:
  ParallelCorpus(const CorpusFiles& files, const std::filesystem::path& cache_directory);

  std::uint64_t size() const { return size_; }
  /// The pair with ill-formed UTF-8 replaced.
  SentencePair pair(std::uint64_t index) const;
  /// Raw bytes of both sides.
  std::pair<std::string_view, std::string_view> raw(std::uint64_t index) const;
  /// Where a side of the pair stands ("train.de:123"), for messages.
  std::string place(std::uint64_t index, Side side = Side::source) const;
  std::uint64_t fingerprint() const;
  /// As LineStore's: called now and then by whoever walks through all pairs.
  void release_memory() const;

 private:
  std::vector<LineStore> stores_;  // source and target, or the TSV alone
  std::uint64_t size_ = 0;
};

}  // namespace heed
