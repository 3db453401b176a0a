#include "heed/train/metrics_csv.h"

#include <algorithm>
#include <charconv>

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
    : path_(std::move(path)), rows_(rows) {
  std::string text = std::string(columns) + "\n";
  if (rows > 0 && std::filesystem::exists(path_)) {
    const std::string old = read_file(path_);
    std::size_t end = 0;
    for (std::int64_t line = 0; line < rows + 1 && end != std::string::npos; ++line) {
      end = old.find('\n', end);
      if (end != std::string::npos) ++end;
    }
    text = old.substr(0, end);
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
