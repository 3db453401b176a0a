#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

#include "heed/base/fields.h"
#include "heed/text/bleu_tokenize.h"

namespace heed {

struct ScoreOptions {
  std::string hypothesis = "-";                      // file, "-" for standard input
  std::vector<std::string> references;               // files, at least one
  std::vector<std::string> metrics{"bleu", "chrf"};  // bleu, chrf, chrf++; printed in this order
  BleuTokenizer tokenize = BleuTokenizer::v13a;      // BLEU only
  bool lowercase = false;                            // BLEU and chrF
  std::int64_t chrf_beta = 2;                        // 1 weighs precision and recall alike (Popović 2015)
  std::int64_t chrf_char_order = 6;                  // longest character n-gram
  bool score_only = false;                           // bare numbers, one a line
  bool json = false;                                 // one array of objects with sacreBLEU's keys
  std::vector<std::string> paired;                   // files of other systems, compared with the hypothesis
  std::int64_t resamples = 1000, seed = 1;           // of the comparison
};

template <OptionsOf<ScoreOptions> Options, class Visitor>
void visit_fields(Options& options, Visitor&& visit) {
  visit("hypothesis", options.hypothesis, "file with one translation a line, '-' for standard input");
  visit("references", options.references, "files with reference translations, line by line (one or several)");
  visit("metrics", options.metrics, "scores to print: bleu, chrf, chrf++");
  visit("tokenize", options.tokenize, "BLEU's words: 13a, intl, char or none");
  visit("lowercase", options.lowercase, "ignore case (BLEU and chrF)");
  visit("chrf-beta", options.chrf_beta, "chrF: how much more recall weighs than precision (1 = alike)");
  visit("chrf-char-order", options.chrf_char_order, "chrF: longest character n-gram");
  visit("score-only", options.score_only, "print the numbers alone, one a line");
  visit("json", options.json, "print a JSON array instead of lines");
  visit("paired", options.paired,
        "translations by other systems: says how likely they differ from the hypothesis by chance");
  visit("resamples", options.resamples, "with --paired: how often the test set is drawn again");
  visit("seed", options.seed, "with --paired: of these draws");
}

/// Scores a file of translations against its references and prints each score with its signature, in sacreBLEU's
/// form. Lines end at LF; a CR before it, a BOM at the start and white space at the end do not count; ill-formed UTF-8
/// is replaced, with a warning. Throws Error(usage): no reference, an unknown metric, options that contradict or are
/// out of range; Error(data): a file that cannot be read or is empty, unequal line counts (both are named).
void score_files(const ScoreOptions& options, std::ostream& out);

}  // namespace heed
