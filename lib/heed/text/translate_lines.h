#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "heed/base/fields.h"
#include "heed/text/translator.h"

namespace heed {

/// `automatic`: the fastest on this machine, by a short measurement.
enum class TranslatePrecision { fp32, bf16, int8, automatic };
inline std::span<const std::string_view> enum_names(TranslatePrecision) {
  static constexpr std::string_view names[] = {"fp32", "bf16", "int8", "auto"};
  return names;
}

/// What the program `translate` is told.
struct TranslateOptions {
  std::vector<std::string> model;
  std::string input = "-", output = "-", prefix, glossary, score_ref, attention;
  SearchOptions search;
  bool with_score = false, word_scores = false, json = false, replace_unk = false, interactive = false, stats = false,
       verify = true, shortlist = false, cache = true, skip_done = false;
  std::int64_t buffer = 4096, batch_tokens = 4096, max_length = 1024;
  TranslatePrecision precision = TranslatePrecision::fp32;
  AlignmentKind alignment = AlignmentKind::none;
};

template <OptionsOf<TranslateOptions> Options, class Visitor>
void visit_fields(Options& o, Visitor&& visit) {
  visit("model", o.model, "model directory, or a checkpoint file; of several the probabilities are averaged");
  visit("input", o.input, "text to translate, one sentence a line (- = stdin)");
  visit("output", o.output, "where translations go (- = stdout); a file appears only when it is complete");
  visit("skip-done", o.skip_done,
        "leave finished output alone: OUTPUT.done.json tells by checksums that model, settings and input are the same");
  visit_fields(o.search, visit);
  visit("replace-unk", o.replace_unk, "let unknown tokens appear, and put the source words there that they look at");
  visit("prefix", o.prefix, "file with what each translation begins with, line by line (blank = nothing)");
  visit("glossary", o.glossary, "file of terms and their translations, with a tab between: these must appear");
  visit("score-ref", o.score_ref, "translate nothing: print the scores of the translations in this file, line by line");
  visit("with-score", o.with_score, "put the score and a tab before each translation");
  visit("word-scores", o.word_scores, "put a tab and the log probability of each word, then of the end, behind it");
  visit("json", o.json, "one JSON object a line, with scores, tokens and flags for likely trouble");
  visit("alignment", o.alignment, "put a tab and the pairs of words that belong together behind it: 0-0 2-1");
  visit("attention", o.attention,
        "what the model looks at: x.html a page, x.json numbers, else a directory of pictures");
  visit("interactive", o.interactive, "translate and flush line by line");
  visit("stats", o.stats, "end with a line of statistics on stderr");
  visit("buffer", o.buffer, "lines read ahead, to batch sentences of similar length");
  visit("cache", o.cache, "translate lines that are equal once (of those read ahead)");
  visit("shortlist", o.shortlist, "faster: look at tokens only that are likely by the words of the line");
  visit("batch-tokens", o.batch_tokens, "size of a batch: sentences times hypotheses times longest source");
  visit("max-length", o.max_length, "pieces of a source line; a longer one is cut, with a warning");
  visit("precision", o.precision, "number type of the matrix products (auto: the fastest here)");
  visit("verify", o.verify, "check the model file's checksums first");
}

/// Translates line for line: as many lines out as in (times n-best; with `json` once), in order, each ended by LF.
/// Lines end at LF; a CR before it and a BOM at the start are dropped.
void translate_lines(const TranslateOptions& options, at::Device device, std::istream& standard_input,
                     std::ostream& standard_output);

}  // namespace heed
