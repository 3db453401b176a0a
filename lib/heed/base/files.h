#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace heed {

/// Whole content of a regular file of at most `limit` bytes. Throws Error(data) naming path and reason.
std::string read_file(const std::filesystem::path& path, std::uint64_t limit = std::uint64_t{1} << 31);

/// A file that appears under its name whole or not at all: written beside its target under a temporary name
/// (`.NAME.tmp-HOST-PID`), synced, renamed, and the directory synced. Destroyed before commit(), it leaves nothing.
/// After a failed fsync the temporary is given up, never synced again (the kernel may have dropped its pages).
/// Small pieces are gathered, 64 KiB at a time; that they cannot be written may show in a later call.
/// A target that is a symbolic link stays one: the file it points to is replaced. Anything else that is no regular file
/// (a directory, a device) is refused. All errors are Error(failure_code) with path, system reason and bytes written.
class AtomicFile {
 public:
  explicit AtomicFile(std::filesystem::path target, int failure_code = 3);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  /// Asks the file system for `bytes` in advance, so that a full disk is noticed first (unsupported is fine).
  void reserve(std::uint64_t bytes);
  void write(std::span<const std::byte> bytes);
  void write(std::string_view text);
  /// Makes it durable under its name. When `keep_previous_as` is given, the file that stood there before is kept
  /// under that name (hard link, then rename, so that the target exists at every instant).
  void commit(const std::filesystem::path& keep_previous_as = {});

 private:
  void flush();
  void write_now(std::string_view text);
  /// Gives the temporary up and throws.
  [[noreturn]] void fail(int error);

  std::filesystem::path target_, temporary_;
  int failure_code_;
  int descriptor_ = -1;
  std::string gathered_;  // not yet written
  std::uint64_t written_ = 0;
};

/// Writes `text` to `path` by AtomicFile.
void write_file_atomically(const std::filesystem::path& path, std::string_view text, int failure_code = 3);

/// Adds `text` at the end of a file, which is made when it is missing, and syncs it. Throws Error(failure_code); some
/// of the text may be there then.
void append_to_file(const std::filesystem::path& path, std::string_view text, int failure_code = 3);

/// Makes `link` another durable name of `existing` (hard link to a temporary name, rename, sync); copies where the
/// file system has no hard links. Throws Error(failure_code).
void link_atomically(const std::filesystem::path& existing, const std::filesystem::path& link, int failure_code = 3);

/// Makes a directory and those above it that are missing, durably. One that is there already is fine. Throws
/// Error(failure_code).
void make_directory(const std::filesystem::path& path, int failure_code = 3);

/// Deletes a file; none is fine too. Throws Error(failure_code).
void remove_file(const std::filesystem::path& path, int failure_code = 3);

/// Deletes temporaries that killed processes left in `directory` (only while holding its lock). Throws
/// Error(checkpoint) when the directory cannot be listed.
void remove_stale_temporaries(const std::filesystem::path& directory);

/// One process per directory: flock on `DIR/.lock`, held for the object's life; it dies with the process. The file
/// says host, pid and start time for the message. Throws Error(usage) at once when another process has it, naming
/// that host and pid; Error(checkpoint) when the directory is missing or not writable. File systems without locks get
/// a warning and no lock.
class DirectoryLock {
 public:
  explicit DirectoryLock(const std::filesystem::path& directory);
  ~DirectoryLock();
  DirectoryLock(const DirectoryLock&) = delete;
  DirectoryLock& operator=(const DirectoryLock&) = delete;

 private:
  int descriptor_ = -1;
};

/// A regular file mapped read-only; empty files map to an empty span. Throws Error(data).
class MappedFile {
 public:
  MappedFile() = default;
  explicit MappedFile(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;

  std::span<const std::byte> bytes() const { return {data_, size_}; }
  std::string_view text() const { return {reinterpret_cast<const char*>(data_), size_}; }

 private:
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace heed
