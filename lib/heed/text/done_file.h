#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include <nlohmann/json.hpp>

namespace heed {

/// What a finished output was made of, remembered beside it in OUTPUT.done.json, so that whoever is to make it again
/// can tell that there is nothing to do. Its checksums tell contents apart; they withstand no attacker.
class DoneFile {
 public:
  /// `made_of`: an object with all that the output depends on.
  DoneFile(const std::filesystem::path& output, nlohmann::ordered_json made_of);
  /// Whether the output stands there as it was finished, and would be made of the same again.
  bool is_current() const;
  /// Durably, once the output is; `lines` is how many it was made from.
  void write(std::int64_t lines) const;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path output_, path_;
  nlohmann::ordered_json made_of_;
};

/// Of a regular file. Throws Error(data).
std::string checksum_of_file(const std::filesystem::path& path);

}  // namespace heed
