#include "heed/models/seq2seq.h"

#include <ATen/ATen.h>

#include "heed/models/transformer.h"
#include "heed/nn/layers.h"

#include "catch.h"
#include "tensors.h"

namespace heed {

TEST_CASE("logits come in parts that make the whole, prepared or not") {
  at::manual_seed(1);
  const at::NoGradGuard no_grad;
  Seq2SeqOptions options;
  options.source_vocab = options.target_vocab = 1300;  // two parts and a half
  options.dim = options.ffn_dim = 16;
  options.enc_layers = options.dec_layers = 1;
  Transformer model(options);
  const at::Tensor states = at::randn({20, 16});
  const at::Tensor expected = at::matmul(states, model->output_weight().t());
  CHECK(difference(all_logits(*model, states), expected) < 1e-5);
  for (const at::ScalarType dtype : {at::kFloat, at::kBFloat16}) {
    const ComputeDtypeGuard compute(dtype);
    model->prepare_inference(dtype);
    std::int64_t next = 0, parts = 0;
    model->read_logits(states, [&](const at::Tensor& part, std::int64_t first_token) {
      CHECK(first_token == next);
      CHECK(part.scalar_type() == at::kFloat);
      next += part.size(1);
      ++parts;
    });
    CHECK(next == 1300);
    CHECK(parts == 3);
    CHECK(difference(all_logits(*model, states), expected) < (dtype == at::kFloat ? 1e-5 : 0.2));
  }
}

}  // namespace heed
