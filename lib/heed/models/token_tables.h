#pragma once

#include "heed/models/seq2seq.h"
#include "heed/nn/layers.h"

namespace heed {

/// What every architecture does alike: the tables of source and target tokens, and logits from the decoder's states.
class TokenTables : public Seq2SeqModel {
 public:
  at::Tensor output_weight() const override;
  at::Tensor logits(const at::Tensor& states) override;
  void prepare_inference(at::ScalarType dtype) override;

  Embedding source_embedding{nullptr}, target_embedding{nullptr};  ///< target_embedding: unless tie is `all`
  Linear output{nullptr};                                          ///< only when tie is `none`

 protected:
  /// Throws Error(usage) as validate() does.
  explicit TokenTables(const Seq2SeqOptions& options);
  Embedding& table_of_target();

 private:
  at::Tensor inference_output_weight_;
};

}  // namespace heed
