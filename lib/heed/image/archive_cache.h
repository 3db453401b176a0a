#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>

#include "heed/base/safetensors.h"
#include "heed/image/picture_scan.h"

namespace heed {

/// What a look at an archive has shown and the pixels that its pictures were made into, in one file: the next start
/// reads neither the archive nor a picture again. The pixels are mapped, so that they are not this process's own
/// memory.
class ArchiveCache {
 public:
  /// The cache of `archive` in `directory`. One that was made of other content (by size, time and hash of head and
  /// tail) or is damaged counts as empty; a damaged one with a warning.
  ArchiveCache(const std::filesystem::path& archive, const std::filesystem::path& directory);

  std::optional<PictureScan> scan() const;
  /// The pixels when they were made by this recipe, nothing otherwise. They are there as long as this object.
  std::span<const std::uint8_t> pixels(const std::string& recipe) const;
  /// Writes whole or not at all; what prevents it is a warning.
  void write(const PictureScan& scan, const std::string& recipe, std::span<const std::uint8_t> pixels) const;

 private:
  std::filesystem::path path_;
  std::string archive_;
  std::optional<safetensors::File> file_;
};

}  // namespace heed
