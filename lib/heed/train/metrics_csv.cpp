#include "heed/train/metrics_csv.h"

#include <algorithm>
#include <charconv>
#include <fstream>

#include "heed/base/error.h"
#include "heed/base/files.h"
#include "heed/base/progress.h"

namespace heed {
namespace {

constexpr std::string_view kHeader =
    "update,epoch,seconds,lr,train_loss,tokens_per_second,valid_loss,valid_bleu,valid_chrf\n";

// The shortest text that reads back as the same number.
std::string exact(double value) {
  char text[32];
  return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

std::string exact(const std::optional<double>& value) {
  return value ? exact(*value) : std::string();
}

}  // namespace

MetricsCsv::MetricsCsv(std::filesystem::path path, std::int64_t rows) : path_(std::move(path)), rows_(rows) {
  std::string text(kHeader);
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

void MetricsCsv::append(const MetricsRow& row) {
  const std::string line = std::to_string(row.update) + ',' + std::to_string(row.epoch) + ',' +
                           format_number(row.seconds, 2) + ',' + exact(row.lr) + ',' + exact(row.train_loss) + ',' +
                           (row.tokens_per_second ? format_number(*row.tokens_per_second, 1) : "") + ',' +
                           exact(row.valid_loss) + ',' + exact(row.valid_bleu) + ',' + exact(row.valid_chrf) + '\n';
  std::ofstream file(path_, std::ios::app | std::ios::binary);
  file << line << std::flush;
  if (!file) throw checkpoint_error(path_.string() + ": cannot be written: is the disk full?");
  ++rows_;
}

}  // namespace heed
