#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace heed {

/// "250", "10k", "1.5M", "2G" as a whole number. Throws Error(usage) that names `what`, if given.
std::int64_t parse_count(std::string_view text, std::string_view what = {});
/// "90", "90s", "10m", "1.5h", "2d" in seconds. Throws Error(usage) that names `what`.
double parse_duration(std::string_view text, std::string_view what);

}  // namespace heed
