#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "heed/base/error.h"

/// What the fuzz targets share. A target is LLVMFuzzerTestOneInput(), as libFuzzer calls it: it returns 0 for any
/// bytes, and ends the process where a promise is broken.
namespace heed {

inline std::string_view as_text(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// Ends the process with the promise unless it holds.
void must(bool holds, const char* promise);

/// Runs `parse`; it may refuse its input with an Error of this code, and with nothing else. Whether it did not.
template <class Parse>
bool accepts(ExitCode refusal, Parse&& parse) {
  try {
    parse();
    return true;
  } catch (const Error& error) {
    must(error.code() == refusal, "input is refused with the exit code of its kind");
    must(*error.what() != '\0', "a refusal says something");
    return false;
  }
}

/// Text up to `end`, which is taken away from the front of `rest` together with it; everything where there is none.
std::string_view take_until(char end, std::string_view& rest);

/// A file in memory with a path, for parsers that open one.
class MemoryFile {
 public:
  explicit MemoryFile(std::string_view content);
  ~MemoryFile();
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  std::filesystem::path path() const;

 private:
  int descriptor_;
};

}  // namespace heed
