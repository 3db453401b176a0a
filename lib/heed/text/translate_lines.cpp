#include "heed/text/translate_lines.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <optional>
#include <sstream>

#include "heed/base/error.h"
#include "heed/base/fields_json.h"
#include "heed/base/files.h"
#include "heed/base/log.h"
#include "heed/base/memory.h"
#include "heed/base/progress.h"
#include "heed/base/utf8.h"
#include "heed/io/model_identity.h"
#include "heed/nn/inference_product.h"
#include "heed/nn/threads.h"
#include "heed/text/attention_page.h"
#include "heed/text/done_file.h"
#include "heed/text/glossary.h"
#include "heed/text/line_reader.h"
#include "heed/text/translation_report.h"

namespace heed {
namespace {

void warn_of_impossible_terms(const Glossary& glossary, const Subwords& subwords) {
  std::vector<std::string> impossible;
  for (const auto& [term, translation] : glossary.terms())
    if (std::ranges::count(subwords.encode(translation), kUnk) > 0) impossible.push_back(translation);
  if (!impossible.empty())
    log::warning("--glossary: '" + printable(impossible.front()) + "'" +
                 (impossible.size() > 1 ? " and " + format_count(std::ssize(impossible) - 1) + " more" : "") +
                 " cannot be written with the model's vocabulary and will be missing");
}

// What is given of the translation of each line; nothing when there are neither prefixes nor a glossary.
std::vector<LineGuidance> guidance_of(const std::vector<std::string>& lines, const std::vector<std::string>& prefixes,
                                      const std::optional<Glossary>& glossary) {
  std::vector<LineGuidance> guidance;
  for (std::size_t i = 0; (glossary || !prefixes.empty()) && i < lines.size(); ++i)
    guidance.push_back(
        {prefixes.empty() ? "" : prefixes[i], glossary ? glossary->required(lines[i]) : std::vector<std::string>{}});
  return guidance;
}

std::string format(const std::vector<std::string>& sources, const std::vector<std::vector<Translation>>& translations,
                   const Subwords& subwords, const TranslateOptions& options) {
  std::string text;
  for (std::size_t i = 0; i < translations.size(); ++i) {
    if (options.json) {
      text += to_json_line(sources[i], translations[i], subwords, options.alignment) + '\n';
      continue;
    }
    for (const Translation& translation : translations[i]) {
      if (options.with_score || !options.score_ref.empty()) text += format_number(translation.score, 4) + '\t';
      text += translation.text;
      if (options.word_scores) text += '\t' + word_scores_text(translation, subwords);
      if (options.alignment != AlignmentKind::none)
        text += '\t' + (translation.attention ? pharaoh_text(alignment(*translation.attention, options.alignment),
                                                             options.alignment == AlignmentKind::soft)
                                              : std::string());
      text += '\n';
    }
  }
  return text;
}

// stdout, a device or pipe, or a file that appears when it is complete.
class Output {
 public:
  Output(const std::string& path, std::ostream& standard_output)
      : name_(path == "-" ? "stdout" : path), stream_(&standard_output) {
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
    if (!*stream_) throw data_error("cannot write the translations to " + name_ + ": " + advice);
  }
  std::string name_;
  std::ostream* stream_;
  std::ofstream special_;
  std::optional<AtomicFile> file_;
};

// The fastest number type for products like those of the network.
at::ScalarType fastest_dtype(const Seq2SeqOptions& network, at::Device device) {
  constexpr std::int64_t kUsualRows = 256;
  const ProductSeconds seconds = measure_products(kUsualRows, network.dim, 4 * network.dim, device);
  const at::ScalarType dtype = choose_dtype(seconds);
  const auto gain = [&](const char* name, double took) {
    return std::string(name) + " products are " + format_number(seconds.fp32 / took, 2) +
           " times as fast as fp32 ones here";
  };
  log::info(std::string("--precision auto chose ") + (dtype == at::kChar ? "int8: " + gain("int8", seconds.int8)
                                                      : dtype == at::kBFloat16
                                                          ? "bf16: " + gain("bf16", seconds.bf16)
                                                          : "fp32: nothing else is much faster here"));
  return dtype;
}

at::ScalarType dtype_of(TranslatePrecision precision, const Seq2SeqOptions& network, at::Device device) {
  switch (precision) {
    case TranslatePrecision::automatic:
      return fastest_dtype(network, device);
    case TranslatePrecision::bf16:
      return at::kBFloat16;
    case TranslatePrecision::int8:
      return at::kChar;
    case TranslatePrecision::fp32:
      break;
  }
  return at::kFloat;
}

// All that the translations depend on, for --skip-done: what files hold, whatever their names, and the settings but for
// those that say where results go or how the work is done.
nlohmann::ordered_json ingredients(const TranslateOptions& options, at::Device device) {
  nlohmann::ordered_json files, settings = fields_to_json(options);
  for (const std::string& model : options.model)
    files["model"].push_back(checksum_of_file(find_model_file(model, kTranslationModel)));
  for (const auto& [name, path] : {std::pair("input", options.input), std::pair("prefix", options.prefix),
                                   std::pair("glossary", options.glossary), std::pair("score-ref", options.score_ref)})
    if (!path.empty()) files[name] = checksum_of_file(path);
  for (const char* name : {"model", "input", "prefix", "glossary", "score-ref", "output", "attention", "skip-done",
                           "interactive", "stats", "buffer", "cache", "batch-tokens", "verify"})
    settings.erase(name);
  settings["device"] = device.is_cpu() ? "cpu" : "cuda";
  return {{"files", files}, {"settings", settings}};
}

// Whether two names are of one file, which writing the second would destroy; devices and pipes it would not.
bool is_same_file(const std::string& read, const std::string& written) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(written, ignored) && std::filesystem::equivalent(read, written, ignored);
}

void keep_what_is_read(const TranslateOptions& options) {
  for (const auto& [flag, path] :
       {std::pair("--input", options.input), std::pair("--prefix", options.prefix),
        std::pair("--glossary", options.glossary), std::pair("--score-ref", options.score_ref)})
    for (const auto& [other, written] :
         {std::pair("--output", options.output), std::pair("--attention", options.attention)})
      if (path != "-" && is_same_file(path, written))
        throw usage_error(std::string(other) + " names the same file as " + flag + ": " + written);
}

void validate(const TranslateOptions& options) {
  if (options.model.empty()) throw usage_error("no model given: say --model DIR");
  if (options.buffer < 1) throw usage_error("buffer must be 1 or more");
  if (options.batch_tokens < 1) throw usage_error("batch-tokens must be 1 or more");
  if (options.max_length < 1) throw usage_error("max-length must be 1 or more");
  if (options.json && (options.with_score || options.word_scores))
    throw usage_error("--json holds all scores already: leave --with-score and --word-scores out");
  if (options.alignment != AlignmentKind::none && options.search.n_best > 1)
    throw usage_error("--alignment is of the best translation: leave --n-best out");
  if (!options.glossary.empty() && options.search.sample)
    throw usage_error("--glossary guides a search: leave --sample out");
  const SearchOptions& search = options.search;
  const bool guides = !options.prefix.empty() || !options.glossary.empty() || search.sample || options.replace_unk ||
                      options.shortlist || search.n_best > 1 || search.repetition_penalty != 1 ||
                      search.no_repeat_ngram > 0;
  if (!options.score_ref.empty() && guides)
    throw usage_error(
        "--score-ref translates nothing: leave --prefix, --glossary, --sample, --replace-unk, --shortlist, --n-best, "
        "--repetition-penalty and --no-repeat-ngram out");
  const auto from_stdin = {options.input, options.prefix, options.score_ref, options.glossary};
  if (std::ranges::count(from_stdin, "-") > 1)
    throw usage_error("stdin can be read once: name files with --input, --prefix, --score-ref or --glossary");
  if (!options.attention.empty() && options.attention == options.output)
    throw usage_error("--attention and --output are the same file");
  if (options.skip_done && (options.output == "-" || std::ranges::count(from_stdin, "-") > 0))
    throw usage_error("--skip-done compares files: name them with --input and --output, and leave - out");
  if (options.skip_done && (options.input == options.output || !options.attention.empty()))
    throw usage_error("--skip-done looks at --output only: --input must be another file, and --attention left out");
  keep_what_is_read(options);
  heed::validate(options.search);
}

}  // namespace

