#pragma once

#include <filesystem>
#include <string_view>

#include "heed/base/files.h"

namespace heed {

/// True when `head`, the first bytes of a file, are those of a gzip file.
bool looks_like_gzip(std::string_view head);

/// Unpacks a gzip file (several members too) into `output`, piece by piece, with progress. Throws Error(data) naming
/// `path` when it is cut short or damaged; what `output` throws passes through.
void unpack_gzip(const std::filesystem::path& path, AtomicFile& output);

}  // namespace heed
