#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "heed/text/ensemble.h"
#include "heed/text/search.h"
#include "heed/text/translation_model.h"
#include "heed/text/translation_report.h"

namespace heed {

/// What one call of translate() did.
struct TranslationStats {
  std::int64_t sentences = 0;               ///< lines, blank ones included
  std::int64_t searched = 0;                ///< sentences that were not blank, nor taken from the cache
  std::int64_t tokens = 0;                  ///< target tokens with end marks, best hypotheses only
  std::vector<std::size_t> cut_lines;       ///< lines that were over `max_length` and were cut, ascending
  std::vector<std::size_t> repaired_lines;  ///< lines that were not UTF-8, ascending
};

/// What is given of the translation of a line, as text; see Guidance.
struct LineGuidance {
  std::string prefix;
  std::vector<std::string> terms;
};

struct TranslatorOptions {
  at::ScalarType dtype = at::kFloat;  ///< of the matrix products: float32, bfloat16 or int8 (kChar)
  at::Device device = at::kCPU;
  std::int64_t batch_tokens = 4096;  ///< sentences times hypotheses times longest source
  std::int64_t max_length = 1024;    ///< pieces of a source line; what is over is cut
  bool token_scores = false;         ///< whether Translation::log_p is filled in, which takes a pass of its own
  bool attention = false;            ///< the same for Translation::attention
  bool replace_unk = false;          ///< whether source words take the place of unknown tokens; see replace_unknown()
  bool shortlist = false;            ///< whether tokens come from the model's lexical shortlist only
  bool cache = false;                ///< whether equal lines of one call are translated once
  /// Batches that are translated side by side, a thread for each; their number changes no translation. Within a batch
  /// LibTorch may use more threads: with at::set_num_threads(1) it does not, which is faster and makes a line's result
  /// the same bits in any batch (see search()).
  std::size_t workers = 1;
};

/// A trained model that turns lines into lines. Opening it reads one file; translating keeps no state, and the result
/// for a line depends on that line, the model and the options only.
class Translator {
 public:
  /// `model`: a model directory or a checkpoint file. Throws Error(checkpoint).
  explicit Translator(const std::filesystem::path& model, TranslatorOptions options = {});
  /// Of a model in memory; its weights must not change while it is used.
  Translator(TranslationModel model, TranslatorOptions options);
  /// Of several, whose probabilities are averaged. Throws Error(usage) when their vocabularies differ.
  Translator(std::vector<TranslationModel> models, TranslatorOptions options);

  /// The `n_best` best translations of each line, best first, in the order of the lines. Ill-formed UTF-8 is repaired;
  /// a blank line gives `n_best` empty translations. Lines are sorted by length into batches inside. `guidance`: one
  /// for each line, or none at all.
  std::vector<std::vector<Translation>> translate(std::span<const std::string> lines, const SearchOptions& options,
                                                  TranslationStats* stats = nullptr,
                                                  std::span<const LineGuidance> guidance = {});
  /// The best translation of one line.
  std::string translate(const std::string& line, const SearchOptions& options = {});
  /// What the model gives to translations that are there already, one for each line: score and `log_p`, as a search
  /// that found them would say; of something that belongs to a blank line, what it gives to that without a source.
  std::vector<Translation> score(std::span<const std::string> lines, std::span<const std::string> references,
                                 double length_penalty, TranslationStats* stats = nullptr);

  /// The first of the models.
  const TranslationModel& model() const { return models_.front(); }
  /// Pieces of a source line that are read: `max_length`, or fewer where a model's positions end before.
  std::int64_t longest_source() const { return options_.max_length; }

 private:
  struct Sources;
  Sources encode(std::span<const std::string> lines, TranslationStats* stats,
                 std::span<const std::string> references = {}) const;
  std::string text_of(const std::vector<TokenId>& tokens, const std::string& line, const std::vector<TokenId>& source,
                      const std::string& prefix, const std::vector<TokenId>& prefix_tokens);
  std::vector<std::vector<Translation>> translate_batch(std::span<const std::string> lines, const Sources& sources,
                                                        std::span<const std::size_t> batch,
                                                        const SearchOptions& options,
                                                        std::span<const LineGuidance> guidance);
  void add_token_scores(std::span<const std::vector<TokenId>> sources,
                        std::vector<std::vector<Translation>>& translations);
  std::vector<std::vector<double>> force_decode(std::span<const std::vector<TokenId>> sources,
                                                std::span<const std::vector<TokenId>> targets);
  Ensemble ensemble();
  AttentionRecord attention_of(const std::string& line, const std::vector<TokenId>& source,
                               const std::vector<TokenId>& target);

  std::vector<TranslationModel> models_;
  TranslatorOptions options_;
};

}  // namespace heed
