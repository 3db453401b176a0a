#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include <c10/core/Device.h>

#include "heed/models/seq2seq.h"
#include "heed/text/corpus.h"
#include "heed/text/subwords.h"

namespace heed {

struct ValidationScores {
  double loss = 0;  ///< negative log likelihood per target token (end marks counted), without label smoothing
  double perplexity = 0;
  double bleu = 0, chrf = 0;  ///< of greedy translations as plain text
  std::string samples;        ///< three sentences with reference and translation, for people
};

/// Validates a translation model on sentence pairs, in batches of which `workers` are computed side by side.
class Validator {
 public:
  Validator(const std::vector<SentencePair>& pairs, Subwords source, Subwords target, std::int64_t max_length,
            std::int64_t batch_tokens, std::int64_t workers);
  /// The model must be in evaluation mode, with its inference copies up to date; in compute_dtype().
  ValidationScores operator()(Seq2SeqModel& model, c10::Device device) const;

 private:
  void for_each_batch(std::span<const std::int64_t> lengths,
                      const std::function<void(std::span<const std::size_t>)>& visit) const;
  double loss(Seq2SeqModel& model, c10::Device device) const;
  std::vector<std::string> translate(Seq2SeqModel& model, c10::Device device) const;

  std::vector<SentencePair> pairs_;
  Subwords source_, target_;
  std::int64_t batch_tokens_, workers_;
  std::vector<std::vector<TokenId>> source_tokens_, target_tokens_;  // cut to max_length
};

}  // namespace heed
