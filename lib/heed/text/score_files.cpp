#include "heed/text/score_files.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>
#include <span>
#include <string_view>
#include <system_error>

#include <nlohmann/json.hpp>

#include "heed/base/error.h"
#include "heed/base/files.h"
#include "heed/base/log.h"
#include "heed/base/progress.h"
#include "heed/base/utf8.h"
#include "heed/text/bleu.h"
#include "heed/text/bootstrap.h"
#include "heed/text/chrf.h"
#include "heed/text/line_reader.h"

namespace heed {
namespace {

constexpr std::array<std::string_view, 3> kMetrics{"bleu", "chrf", "chrf++"};

struct Result {
  std::string name, signature;
  double value;
  std::string score, details;  ///< as printed; details may be empty
};

/// Of one system by one metric, beside the baseline.
struct Compared {
  std::string system;
  Result result;
  ScoreSpread spread;
  std::optional<double> p_value;  ///< none for the baseline itself
};

void check_options(const ScoreOptions& options) {
  if (options.references.empty()) throw usage_error("no references: give at least one file with --references");
  if (options.metrics.empty()) throw usage_error("no metrics: give --metrics one or more of bleu, chrf, chrf++");
  for (const std::string& metric : options.metrics) {
    if (std::ranges::count(kMetrics, metric) > 0) continue;
    throw usage_error("unknown metric '" + printable(metric) + "' in --metrics: expected bleu, chrf or chrf++");
  }
  for (const auto* files : {&options.references, &options.paired})
    if (std::ranges::count(*files, "-") > 0)
      throw usage_error("--references and --paired take files: standard input is read as the --hypothesis");
  if (options.resamples < 40 || options.resamples > 1'000'000) throw usage_error("--resamples must be 40 to 1,000,000");
  if (options.seed < 0) throw usage_error("--seed must be 0 or more");
  const ScoreOptions usual;
  if (options.paired.empty() && (options.resamples != usual.resamples || options.seed != usual.seed))
    throw usage_error("--resamples and --seed are about --paired: give that too, or leave them out");
  if (options.score_only && !options.paired.empty())
    throw usage_error(
        "--score-only and --paired contradict: a comparison is more than a number; leave one of them out");
  if (options.score_only && options.json) {
    throw usage_error("--score-only and --json contradict: the JSON always holds everything; give one of them");
  }
}

std::string read_stream(std::istream& in, const std::string& name) {
  std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  if (in.bad()) throw data_error(name + ": cannot be read to its end");
  return text;
}

/// Pipes are welcome, so that a shell's <(zcat ref.gz) can stand for a file.
std::string read_text(const std::string& path) {
  std::error_code ignored;  // read_file() tells what is wrong with the path
  if (!std::filesystem::is_fifo(path, ignored)) return read_file(path);
  std::ifstream pipe(path, std::ios::binary);
  if (!pipe) throw data_error(path + ": cannot be opened for reading");
  return read_stream(pipe, path);
}

/// A CR may stay at the end of a line: no score counts white space there.
std::vector<std::string> split_lines(std::string_view text) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::vector<std::string> lines_of(const std::string& text, const std::string& name) {
  refuse_other_than_text(text, name);
  std::size_t replaced = 0;
  std::vector<std::string> lines = split_lines(repair_utf8(text, &replaced));
  if (lines.empty()) throw data_error(name + ": is empty; expected one sentence a line");
  if (replaced > 0) {
    log::warning(name + ": " + format_count(static_cast<std::int64_t>(replaced)) +
                 " ill-formed UTF-8 sequences were replaced by U+FFFD; is the file in another encoding?");
  }
  return lines;
}

/// Texts whose lines belong to those of the hypothesis.
std::vector<std::vector<std::string>> read_parallel(const std::vector<std::string>& paths,
                                                    const std::string& hypothesis_name, std::size_t count) {
  std::vector<std::vector<std::string>> texts;
  for (const std::string& path : paths) {
    texts.push_back(lines_of(read_text(path), path));
    if (texts.back().size() == count) continue;
    throw data_error(path + " has " + format_count(std::ssize(texts.back())) + " lines, but " + hypothesis_name +
                     " has " + format_count(static_cast<std::int64_t>(count)) +
                     "; line i of each must belong to the same sentence (is a file cut short, or from another set?)");
  }
  return texts;
}

BleuOptions bleu_options(const ScoreOptions& options) {
  return {.tokenizer = options.tokenize, .lowercase = options.lowercase};
}

ChrfOptions chrf_options(const std::string& metric, const ScoreOptions& options) {
  return {.char_order = options.chrf_char_order,
          .word_order = metric == "chrf++" ? 2 : 0,
          .beta = options.chrf_beta,
          .lowercase = options.lowercase};
}

Result compute(const std::string& metric, const ScoreOptions& options, std::span<const std::string> hypotheses,
               std::span<const std::vector<std::string>> references) {
  if (metric == "bleu") {
    const BleuScore bleu = corpus_bleu(hypotheses, references, bleu_options(options));
    return {"BLEU", bleu.signature, bleu.score, format_number(bleu.score, 1), bleu.details()};
  }
  const ChrfScore chrf = corpus_chrf(hypotheses, references, chrf_options(metric, options));
  return {chrf.name, chrf.signature, chrf.score, format_number(chrf.score, 1), ""};
}

std::vector<double> resampled(const std::string& metric, const ScoreOptions& options,
                              std::span<const std::string> hypotheses,
                              std::span<const std::vector<std::string>> references) {
  const Resampling resampling = random_resampling(static_cast<std::size_t>(options.resamples), hypotheses.size(),
                                                  static_cast<std::uint64_t>(options.seed));
  if (metric == "bleu") return resampled_bleu(hypotheses, references, bleu_options(options), resampling);
  return resampled_chrf(hypotheses, references, chrf_options(metric, options), resampling);
}

/// The baseline first.
std::vector<Compared> compare(const std::string& metric, const ScoreOptions& options,
                              std::span<const std::string> names, std::span<const std::vector<std::string>> systems,
                              std::span<const std::vector<std::string>> references) {
  std::vector<Compared> rows;
  std::vector<double> baseline;
  for (std::size_t i = 0; i < systems.size(); ++i) {
    const std::vector<double> samples = resampled(metric, options, systems[i], references);
    rows.push_back({names[i], compute(metric, options, systems[i], references), spread_of(samples), {}});
    if (i == 0) baseline = samples;
    if (i > 0) rows.back().p_value = p_value(baseline, samples, rows.front().result.value, rows.back().result.value);
  }
  return rows;
}

/// One line a score, with the equals signs below each other.
void print_lines(const std::vector<Result>& results, std::ostream& out) {
  const auto label = [](const Result& result) { return result.name + "|" + result.signature; };
  std::size_t width = 0;
  for (const Result& result : results) width = std::max(width, label(result).size());
  for (const Result& result : results) {
    out << std::string(width - label(result).size(), ' ') << label(result) << " = " << result.score
        << (result.details.empty() ? "" : " ") << result.details << '\n';
  }
}

nlohmann::ordered_json to_json(const Result& result) {
  nlohmann::ordered_json json = {
      {"name", result.name}, {"score", nlohmann::json::parse(result.score)}, {"signature", result.signature}};
  if (!result.details.empty()) json["verbose_score"] = result.details;
  std::string_view rest = result.signature;
  while (!rest.empty()) {
    const std::string_view part = rest.substr(0, rest.find('|'));
    const std::size_t colon = part.find(':');
    json[std::string(part.substr(0, colon))] = std::string(part.substr(colon + 1));
    rest.remove_prefix(std::min(part.size() + 1, rest.size()));
  }
  return json;
}

void print_json(const std::vector<Result>& results, std::ostream& out) {
  nlohmann::ordered_json array = nlohmann::ordered_json::array();
  for (const Result& result : results) array.push_back(to_json(result));
  out << array.dump(1) << '\n';
}

/// A block for each metric: its signature, then a line for each system.
void print_comparison(const std::vector<std::vector<Compared>>& metrics, const ScoreOptions& options,
                      std::ostream& out) {
  std::size_t width = 0;
  for (const Compared& row : metrics.front()) width = std::max(width, row.system.size());
  for (const std::vector<Compared>& rows : metrics) {
    const Result& first = rows.front().result;
    out << first.name << '|' << first.signature << ", paired bootstrap of " << format_count(options.resamples)
        << " resamples, seed " << options.seed << '\n';
    for (const Compared& row : rows) {
      out << "  " << row.system << std::string(width - row.system.size(), ' ') << "  " << row.result.score << " ("
          << format_number(row.spread.mean, 1) << " +- " << format_number(row.spread.half_interval, 1) << ')';
      out << (row.p_value ? "  p = " + format_number(*row.p_value, 4) : "  baseline") << '\n';
    }
  }
}

void print_comparison_json(const std::vector<std::vector<Compared>>& metrics, std::ostream& out) {
  const auto rounded = [](double value) { return nlohmann::json::parse(format_number(value, 4)); };
  nlohmann::ordered_json array = nlohmann::ordered_json::array();
  for (const std::vector<Compared>& rows : metrics)
    for (const Compared& row : rows) {
      nlohmann::ordered_json json = to_json(row.result);
      json["system"] = row.system;
      json["mean"] = rounded(row.spread.mean);
      json["ci"] = rounded(row.spread.half_interval);
      if (row.p_value) json["p_value"] = rounded(*row.p_value);
      array.push_back(json);
    }
  out << array.dump(1) << '\n';
}

}  // namespace

void score_files(const ScoreOptions& options, std::ostream& out) {
  check_options(options);
  const bool from_stdin = options.hypothesis == "-";
  const std::string name = from_stdin ? "standard input" : options.hypothesis;
  const std::vector<std::string> hypotheses =
      lines_of(from_stdin ? read_stream(std::cin, name) : read_text(options.hypothesis), name);
  const std::vector<std::vector<std::string>> references = read_parallel(options.references, name, hypotheses.size());

  if (!options.paired.empty()) {
    std::vector<std::vector<std::string>> systems = read_parallel(options.paired, name, hypotheses.size());
    systems.insert(systems.begin(), hypotheses);
    std::vector<std::string> names = options.paired;
    names.insert(names.begin(), name);
    std::vector<std::vector<Compared>> metrics;
    for (const std::string& metric : options.metrics)
      metrics.push_back(compare(metric, options, names, systems, references));
    return options.json ? print_comparison_json(metrics, out) : print_comparison(metrics, options, out);
  }
  std::vector<Result> results;
  for (const std::string& metric : options.metrics) {
    results.push_back(compute(metric, options, hypotheses, references));
  }
  if (options.json) {
    print_json(results, out);
  } else if (options.score_only) {
    for (const Result& result : results) out << result.score << '\n';
  } else {
    print_lines(results, out);
  }
}

}  // namespace heed
