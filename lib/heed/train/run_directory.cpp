#include "heed/train/run_directory.h"

#include "heed/base/error.h"

namespace heed {
namespace {

const std::filesystem::path& made(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error || !std::filesystem::is_directory(path))
    throw checkpoint_error(path.string() + ": cannot be made a model directory" +
                           (error ? ": " + error.message() : ": it is a file"));
  return path;
}

}  // namespace

RunDirectory::RunDirectory(const std::filesystem::path& path) : path_(path), lock_(made(path)) {
  for (const std::filesystem::path& folder : {path, path / "cache"})
    if (std::filesystem::is_directory(folder)) remove_stale_temporaries(folder);
}

}  // namespace heed
