#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Corpus scores with the same numbers as sacreBLEU 2.6 (Post 2018, "A call for clarity in reporting BLEU scores").
namespace heed {

enum class BleuTokenizer { v13a, intl, character, none };
inline std::span<const std::string_view> enum_names(BleuTokenizer) {
  static constexpr std::string_view names[] = {"13a", "intl", "char", "none"};
  return names;
}

struct BleuOptions {
  BleuTokenizer tokenizer = BleuTokenizer::v13a;
  bool lowercase = false;
};

/// Papineni et al. 2002, with exponential smoothing of zero counts as sacreBLEU's default.
struct BleuScore {
  double score = 0;           ///< 0 to 100
  double precisions[4] = {};  ///< percent
  double brevity_penalty = 0;
  std::int64_t hypothesis_length = 0, reference_length = 0;
  std::string signature;  ///< "nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:2.6.0"
  std::string to_text() const;  ///< sacreBLEU's line: "BLEU = 37.5 70.1/45.0/... (BP = 1.000 ratio = ... )"
};

/// `references[r][i]` is reference r of sentence i. Throws Error(data) when the counts differ or are zero.
BleuScore corpus_bleu(std::span<const std::string> hypotheses, std::span<const std::vector<std::string>> references,
                      const BleuOptions& options = {});

/// Popović 2015 (chrF: word_order 0) and 2017 (chrF++: word_order 2).
struct ChrfOptions {
  std::int64_t char_order = 6;
  std::int64_t word_order = 0;
  std::int64_t beta = 2;
  bool lowercase = false;
};

struct ChrfScore {
  double score = 0;  ///< 0 to 100
  std::string signature;
  std::string to_text() const;
};

ChrfScore corpus_chrf(std::span<const std::string> hypotheses, std::span<const std::vector<std::string>> references,
                      const ChrfOptions& options = {});

}  // namespace heed
