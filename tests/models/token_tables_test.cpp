#include "heed/models/token_tables.h"

#include <limits>
#include <memory>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "heed/base/tokens.h"

#include "catch.h"
#include "tensors.h"

namespace heed {

TEST_CASE("tied tables are one tensor, in every architecture") {
  for (const Arch arch : {Arch::transformer, Arch::lstm})
    for (const TieEmbeddings tie : {TieEmbeddings::none, TieEmbeddings::output, TieEmbeddings::all}) {
      Seq2SeqOptions options;
      options.arch = arch;
      options.source_vocab = options.target_vocab = 11;
      options.dim = options.ffn_dim = 8;
      options.tie = tie;
      const auto model = std::dynamic_pointer_cast<TokenTables>(make_seq2seq_model(options));
      REQUIRE(model != nullptr);
      const auto parameters = model->named_parameters();
      CHECK(parameters.contains("source_embedding.weight"));
      CHECK(parameters.contains("target_embedding.weight") == (tie != TieEmbeddings::all));
      CHECK(parameters.contains("output.weight") == (tie == TieEmbeddings::none));
      const char* expected = tie == TieEmbeddings::none     ? "output.weight"
                             : tie == TieEmbeddings::output ? "target_embedding.weight"
                                                            : "source_embedding.weight";
      CHECK(model->output_weight().is_same(parameters[expected]));
      CHECK(model->target_vocabulary() == 11);
      CHECK(model->state_width() == 8);
    }
}

TEST_CASE("logits of listed tokens are those of the whole vocabulary, whatever else is listed") {
  at::manual_seed(1);
  for (const std::int64_t width : {8, 40})
    for (const std::int64_t hypotheses : {1, 4, 6}) {
      CAPTURE(width, hypotheses);
      Seq2SeqOptions options;
      options.source_vocab = options.target_vocab = 60;
      options.dim = width;
      options.ffn_dim = 8;
      options.heads = 1;
      const auto model = make_seq2seq_model(options);
      model->eval();
      const c10::InferenceMode inference;
      const at::Tensor states = at::randn({3 * hypotheses, width});
      at::Tensor listed = at::randint(2, 60, {3, 17}, at::kLong);
      listed[1].narrow(0, 9, 8).fill_(static_cast<std::int64_t>(kPad));
      const at::Tensor all = all_logits(*model, states);                // [R, C]
      const at::Tensor rows = listed.repeat_interleave(hypotheses, 0);  // [R, K]
      const at::Tensor found = model->listed_logits(states, listed);    // [R, K]
      const at::Tensor is_padding = rows.eq(static_cast<std::int64_t>(kPad));
      CHECK(found.masked_select(is_padding).eq(-std::numeric_limits<float>::infinity()).all().item<bool>());
      const at::Tensor expected = all.gather(1, rows).masked_fill(is_padding, 0);
      CHECK(difference(found.masked_fill(is_padding, 0), expected) < 1e-5 * (1 + expected.abs().max().item<double>()));

      const at::Tensor alone = model->listed_logits(states.narrow(0, hypotheses, hypotheses), listed.narrow(0, 1, 1));
      CHECK(same_bits(alone, found.narrow(0, hypotheses, hypotheses)));
    }
}

}  // namespace heed
