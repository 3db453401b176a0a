#pragma once

#include <vector>

#include "heed/models/seq2seq.h"
#include "heed/nn/inference_product.h"
#include "heed/nn/layers.h"

namespace heed {

/// What every architecture does alike: the tables of source and target tokens, and logits from the decoder's states.
class TokenTables : public Seq2SeqModel {
 public:
  at::Tensor output_weight() const override;
  void read_logits(const at::Tensor& states, const LogitsReader& read) override;
  at::Tensor listed_logits(const at::Tensor& states, const at::Tensor& listed) override;
  std::int64_t target_vocabulary() const override { return options.target_vocab; }
  std::int64_t state_width() const override { return options.dim; }
  void prepare_inference(at::ScalarType dtype) override;

  Embedding source_embedding{nullptr}, target_embedding{nullptr};  ///< target_embedding: unless tie is `all`
  Linear output{nullptr};                                          ///< only when tie is `none`

 protected:
  /// Throws Error(usage) as validate() does.
  explicit TokenTables(const Seq2SeqOptions& options);
  Embedding& table_of_target();

 private:
  std::vector<InferenceProduct> output_parts_;  // of the output weight, kOutputPart tokens each
};

}  // namespace heed
