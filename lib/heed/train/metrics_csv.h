#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace heed {

/// `metrics.csv` of a run. Rows are appended and synced one by one: a checkpoint that counts them can rely on them.
class MetricsCsv {
 public:
  /// `columns`: the first line. Goes on after the first `rows` rows, or as many of them as are there: whatever stands
  /// behind them is cut off (the run is going to write it again). Throws Error(checkpoint) when the file cannot be
  /// written.
  MetricsCsv(std::filesystem::path path, std::string_view columns, std::int64_t rows);
  void append(const std::vector<std::string>& fields);
  std::int64_t rows() const { return rows_; }

 private:
  std::filesystem::path path_;
  std::int64_t rows_ = 0;
};

/// The shortest text that reads back as the same number; empty for what was not measured.
std::string exact(double value);
std::string exact(const std::optional<double>& value);

}  // namespace heed
