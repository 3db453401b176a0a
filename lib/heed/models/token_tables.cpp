#include "heed/models/token_tables.h"

#include <ATen/ATen.h>

#include "heed/base/tokens.h"

namespace heed {

TokenTables::TokenTables(const Seq2SeqOptions& given) : Seq2SeqModel(given) {
  validate(options);
  source_embedding = register_module("source_embedding", Embedding(options.source_vocab, options.dim, kPad));
  if (options.tie != TieEmbeddings::all)
    target_embedding = register_module("target_embedding", Embedding(options.target_vocab, options.dim, kPad));
  if (options.tie == TieEmbeddings::none)
    output = register_module("output", Linear(options.dim, options.target_vocab, /*with_bias=*/false));
}

at::Tensor TokenTables::output_weight() const {
  switch (options.tie) {
    case TieEmbeddings::none:
      return output->weight;
    case TieEmbeddings::output:
      return target_embedding->weight;
    case TieEmbeddings::all:
      break;
  }
  return source_embedding->weight;
}

at::Tensor TokenTables::logits(const at::Tensor& states) {
  const at::ScalarType dtype = compute_dtype();
  const bool prepared = inference_output_weight_.defined() && inference_output_weight_.scalar_type() == dtype;
  const at::Tensor weight = prepared ? inference_output_weight_ : output_weight().to(dtype);
  return at::linear(product_rows(states, dtype), weight).narrow(0, 0, states.size(0)).to(at::kFloat);  // [R, C]
}

void TokenTables::prepare_inference(at::ScalarType dtype) {
  heed::prepare_inference(*this, dtype);
  inference_output_weight_ = output_weight().detach().to(dtype);
}

Embedding& TokenTables::table_of_target() {
  return options.tie == TieEmbeddings::all ? source_embedding : target_embedding;
}

}  // namespace heed
