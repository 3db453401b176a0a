#include "heed/train/seq2seq.h"

#include <string>
#include <utility>
#include <vector>

#include "heed/base/safetensors.h"
#include "heed/text/translation_model.h"

#include "catch.h"
#include "text/text_files.h"
#include "train/last_files.h"

// What the programs' tests look at from outside, here under the sanitizers: whole runs of a few updates.
namespace heed {
namespace {

// Text of its own, and runs on it in directories beside it.
class Translators {
 public:
  Translators() {
    static const std::vector<std::pair<std::string, std::string>> words = {
        {"house", "Haus"}, {"tree", "Baum"}, {"river", "Fluss"}, {"child", "Kind"}, {"bridge", "Brücke"}};
    std::string source, target;
    for (int n = 0; n < 120; ++n) {
      const auto& [a, a_target] = words[static_cast<std::size_t>(n % 5)];
      const auto& [b, b_target] = words[static_cast<std::size_t>(n / 5 % 5)];
      const std::string number = std::to_string(n);
      source += "the " + a + " " + number + " sees a " + b + "\n";
      target += "das " + a_target + " sieht " + b_target + " " + number + "\n";
    }
    files_.write("train.src", source);
    files_.write("train.tgt", target);
  }

  // Trains so far; `change` may change any option. Returns the exit code.
  template <class Change>
  int train(const std::string& model, std::int64_t updates, Change&& change) const {
    Seq2SeqTrainOptions options;
    options.train = {{files_.path("train.src")}, {files_.path("train.tgt")}, {}};
    options.model = files_.path(model);
    options.network = {.enc_layers = 1, .dec_layers = 1, .dim = 16, .ffn_dim = 32, .heads = 2};
    options.vocab_size = 60;
    options.precision = Precision::fp32;
    options.batch_tokens = 120;
    options.warmup = 2;
    options.max_updates = updates;
    options.valid_every = 2;
    options.valid_sentences = 4;
    options.log_every = 1;
    change(options);
    return train_seq2seq(options, {.given = {"enc-layers", "dec-layers", "dim", "ffn-dim", "heads", "vocab-size",
                                             "batch-tokens", "warmup", "valid-every", "max-updates"},
                                   .resolved_toml = [] { return "# of a test\n"; }});
  }
  std::string path(const std::string& name) const { return files_.path(name); }

 private:
  TextFiles files_;
};

}  // namespace

TEST_CASE("a translator in two starts is that of one start, to the bit") {
  const std::vector<std::pair<std::string, void (*)(Seq2SeqTrainOptions&)>> kinds = {
      {"plain", [](Seq2SeqTrainOptions&) {}},
      {"averages, accumulation, drawn subwords, two passes",
       [](Seq2SeqTrainOptions& o) {
         o.grad_accum = 2;
         o.average = 2;
         o.sampling.alpha = 0.5;
         o.r_drop = 1;
       }},
      {"bf16 with one key for all heads",
       [](Seq2SeqTrainOptions& o) {
         o.precision = Precision::bf16;
         o.network.kv_heads = 1;
       }},
      {"lstm", [](Seq2SeqTrainOptions& o) { o.network.arch = Arch::lstm; }},
      {"gru, last state",
       [](Seq2SeqTrainOptions& o) {
         o.network.arch = Arch::gru;
         o.network.rnn_attention = RnnAttention::none;
       }},
  };
  const Translators translators;
  for (const auto& [name, change] : kinds) {
    DYNAMIC_SECTION(name) {
      CHECK(translators.train("whole", 5, change) == 0);
      CHECK(translators.train("halves", 2, change) == 0);
      CHECK(translators.train("halves", 5, change) == 0);
      CHECK(same_tensors(translators.path("whole"), translators.path("halves")));
      CHECK(load_translation_model(translators.path("halves")).source.size() == 60);
    }
  }
}

TEST_CASE("a translator begins with the weights and vocabulary of another") {
  const Translators translators;
  REQUIRE(translators.train("parent", 2, [](Seq2SeqTrainOptions&) {}) == 0);
  const auto child = [&](Seq2SeqTrainOptions& o) { o.init_from = translators.path("parent"); };
  REQUIRE(translators.train("child", 1, child) == 0);
  const auto options_of = [&](const char* name) {
    return safetensors::File(translators.path(name) + "/last.safetensors").metadata("options");
  };
  CHECK(options_of("child") == options_of("parent"));
  REQUIRE(translators.train("stranger", 1, [](Seq2SeqTrainOptions&) {}) == 0);
  CHECK_FALSE(same_tensors(translators.path("child"), translators.path("stranger")));
}

}  // namespace heed