void translate_lines(const TranslateOptions& options, at::Device device, std::istream& standard_input,
                     std::ostream& standard_output) {
  validate(options);
  const auto start = std::chrono::steady_clock::now();
  std::optional<DoneFile> done;
  if (options.skip_done) done.emplace(options.output, ingredients(options, device));
  if (done && done->is_current()) {
    log::info("--skip-done: " + options.output + " is finished already (" + done->path().string() + ")");
    return;
  }
  // Threads that each have a batch of their own do more than threads that share the small steps of one.
  const auto workers = device.is_cpu() ? static_cast<std::size_t>(at::get_num_threads()) : 1;
  const ThreadCountGuard one_thread_each(1);
  LineReader input(options.input, standard_input);
  CompanionLines prefixes(options.prefix, input, standard_input), references(options.score_ref, input, standard_input);
  std::vector<TranslationModel> models;
  for (const std::string& model : options.model) models.push_back(load_translation_model(model, options.verify));
  std::optional<Glossary> glossary;
  if (!options.glossary.empty()) glossary.emplace(options.glossary);
  if (glossary) warn_of_impossible_terms(*glossary, models.front().target);
  const at::ScalarType dtype = dtype_of(options.precision, models.front().network->options, device);
  Translator translator(std::move(models),
                        {.dtype = dtype,
                         .device = device,
                         .batch_tokens = options.batch_tokens,
                         .max_length = options.max_length,
                         .token_scores = options.word_scores || options.json,
                         .attention = options.alignment != AlignmentKind::none || !options.attention.empty(),
                         .replace_unk = options.replace_unk,
                         .shortlist = options.shortlist,
                         .cache = options.cache,
                         .workers = workers});
  SearchOptions search = options.search;
  search.allow_unk = search.allow_unk || options.replace_unk;
  Output output(options.output, standard_output);
  std::optional<AttentionOutput> attention;
  if (!options.attention.empty()) attention.emplace(options.attention);
  // The weights of all layers and heads are many numbers: with them fewer lines are held at a time.
  const bool looks = attention || options.alignment != AlignmentKind::none;
  const std::int64_t read_ahead = options.interactive ? 1
                                  : looks             ? std::min<std::int64_t>(options.buffer, 64)
                                                      : options.buffer;
  std::optional<Progress> progress;
  if (options.output != "-") progress.emplace("translating", 0);

  TranslationStats stats;
  std::size_t cut = 0;
  bool warned_of_prefix = false;
  const auto read_prefixes = [&](std::size_t count) {
    std::vector<std::string> read = prefixes.read(count);
    for (std::size_t i = 0; i < read.size() && !warned_of_prefix; ++i) {
      warned_of_prefix = std::ranges::count(translator.model().target.encode(repair_utf8(read[i])), kUnk) > 0;
      if (warned_of_prefix)
        log::warning(
            options.prefix + ":" + std::to_string(stats.sentences + static_cast<std::int64_t>(i) + 1) +
            ": has letters that the model does not know, here and perhaps further down: they are kept, but the "
            "model goes on as from unknown ones");
    }
    return read;
  };
  const auto translate = [&](const std::vector<std::string>& lines) {
    if (!references.is_given())
      return translator.translate(lines, search, &stats, guidance_of(lines, read_prefixes(lines.size()), glossary));
    std::vector<std::vector<Translation>> scored;
    for (Translation& one : translator.score(lines, references.read(lines.size()), search.length_penalty, &stats))
      scored.push_back({std::move(one)});
    return scored;
  };
  for (;;) {
    const std::vector<std::string> lines = input.read(read_ahead);
    if (lines.empty()) break;
    const std::int64_t first_line = stats.sentences + 1;
    stats.cut_lines.clear();
    const bool was_repaired = !stats.repaired_lines.empty();
    const std::vector<std::vector<Translation>> translations = translate(lines);
    cut += stats.cut_lines.size();
    output.write(format(lines, translations, translator.model().target, options), options.interactive);
    for (std::size_t i = 0; attention && i < lines.size(); ++i)
      if (const auto& record = translations[i].front().attention)
        attention->write(first_line + static_cast<std::int64_t>(i), *record);
    const auto place = [&](std::size_t line) {
      return input.name() + ":" + std::to_string(first_line + static_cast<std::int64_t>(line));
    };
    if (!was_repaired && !stats.repaired_lines.empty())
      log::warning(place(stats.repaired_lines.front()) +
                   ": not UTF-8: such bytes are replaced by U+FFFD here and further down");
    for (const std::size_t line : stats.cut_lines)
      log::warning(
          place(line) + ": longer than " + std::to_string(translator.longest_source()) + " pieces and was cut (" +
          (translator.longest_source() < options.max_length ? "the model's positions end there" : "--max-length") +
          ")");
    for (std::size_t i = 0; i < lines.size(); ++i)
      if (translations[i].front().missing_terms)
        log::warning(place(i) +
                     ": not all that --glossary asks for is in the translation: it became too long first, or the "
                     "vocabulary cannot write it");
    if (progress) progress->update(stats.sentences, "lines");
  }
  prefixes.expect_end();
  references.expect_end();
  output.close();
  if (done) done->write(stats.sentences);
  if (attention) attention->close();
  progress.reset();

  if (options.stats) {
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    std::ostringstream line;
    line << "stats: lines=" << stats.sentences << " tokens=" << stats.tokens << " cut_lines=" << cut
         << " bad_utf8_lines=" << stats.repaired_lines.size() << " seconds=" << format_number(seconds, 3)
         << " tokens_per_second=" << format_number(static_cast<double>(stats.tokens) / seconds, 1)
         << " peak_rss_mb=" << format_number(peak_memory_mb(), 1) << '\n';
    std::cerr << line.str();
  }
}

}  // namespace heed
