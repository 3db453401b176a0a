#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace heed {

/// Evenly spread lines of a stream of unknown length, in bounded memory. While they are few enough, all of them; then
/// every third is kept and every third taken from there on, and so on. Thirds, so that a stream that alternates between
/// two languages goes on to do so.
class TextSample {
 public:
  /// At most so many bytes, or one line.
  explicit TextSample(std::size_t most_bytes) : most_bytes_(most_bytes) {}
  void add(const std::string& line);
  const std::vector<std::string>& lines() const { return lines_; }

 private:
  void thin_out();

  std::size_t most_bytes_, bytes_ = 0;
  std::uint64_t seen_ = 0, stride_ = 1;
  std::vector<std::string> lines_;
};

}  // namespace heed
