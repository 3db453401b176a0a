#pragma once

#include <filesystem>
#include <string_view>

/// Messages for people, on stderr (and in a file when asked). Takes finished text: no fmt types appear here,
/// because LibTorch ships another fmt than the logger's own.
namespace heed::log {

enum class Level { debug, info, warning, error, off };

/// Nothing below `level` is shown on stderr (the file, if any, always gets info and above).
void set_level(Level level);
Level level();

/// Appends every message to `path` as well, with a time stamp. Throws Error(data) when it cannot be opened.
void also_to_file(const std::filesystem::path& path);

void debug(std::string_view message);
void info(std::string_view message);
void warning(std::string_view message);
void error(std::string_view message);

}  // namespace heed::log
