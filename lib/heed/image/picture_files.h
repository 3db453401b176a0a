#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "heed/image/archive.h"

namespace heed {

/// The files below a folder or inside an archive, in an order that stays the same: a file is known by its place in it.
/// Hidden ones (a name on the way begins with a dot) are left out.
class PictureFiles {
 public:
  using Visit = std::function<void(std::uint64_t place, const NamedBytes& file)>;

  virtual ~PictureFiles() = default;
  /// Visits every file once, on several threads, with progress under `label`. Whatever cannot be read, folders too, is
  /// visited with a problem; of files that are no pictures only the first bytes are read. Throws Error(data) when an
  /// archive is damaged.
  virtual void visit(const std::string& label, const Visit& visit) const = 0;
  /// Whether files can be read one by one.
  virtual bool has_random_access() const = 0;
  virtual NamedBytes read(std::uint64_t place) const = 0;
};

/// Folders and links to folders below are followed, each folder once. Throws Error(data) when `path` is missing, may
/// not be read, or is neither a folder nor an archive.
std::unique_ptr<PictureFiles> open_picture_files(const std::filesystem::path& path);

}  // namespace heed
