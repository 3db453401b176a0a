#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/scratch.h"

namespace heed {

/// Text files of a test's own, gone at its end.
class TextFiles {
 public:
  std::string path(std::string_view name) const { return (scratch_.path() / name).string(); }
  std::filesystem::path cache() const { return scratch_ / "cache"; }
  /// Writes a file and returns its path.
  std::string write(std::string_view name, std::string_view content) const {
    put(path(name), content);
    return path(name);
  }
  std::string read(std::string_view name) const { return get(path(name)); }

 private:
  ScratchDirectory scratch_;
};

}  // namespace heed
