#include "heed/models/token_tables.h"

#include <memory>

#include "catch.h"

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

}  // namespace heed
