#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "heed/image/picture_files.h"
#include "heed/image/picture_header.h"

namespace heed {

/// A picture that was decoded once and found whole.
struct ScannedPicture {
  std::string name;
  std::uint64_t place = 0;    ///< among its PictureFiles
  std::uint64_t content = 0;  ///< hash of the file's bytes
  PictureHeader header;
  PictureSize size;  ///< upright
  int channels = 0;  ///< its own: 1, 3 or 4
};

/// What one look at all files shows. Sorted by name, so that it does not depend on the file system or the archive.
struct PictureScan {
  std::vector<ScannedPicture> pictures;
  std::vector<std::string> unreadable;  ///< messages "name: reason"
  std::uint64_t other_files = 0;        ///< neither pictures nor named like ones
  std::uint64_t duplicates = 0;         ///< pictures whose file has the same bytes as an earlier one
};

/// A hash of a file's bytes: ScannedPicture::content, as long as the file is what it was.
std::uint64_t content_of(const NamedBytes& file);

/// Reads and decodes every file, on all cores, with a progress bar.
PictureScan scan_pictures(const PictureFiles& files);

/// The classes that folders make. Folders that hold all pictures together (archives often have one) do not count; the
/// next part of the path is the class.
struct FolderClasses {
  std::vector<std::string> names;        ///< sorted, valid UTF-8; empty when there are none or only one
  std::vector<std::int64_t> of_picture;  ///< for each picture; -1 beside the class folders; empty without names
  std::vector<std::uint64_t> pictures;   ///< for each class
  std::string first_outside;             ///< name of a picture beside the class folders, empty when none is
};
FolderClasses find_classes(const std::vector<ScannedPicture>& pictures);

}  // namespace heed
