#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace heed {

/// One file of an archive or folder.
struct NamedBytes {
  std::string name;  ///< path inside, parts joined by '/'; never used as a path on disk
  std::vector<std::uint8_t> bytes;
  std::string problem;  ///< why there are no bytes, empty when all is well
};

/// Longest file in bytes that is taken for a picture.
inline constexpr std::uint64_t kLargestPictureFile = std::uint64_t{256} << 20;

/// The regular files of a tar or zip archive (tar also packed with gzip, bzip2, xz or zstd), one after the other, in
/// bounded memory; nothing is unpacked to disk. Hidden files are left out.
class ArchiveReader {
 public:
  /// Throws Error(data): missing, unreadable, no archive.
  explicit ArchiveReader(const std::filesystem::path& path);
  ~ArchiveReader();
  ArchiveReader(const ArchiveReader&) = delete;
  ArchiveReader& operator=(const ArchiveReader&) = delete;

  /// The next file, false at the end. Of a file that is no picture only the first bytes are kept; links, encrypted and
  /// too large ones have a problem instead. Throws Error(data) when the archive is damaged or cut short.
  bool next(NamedBytes& file);
  /// Packed bytes read so far and in all, for progress.
  std::int64_t bytes_read() const;
  std::int64_t bytes_in_all() const { return size_; }

 private:
  struct State;
  std::unique_ptr<State> state_;
  std::int64_t size_ = 0;
};

/// A path inside an archive without empty, "." and ".." parts.
std::string normal_name(const std::string& name);
/// Whether any part of a normal name begins with a dot.
bool is_hidden(const std::string& name);

}  // namespace heed
