#pragma once

#include <random>
#include <string>
#include <string_view>

namespace heed {

/// The file with one edit to its header (fuzz/json_edits.h), whose length is told right. With `repaired`, the header's
/// checksum is right as well, as of a file by somebody who knows the format. A function of its arguments.
std::string edited_safetensors(std::string_view file, std::mt19937_64& draw, bool repaired);

}  // namespace heed
