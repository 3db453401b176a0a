#pragma once

#include <atomic>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include <unistd.h>

namespace heed {

/// A directory of its own for a test, removed at its end.
class TextFiles {
 public:
  TextFiles() {
    static std::atomic<int> number{0};
    directory_ = std::filesystem::temp_directory_path() /
                 ("heed-text-" + std::to_string(::getpid()) + "-" + std::to_string(number++));
    std::filesystem::create_directories(directory_);
  }
  ~TextFiles() { std::filesystem::remove_all(directory_); }
  TextFiles(const TextFiles&) = delete;
  TextFiles& operator=(const TextFiles&) = delete;

  std::string path(std::string_view name) const { return (directory_ / name).string(); }
  std::filesystem::path cache() const { return directory_ / "cache"; }
  /// Writes a file and returns its path.
  std::string write(std::string_view name, std::string_view content) const {
    std::ofstream file(path(name), std::ios::binary);
    file.write(content.data(), static_cast<std::streamsize>(content.size()));
    return path(name);
  }
  std::string read(std::string_view name) const {
    std::ifstream file(path(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }

 private:
  std::filesystem::path directory_;
};

}  // namespace heed
