#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "heed/text/bleu_tokenize.h"
#include "heed/text/bootstrap.h"

/// Corpus BLEU with the same numbers as sacreBLEU 2.6 (Post 2018, "A call for clarity in reporting BLEU scores").
namespace heed {

struct BleuOptions {
  BleuTokenizer tokenizer = BleuTokenizer::v13a;
  bool lowercase = false;
};

/// Papineni et al. 2002, with exponential smoothing of zero counts as sacreBLEU's default.
struct BleuScore {
  double score = 0;                    ///< 0 to 100
  std::array<double, 4> precisions{};  ///< percent, smoothed, of 1-grams to 4-grams
  double brevity_penalty = 0;
  std::int64_t hypothesis_length = 0, reference_length = 0;  ///< words
  std::string signature;  ///< "nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:2.6.0"

  std::string details() const;  ///< "70.1/45.0/31.2/21.9 (BP = 1.000 ratio = 1.012 hyp_len = 85 ref_len = 84)"
  std::string to_text() const;  ///< "BLEU = 37.5 " and the details
};

/// `references[r][i]` is reference r of sentence i. Throws Error(data) when the counts differ or are zero.
BleuScore corpus_bleu(std::span<const std::string> hypotheses, std::span<const std::vector<std::string>> references,
                      const BleuOptions& options = {});
/// The scores of samples of the corpus.
std::vector<double> resampled_bleu(std::span<const std::string> hypotheses,
                                   std::span<const std::vector<std::string>> references, const BleuOptions& options,
                                   const Resampling& resampling);

}  // namespace heed
