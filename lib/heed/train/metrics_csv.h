#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace heed {

/// One row; what was not measured is empty.
struct MetricsRow {
  std::int64_t update = 0, epoch = 0;
  double seconds = 0, lr = 0;
  std::optional<double> train_loss = {};         ///< per target token, since the row before
  std::optional<double> tokens_per_second = {};  ///< target tokens with end marks, without padding, validation, saving
  std::optional<double> valid_loss = {}, valid_bleu = {}, valid_chrf = {};
};

/// `metrics.csv` of a run. Rows are appended and flushed one by one.
class MetricsCsv {
 public:
  /// Goes on after the first `rows` rows: whatever stands behind them is cut off (the run is going to write it again).
  /// Throws Error(checkpoint) when the file cannot be written.
  MetricsCsv(std::filesystem::path path, std::int64_t rows);
  void append(const MetricsRow& row);
  std::int64_t rows() const { return rows_; }

 private:
  std::filesystem::path path_;
  std::int64_t rows_;
};

}  // namespace heed
