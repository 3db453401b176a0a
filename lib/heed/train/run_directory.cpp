#include "heed/train/run_directory.h"

#include <system_error>

#include "heed/base/error.h"
#include "heed/base/files.h"

namespace heed {
namespace {

const std::filesystem::path& made(const std::filesystem::path& path) {
  make_directory(path, static_cast<int>(ExitCode::checkpoint));
  return path;
}

}  // namespace

RunDirectory::RunDirectory(const std::filesystem::path& path) : path_(path), lock_(made(path)) {
  std::error_code unknown;
  for (const std::filesystem::path& folder : {path, path / "cache", path / "samples"})
    if (std::filesystem::is_directory(folder, unknown)) remove_stale_temporaries(folder);
}

}  // namespace heed
