#pragma once

#include <chrono>
#include <filesystem>

#include "heed/base/files.h"

namespace heed {

/// The model directory of a run, made when it is missing, locked, and cleared of what killed runs left half written.
/// Throws Error(checkpoint) when it cannot be made, Error(usage) when another run is in it.
class RunDirectory {
 public:
  explicit RunDirectory(const std::filesystem::path& path);
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  DirectoryLock lock_;
};

/// Seconds since it was made, such as of training; those of earlier starts of a run can be counted in.
class RunClock {
 public:
  double seconds() const {
    return before_ + std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }
  /// What earlier starts took.
  void set_before(double seconds) { before_ = seconds; }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  double before_ = 0;
};

}  // namespace heed
