#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "heed/text/bootstrap.h"

/// Corpus chrF and chrF++ with the same numbers as sacreBLEU 2.6.
namespace heed {

/// Popović 2015 (chrF: word_order 0) and 2017 (chrF++: word_order 2).
struct ChrfOptions {
  std::int64_t char_order = 6;  ///< longest character n-gram, at least 1
  std::int64_t word_order = 0;  ///< longest word n-gram, 0 for none
  std::int64_t beta = 2;        ///< weight of recall against precision, at least 1 (both equal)
  bool lowercase = false;
};

struct ChrfScore {
  double score = 0;       ///< 0 to 100
  std::string name;       ///< "chrF2", "chrF2++": beta, and a plus for each order of words
  std::string signature;  ///< "nrefs:1|case:mixed|eff:yes|nc:6|nw:0|space:no|version:2.6.0"

  std::string to_text() const;  ///< "chrF2 = 57.3"
};

/// `references[r][i]` is reference r of sentence i; of several the one with the best score counts, per sentence.
/// Throws Error(data) when the counts differ or are zero, Error(usage) for options out of range.
ChrfScore corpus_chrf(std::span<const std::string> hypotheses, std::span<const std::vector<std::string>> references,
                      const ChrfOptions& options = {});
/// The scores of samples of the corpus.
std::vector<double> resampled_chrf(std::span<const std::string> hypotheses,
                                   std::span<const std::vector<std::string>> references, const ChrfOptions& options,
                                   const Resampling& resampling);

}  // namespace heed
