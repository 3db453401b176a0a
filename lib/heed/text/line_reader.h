#pragma once

#include <cstdint>
#include <fstream>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

namespace heed {

/// Throws Error(data) with the command that mends it where `text`, the beginning of what `name` holds, is gzip or
/// UTF-16.
void refuse_other_than_text(const std::string& text, const std::string& name);

/// Text by lines, of which a few are in memory at a time. Lines end at LF; a CR before it and a BOM at the start are
/// dropped.
class LineReader {
 public:
  /// `path`: a file, or "-" for `standard_input`. Throws Error(data).
  LineReader(const std::string& path, std::istream& standard_input);
  LineReader(const LineReader&) = delete;
  LineReader& operator=(const LineReader&) = delete;
  /// For messages: the path, or "stdin".
  const std::string& name() const { return name_; }
  /// Up to `count` lines; none at the end. Throws Error(data) when reading fails, and for gzip and UTF-16.
  std::vector<std::string> read(std::int64_t count);
  std::int64_t lines_read() const { return lines_read_; }

 private:
  std::string name_;
  std::ifstream file_;
  std::istream* stream_;
  std::int64_t lines_read_ = 0;
};

/// A text whose lines belong to those of another, one to one; or none, when its path is empty.
class CompanionLines {
 public:
  CompanionLines(const std::string& path, const LineReader& leader, std::istream& standard_input);
  bool is_given() const { return reader_.has_value(); }
  /// As many lines as the leader just gave. Throws Error(data) when there are fewer.
  std::vector<std::string> read(std::size_t count);
  /// Throws Error(data) when there are more.
  void expect_end();

 private:
  const LineReader& leader_;
  std::optional<LineReader> reader_;
};

}  // namespace heed
