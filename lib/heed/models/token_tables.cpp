#include "heed/models/token_tables.h"

#include <limits>

#include <ATen/ATen.h>

#include "heed/base/tokens.h"
#include "heed/nn/attention.h"
#include "heed/nn/listed_logits_kernel.h"

namespace heed {
namespace {

// Tokens whose logits are computed at a time: a few hundred rows of them, and their weights, fit into a core's cache.
constexpr std::int64_t kOutputPart = 512;

}  // namespace

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

void TokenTables::read_logits(const at::Tensor& states, const LogitsReader& read) {
  const at::ScalarType dtype = compute_dtype();
  if (output_parts_.empty() || output_parts_.front().dtype() != dtype) {
    const at::Tensor logits = at::linear(product_rows(states, dtype), output_weight().to(dtype));  // [R', C]
    return read(logits.narrow(0, 0, states.size(0)).to(at::kFloat), 0);
  }
  std::int64_t first_token = 0;
  for (const InferenceProduct& part : output_parts_) {
    read(part(states).to(at::kFloat), first_token);
    first_token += kOutputPart;
  }
}

at::Tensor TokenTables::listed_logits(const at::Tensor& states, const at::Tensor& listed) {
  const at::Tensor rows = states.to(at::kFloat).contiguous(), weight = output_weight().detach();
  const std::int64_t sentences = listed.size(0), width = listed.size(1), hypotheses = rows.size(0) / sentences;
  if (!rows.is_cpu()) {
    const at::Tensor weights = at::embedding(weight, listed);                                    // [B, K, D]
    const at::Tensor logits = at::matmul(rows.view({sentences, hypotheses, -1}), weights.mT());  // [B, R/B, K]
    return logits.masked_fill(listed.eq(kPad).unsqueeze(1), -std::numeric_limits<float>::infinity()).flatten(0, 1);
  }
  const at::Tensor logits = at::empty({rows.size(0), width}, rows.options());  // [R, K]
  heed::listed_logits(rows.const_data_ptr<float>(), sentences, hypotheses, rows.size(1),
                      weight.contiguous().const_data_ptr<float>(), listed.contiguous().const_data_ptr<std::int64_t>(),
                      width, kPad, logits.mutable_data_ptr<float>());
  return logits;
}

void TokenTables::prepare_inference(at::ScalarType dtype) {
  heed::prepare_inference(*this, dtype);
  output_parts_.clear();
  for (const at::Tensor& weight : output_weight().split(kOutputPart))
    output_parts_.emplace_back(weight, at::Tensor(), dtype);
}

Embedding& TokenTables::table_of_target() {
  return options.tie == TieEmbeddings::all ? source_embedding : target_embedding;
}

}  // namespace heed
