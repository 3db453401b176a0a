#include "heed/text/line_reader.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <istream>
#include <system_error>

#include "heed/base/error.h"
#include "heed/base/progress.h"
#include "heed/base/utf8.h"
#include "heed/text/gzip.h"

namespace heed {

void refuse_other_than_text(const std::string& text, const std::string& name) {
  if (looks_like_gzip(text))
    throw data_error(name + ": is gzip-compressed; expected UTF-8 text: unpack it first, with zcat");
  if (looks_like_utf16(text))
    throw data_error(name + ": is UTF-16; expected UTF-8: iconv -f UTF-16 -t UTF-8 turns it into that");
}

LineReader::LineReader(const std::string& path, std::istream& standard_input)
    : name_(path == "-" ? "stdin" : path), stream_(&standard_input) {
  if (path == "-") return;
  std::error_code ignored;  // opening tells what is wrong with the path
  if (std::filesystem::is_directory(path, ignored)) throw data_error(path + ": is a directory, not a text file");
  file_.open(path, std::ios::binary);
  if (!file_) throw data_error(path + ": cannot be opened for reading: " + std::strerror(errno));
  stream_ = &file_;
}

std::vector<std::string> LineReader::read(std::int64_t count) {
  std::vector<std::string> lines;
  for (std::string line; std::ssize(lines) < count && std::getline(*stream_, line); ++lines_read_) {
    if (lines_read_ == 0) refuse_other_than_text(line, name_);
    if (lines_read_ == 0 && line.starts_with("\xEF\xBB\xBF")) line.erase(0, 3);
    if (line.ends_with('\r')) line.pop_back();
    lines.push_back(std::move(line));
  }
  if (stream_->bad()) throw data_error(name_ + ": reading failed");
  return lines;
}

CompanionLines::CompanionLines(const std::string& path, const LineReader& leader, std::istream& standard_input)
    : leader_(leader) {
  if (!path.empty()) reader_.emplace(path, standard_input);
}

std::vector<std::string> CompanionLines::read(std::size_t count) {
  if (!reader_) return {};
  std::vector<std::string> lines = reader_->read(static_cast<std::int64_t>(count));
  if (lines.size() == count) return lines;
  throw data_error(reader_->name() + ": ends after line " + format_count(reader_->lines_read()) + ", but " +
                   leader_.name() + " goes on; line i of each must belong to the same sentence");
}

void CompanionLines::expect_end() {
  if (!reader_ || reader_->read(1).empty()) return;
  throw data_error(reader_->name() + ": has more lines than " + leader_.name() + ", which has " +
                   format_count(leader_.lines_read()) + "; line i of each must belong to the same sentence");
}

}  // namespace heed
