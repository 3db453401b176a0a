#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "heed/text/search.h"
#include "heed/text/translation_model.h"

namespace heed {

/// A translation of one line.
struct Translation {
  std::string text;
  double score = 0;  ///< see Hypothesis; 0 for a blank line
  std::vector<TokenId> tokens;
};

/// What one call of translate() did.
struct TranslationStats {
  std::int64_t sentences = 0;               ///< lines, blank ones included
  std::int64_t tokens = 0;                  ///< target tokens with end marks, best hypotheses only
  std::vector<std::size_t> cut_lines;       ///< lines that were over `max_length` and were cut, ascending
  std::vector<std::size_t> repaired_lines;  ///< lines that were not UTF-8, ascending
};

struct TranslatorOptions {
  at::ScalarType dtype = at::kFloat;  ///< of the matrix products: float32 or bfloat16
  at::Device device = at::kCPU;
  std::int64_t batch_tokens = 4096;  ///< sentences times hypotheses times longest source
  std::int64_t max_length = 1024;    ///< pieces of a source line; what is over is cut
};

/// A trained model that turns lines into lines. Opening it reads one file; translating keeps no state, and the result
/// for a line depends on that line, the model and the options only.
class Translator {
 public:
  /// `model`: a model directory or a checkpoint file. Throws Error(checkpoint).
  explicit Translator(const std::filesystem::path& model, TranslatorOptions options = {});
  /// Of a model in memory; its weights must not change while it is used.
  Translator(TranslationModel model, TranslatorOptions options);

  /// The `n_best` best translations of each line, best first, in the order of the lines. Ill-formed UTF-8 is repaired;
  /// a blank line gives `n_best` empty translations. Lines are sorted by length into batches inside.
  std::vector<std::vector<Translation>> translate(std::span<const std::string> lines, const SearchOptions& options,
                                                  TranslationStats* stats = nullptr);
  /// The best translation of one line.
  std::string translate(const std::string& line, const SearchOptions& options = {});

  const TranslationModel& model() const { return model_; }

 private:
  TranslationModel model_;
  TranslatorOptions options_;
};

}  // namespace heed
