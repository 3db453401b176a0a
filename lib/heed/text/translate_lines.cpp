#include "heed/text/translate_lines.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <optional>
#include <sstream>

#include "heed/base/error.h"
#include "heed/base/files.h"
#include "heed/base/log.h"
#include "heed/base/memory.h"
#include "heed/base/progress.h"
#include "heed/base/stop_signal.h"
#include "heed/base/utf8.h"
#include "heed/text/gzip.h"

namespace heed {
namespace {

// Reads up to `count` lines; false when there was none left.
bool read_lines(std::istream& in, std::int64_t count, bool& at_start, std::vector<std::string>& lines) {
  lines.clear();
  for (std::string line; std::ssize(lines) < count && std::getline(in, line);) {
    if (at_start && line.starts_with("\xEF\xBB\xBF")) line.erase(0, 3);
    at_start = false;
    if (line.ends_with('\r')) line.pop_back();
    lines.push_back(std::move(line));
  }
  return !lines.empty();
}

// By what a file of another kind begins with.
void refuse_other_than_text(const std::string& first_line, const std::string& name) {
  if (looks_like_gzip(first_line))
    throw data_error(name + ": is gzip-compressed; expected UTF-8 text: zcat FILE | translate ...");
  if (looks_like_utf16(first_line))
    throw data_error(name + ": is UTF-16; expected UTF-8: iconv -f UTF-16 -t UTF-8 FILE | translate ...");
}

std::string format(const std::vector<std::vector<Translation>>& translations, bool with_score) {
  std::string text;
  for (const auto& alternatives : translations)
    for (const Translation& translation : alternatives) {
      if (with_score) text += format_number(translation.score, 4) + '\t';
      text += translation.text + '\n';
    }
  return text;
}

// stdout, a device or pipe, or a file that appears when it is complete.
class Output {
 public:
  Output(const std::string& path, std::ostream& standard_output, const StopSignal& stop)
      : name_(path == "-" ? "stdout" : path), stream_(&standard_output), stop_(stop) {
    if (path == "-") return;
    std::error_code ignored;  // AtomicFile tells what is wrong with the path
    const auto status = std::filesystem::status(path, ignored);
    if (std::filesystem::is_character_file(status) || std::filesystem::is_fifo(status)) {
      special_.open(path, std::ios::binary);
      stream_ = &special_;
      check("is it open to you, and at its other end?");
    } else {
      file_.emplace(path);
    }
  }
  void write(std::string_view text, bool flush) {
    if (file_) return file_->write(text);
    stream_->write(text.data(), static_cast<std::streamsize>(text.size()));
    if (flush) stream_->flush();
    check("is it closed, or the disk full?");
  }
  void close() {
    if (file_) return file_->commit();
    stream_->flush();
    check("is it closed, or the disk full?");
  }

 private:
  void check(const std::string& advice) const {
    const bool interrupted = stop_.received() != 0;
    if (!*stream_ && !interrupted) throw data_error("cannot write the translations to " + name_ + ": " + advice);
  }
  std::string name_;
  std::ostream* stream_;
  const StopSignal& stop_;
  std::ofstream special_;
  std::optional<AtomicFile> file_;
};

void validate(const TranslateOptions& options) {
  if (options.model.empty()) throw usage_error("no model given: say --model DIR");
  if (options.buffer < 1) throw usage_error("buffer must be 1 or more");
  if (options.batch_tokens < 1) throw usage_error("batch-tokens must be 1 or more");
  if (options.max_length < 1) throw usage_error("max-length must be 1 or more");
  heed::validate(options.search);
}

}  // namespace

int translate_lines(const TranslateOptions& options, at::Device device, std::istream& standard_input,
                    std::ostream& standard_output) {
  validate(options);
  const auto start = std::chrono::steady_clock::now();
  std::ifstream input_file;
  if (options.input != "-") {
    if (std::filesystem::is_directory(options.input))
      throw data_error(options.input + ": is a directory, not a text file");
    input_file.open(options.input, std::ios::binary);
    if (!input_file) throw data_error(options.input + ": cannot be opened for reading");
  }
  std::istream& input = options.input == "-" ? standard_input : input_file;
  const std::string name = options.input == "-" ? "stdin" : options.input;
  Translator translator(load_translation_model(options.model, options.verify),
                        {.dtype = options.precision == TranslatePrecision::bf16 ? at::kBFloat16 : at::kFloat,
                         .device = device,
                         .batch_tokens = options.batch_tokens,
                         .max_length = options.max_length});
  const StopSignal stop(StopSignal::Waiting::ends);
  Output output(options.output, standard_output, stop);
  std::optional<Progress> progress;
  if (options.output != "-") progress.emplace("translating", 0);

  TranslationStats stats;
  bool at_start = true;
  for (std::vector<std::string> lines; read_lines(input, options.interactive ? 1 : options.buffer, at_start, lines);) {
    if (stop.received() != 0) break;
    const std::int64_t first_line = stats.sentences + 1;
    if (stats.sentences == 0) refuse_other_than_text(lines.front(), name);
    stats.cut_lines.clear();
    const bool was_repaired = !stats.repaired_lines.empty();
    output.write(format(translator.translate(lines, options.search, &stats), options.with_score), options.interactive);
    const auto place = [&](std::size_t line) {
      return name + ":" + std::to_string(first_line + static_cast<std::int64_t>(line));
    };
    if (!was_repaired && !stats.repaired_lines.empty())
      log::warning(place(stats.repaired_lines.front()) +
                   ": not UTF-8: such bytes are replaced by U+FFFD here and further down");
    for (const std::size_t line : stats.cut_lines)
      log::warning(place(line) + ": longer than " + std::to_string(options.max_length) +
                   " pieces and was cut (--max-length)");
    if (progress) progress->update(stats.sentences, "lines");
  }
  if (stop.received() != 0) {
    if (options.output != "-")
      log::warning("stopped after " + format_count(stats.sentences) + " lines: " + options.output + " was not written");
    return 128 + stop.received();
  }
  if (input.bad()) throw data_error(options.input + ": reading failed");
  output.close();
  progress.reset();

  if (options.stats) {
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    std::ostringstream line;
    line << "stats: sentences=" << stats.sentences << " tokens=" << stats.tokens
         << " seconds=" << format_number(seconds, 3)
         << " tokens_per_second=" << format_number(static_cast<double>(stats.tokens) / seconds, 1)
         << " peak_rss_mb=" << format_number(peak_memory_mb(), 1) << '\n';
    std::cerr << line.str();
  }
  return 0;
}

}  // namespace heed
