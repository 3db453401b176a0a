#pragma once

/// Files that must not outlive the process, for signal handlers that end it.
namespace heed {

/// Notes a path, which must stay where it is in memory until it is forgotten. More paths at a time than a handful are
/// not noted.
void note_temporary(const char* path);
void forget_temporary(const char* path);
/// Deletes what is noted; may be called in a signal handler.
void delete_temporaries() noexcept;

}  // namespace heed
