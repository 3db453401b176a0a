#include "heed/train/metrics_csv.h"

#include <algorithm>
#include <charconv>
#include <system_error>

#include "heed/base/error.h"
#include "heed/base/files.h"

namespace heed {

std::string exact(double value) {
  char text[32];
  return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

std::string exact(const std::optional<double>& value) {
  return value ? exact(*value) : std::string();
}

MetricsCsv::MetricsCsv(std::filesystem::path path, std::string_view columns, std::int64_t rows)
    : path_(std::move(path)) {
  std::string text = std::string(columns) + "\n";
  std::error_code unknown;  // writing it will tell
  if (rows > 0 && std::filesystem::exists(path_, unknown)) {
    const std::string old = read_file(path_);
    std::size_t end = old.find('\n');
    if (end != std::string::npos) {
      for (std::size_t next; rows_ < rows && (next = old.find('\n', end + 1)) != std::string::npos; end = next) ++rows_;
      text = old.substr(0, end + 1);
    }
  }
  write_file_atomically(path_, text, static_cast<int>(ExitCode::checkpoint));
}

void MetricsCsv::append(const std::vector<std::string>& fields) {
  std::string line;
  for (const std::string& field : fields) line += (line.empty() ? "" : ",") + field;
  append_to_file(path_, line + '\n', static_cast<int>(ExitCode::checkpoint));
  ++rows_;
}

}  // namespace heed
