#include "heed/train/metrics_csv.h"

#include <cstdlib>
#include <sstream>
#include <vector>

#include "heed/train/seq2seq_metrics.h"

#include "base/scratch.h"

namespace heed {
namespace {

const std::string kHeader = std::string(kSeq2SeqColumns) + "\n";

std::vector<std::string> columns(const std::string& line) {
  std::vector<std::string> result(1);
  for (const char c : line)
    if (c == ',')
      result.emplace_back();
    else
      result.back() += c;
  return result;
}

}  // namespace

TEST_CASE("rows have every column, empty where nothing was measured, numbers exact") {
  const ScratchDirectory scratch;
  MetricsCsv metrics(scratch / "metrics.csv", kSeq2SeqColumns, 0);
  CHECK(get(scratch / "metrics.csv") == kHeader);
  const double third = 1.0 / 3, tiny = 7.0e-300;
  metrics.append(Seq2SeqRow{
      .update = 50, .epoch = 0, .seconds = 12.345, .lr = third, .train_loss = tiny, .tokens_per_second = 3210.06}
                     .fields());
  metrics.append(Seq2SeqRow{.update = 100,
                            .epoch = 2,
                            .seconds = 99,
                            .lr = 0.001,
                            .train_loss = 2.5,
                            .tokens_per_second = 100,
                            .valid_loss = 0.1,
                            .valid_bleu = 0.0,
                            .valid_chrf = 50.25}
                     .fields());
  CHECK(metrics.rows() == 2);
  std::istringstream file(get(scratch / "metrics.csv"));
  std::string line;
  std::getline(file, line);
  std::getline(file, line);
  const auto first = columns(line);
  REQUIRE(first.size() == 9);
  CHECK(first[0] == "50");
  CHECK(first[1] == "0");
  CHECK(std::strtod(first[2].c_str(), nullptr) == Approx(12.345).margin(0.006));
  CHECK(std::strtod(first[3].c_str(), nullptr) == third);
  CHECK(std::strtod(first[4].c_str(), nullptr) == tiny);
  CHECK(first[5] == "3210.1");
  CHECK((first[6].empty() && first[7].empty() && first[8].empty()));
  std::getline(file, line);
  CHECK(line == "100,2,99.00,0.001,2.5,100.0,0.1,0,50.25");
  CHECK_FALSE(std::getline(file, line));
}

TEST_CASE("going on cuts the file back to the rows of the checkpoint") {
  const ScratchDirectory scratch;
  const auto path = scratch / "metrics.csv";
  put(path, kHeader + "1,,,,,,,,\n2,,,,,,,,\n3,,,,,,,,\n4,,,");
  MetricsCsv metrics(path, kSeq2SeqColumns, 2);
  CHECK(get(path) == kHeader + "1,,,,,,,,\n2,,,,,,,,\n");
  metrics.append(Seq2SeqRow{.update = 9}.fields());
  CHECK(metrics.rows() == 3);
  CHECK(contains(get(path), "2,,,,,,,,\n9,0,"));
  // Fewer rows than the checkpoint counts, none at all, and a file that is gone.
  put(path, kHeader + "1,,,,,,,,\n");
  const MetricsCsv with_a_gap(path, kSeq2SeqColumns, 5);
  CHECK(get(path) == kHeader + "1,,,,,,,,\n");
  CHECK(with_a_gap.rows() == 1);
  put(path, kHeader + "1,,,,,,,,\n2,,");
  CHECK(MetricsCsv(path, kSeq2SeqColumns, 5).rows() == 1);
  CHECK(get(path) == kHeader + "1,,,,,,,,\n");
  put(path, "");
  CHECK(MetricsCsv(path, kSeq2SeqColumns, 5).rows() == 0);
  CHECK(get(path) == kHeader);
  put(path, kHeader + "1,,,,,,,,\n");
  CHECK(MetricsCsv(path, kSeq2SeqColumns, 0).rows() == 0);
  CHECK(get(path) == kHeader);
  std::filesystem::remove(path);
  const MetricsCsv begun_anew(path, kSeq2SeqColumns, 2);
  CHECK(get(path) == kHeader);
  CHECK(begun_anew.rows() == 0);
}

TEST_CASE("metrics that cannot be written are a checkpoint error") {
  const ScratchDirectory scratch;
  const auto path = scratch / "metrics.csv";
  CHECK(contains(error_of(ExitCode::checkpoint, [&] { MetricsCsv(scratch / "none/metrics.csv", kSeq2SeqColumns, 0); }),
                 "none/metrics.csv"));
  MetricsCsv metrics(path, kSeq2SeqColumns, 0);
  std::filesystem::remove(path);
  std::filesystem::create_directory(path);
  CHECK(error_of(ExitCode::checkpoint, [&] { metrics.append(Seq2SeqRow{.update = 1}.fields()); }) ==
        "cannot write " + path.string() + ": Is a directory; move it out of the way");
}

}  // namespace heed
