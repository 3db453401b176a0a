#include "heed/train/seq2seq_options.h"

#include <functional>

#include "heed/base/fields_json.h"

#include "catch.h"
#include "text/errors.h"

namespace heed {
namespace {

using Catch::Matchers::Contains;

Seq2SeqTrainOptions complete() {
  Seq2SeqTrainOptions options;
  options.train.source = {"a.en"};
  options.train.target = {"a.de"};
  options.model = "m";
  return options;
}

Seq2SeqTrainOptions changed(const std::function<void(Seq2SeqTrainOptions&)>& change) {
  Seq2SeqTrainOptions options = complete();
  change(options);
  return options;
}

// The run that was begun: tiny, with an odd rate.
std::string saved_run() {
  return fields_to_json(changed([](auto& o) {
           apply_preset(o, {"lr"}, 1000);
           o.lr = 0.125;
           o.seed = 7;
         }))
      .dump();
}

}  // namespace

TEST_CASE("contradicting options are refused with what to use instead") {
  const auto message = [](const std::function<void(Seq2SeqTrainOptions&)>& change) {
    return thrown([&] { validate(changed(change)); });
  };
  CHECK(message([](auto&) {}) == "nothing");
  CHECK(message([](auto& o) { o.model = ""; }) == "2: no model directory given: say --model DIR");
  CHECK(message([](auto& o) { o.train = {}; }) == "2: no training text given: say --train-src FILE --train-tgt FILE");
  CHECK(message([](auto& o) {
          o.train = {};
          o.model = "";
        }) == "2: no training text given: say --train-src FILE --train-tgt FILE --model DIR");
  const std::string latin = "caf\xE9";
  CHECK(message([&](auto& o) { o.model = latin; }) ==
        "2: --model: 'caf\\xe9' is not UTF-8, in which the settings of a run are kept: choose another name");
  CHECK_THAT(message([&](auto& o) { o.train.source = {latin}; }), Contains("--train-src: 'caf\\xe9'"));
  CHECK(message([](auto& o) { o.train.tsv = {"a.tsv"}; }) ==
        "2: --train-tsv stands instead of --train-src and --train-tgt, not beside them");
  CHECK(message([](auto& o) { o.train = {}, o.train.tsv = {"a.tsv"}; }) == "nothing");
  CHECK(message([](auto& o) { o.train.source = {"a", "b"}; }) ==
        "2: --train-src names 2 files and --train-tgt 1: each source file needs its target file");
  CHECK(message([](auto& o) { o.valid_src = "v"; }) == "2: --valid-src and --valid-tgt go together");
  CHECK(message([](auto& o) { o.vocab_tgt = "v"; }) == "2: --vocab-src and --vocab-tgt go together");
  CHECK(message([](auto& o) { o.vocab = o.vocab_src = o.vocab_tgt = "v"; }) ==
        "2: --vocab stands instead of --vocab-src and --vocab-tgt");
  CHECK(message([](auto& o) { o.vocab_size = 7; }) == "2: vocab-size must be 8 or more");
  CHECK(message([](auto& o) { o.vocab_size = 1'000'001; }) == "2: vocab-size must be at most 1,000,000");
  CHECK(message([](auto& o) { o.max_length = 0; }) == "2: max-length must be 1 or more");
  CHECK(message([](auto& o) { o.batch_tokens = 0; }) == "2: batch-tokens must be 1 or more");
  CHECK(message([](auto& o) { o.grad_accum = 0; }) == "2: grad-accum must be 1 or more");
  CHECK(message([](auto& o) { o.valid_every = 0; }) == "2: valid-every must be 1 or more");
  CHECK(message([](auto& o) { o.log_every = 0; }) == "2: log-every must be 1 or more");
  CHECK(message([](auto& o) { o.max_updates = -1; }) == "2: max-updates must be 0 or more");
  CHECK(message([](auto& o) { o.seed = -1; }) == "2: seed must be 0 or more");
  CHECK(message([](auto& o) { o.clip_norm = -1; }) == "2: clip-norm must be 0 or more");
  CHECK(message([](auto& o) { o.lr = 0; }) == "2: lr must be above 0");
  CHECK(message([](auto& o) { o.adam.epsilon = 0; }) == "2: adam-epsilon must be above 0");
  CHECK(message([](auto& o) { o.label_smoothing = 1; }) == "2: label-smoothing must be at least 0 and below 1");
  CHECK(message([](auto& o) { o.sampling.alpha = -1; }) == "2: subword-alpha must be 0 or more");
  CHECK(message([](auto& o) { o.sampling.dropout = 1.5; }) == "2: bpe-dropout must be 0 to 1");
  CHECK(message([](auto& o) { o.sampling = {.alpha = 0.2, .dropout = 1}; }) == "nothing");
  for (const std::int64_t listed : {-1, 1001})
    CHECK(message([listed](auto& o) { o.shortlist = listed; }) == "2: shortlist must be 0 to 1,000");
  CHECK(message([](auto& o) { o.r_drop = -1; }) == "2: r-drop must be 0 or more");
  CHECK(message([](auto& o) { o.ema = 1; }) == "2: ema must be at least 0 and below 1");
  CHECK(message([](auto& o) { o.adam.beta2 = 1; }) == "2: adam-beta2 must be at least 0 and below 1");
  CHECK(message([](auto& o) { o.lr_scheduler = LrScheduler::cosine; }) ==
        "2: --lr-scheduler cosine needs --max-updates, the update at which the rate reaches zero");
  CHECK(message([](auto& o) { o.lr_scheduler = LrScheduler::cosine, o.max_updates = 10; }) == "nothing");
  CHECK_THAT(message([](auto& o) { o.max_time = "soon"; }), Contains("2: ") && Contains("--max-time"));
  CHECK_THAT(message([](auto& o) { o.network.heads = 7; }), Contains("2: dim 256 is not a multiple of heads 7"));
}

TEST_CASE("the automatic preset goes by the size of the corpus") {
  const auto preset = [](std::uint64_t pairs) {
    Seq2SeqTrainOptions options = complete();
    apply_preset(options, {}, pairs);
    return options;
  };
  CHECK(preset(29'000).preset == Preset::tiny);
  CHECK(preset(29'000).network.dim == 128);
  CHECK(preset(29'000).network.enc_layers == 4);
  CHECK(preset(29'000).network.ffn_dim == 256);
  CHECK(preset(29'000).vocab_size == 8'000);
  CHECK(preset(200'000).preset == Preset::small);
  CHECK(preset(200'000).network.dim == 256);
  CHECK(preset(200'000).network.dec_layers == 3);
  CHECK(preset(2'000'000).preset == Preset::base);
  CHECK(preset(2'000'000).network.dim == 512);
  CHECK(preset(2'000'000).network.ffn_dim == 2048);
  CHECK(preset(2'000'000).vocab_size == 32'000);
}

TEST_CASE("a preset fills what was not given, whatever the corpus") {
  Seq2SeqTrainOptions options = changed([](auto& o) { o.preset = Preset::base, o.network.dim = 64, o.lr = 0.5; });
  apply_preset(options, {"dim", "lr"}, 10);
  CHECK(options.preset == Preset::base);
  CHECK(options.network.dim == 64);
  CHECK(options.lr == 0.5);
  CHECK(options.network.enc_layers == 6);
  CHECK(options.network.heads == 8);
  CHECK(options.network.tie == TieEmbeddings::all);

  Seq2SeqTrainOptions two_vocabularies = changed([](auto& o) { o.shared_vocab = false; });
  apply_preset(two_vocabularies, {}, 10);
  CHECK(two_vocabularies.network.tie == TieEmbeddings::output);
  Seq2SeqTrainOptions insisting = changed([](auto& o) { o.shared_vocab = false, o.network.tie = TieEmbeddings::none; });
  apply_preset(insisting, {"tie"}, 10);
  CHECK(insisting.network.tie == TieEmbeddings::none);
}

TEST_CASE("a preset has its own shapes for recurrent networks") {
  Seq2SeqTrainOptions lstm = changed([](auto& o) { o.network.arch = Arch::lstm; });
  apply_preset(lstm, {"arch"}, 29'000);
  CHECK(lstm.preset == Preset::tiny);
  CHECK(lstm.network.enc_layers == 1);
  CHECK(lstm.network.dim == 256);

  Seq2SeqTrainOptions rnn = changed([](auto& o) { o.preset = Preset::rnn; });
  apply_preset(rnn, {}, 2'000'000);
  CHECK(rnn.network.arch == Arch::lstm);
  CHECK(rnn.network.dim == 256);
  Seq2SeqTrainOptions gru = changed([](auto& o) { o.preset = Preset::rnn, o.network.arch = Arch::gru; });
  apply_preset(gru, {"arch"}, 10);
  CHECK(gru.network.arch == Arch::gru);
  CHECK(thrown([] {
          Seq2SeqTrainOptions other = changed([](auto& o) { o.preset = Preset::rnn; });
          apply_preset(other, {"arch"}, 10);
        }) == "2: --preset rnn is no Transformer: leave --arch out, or say --arch lstm or gru");
}

TEST_CASE("a run from before there were architectures is a Transformer's, which stays one") {
  auto old = nlohmann::json::parse(saved_run());
  for (const char* name : {"arch", "rnn-attention", "input-feeding"}) old.erase(name);
  Seq2SeqTrainOptions options = complete();
  merge_saved_options(options, {}, old.dump(), "last");
  CHECK(options.network.arch == Arch::transformer);
  options = changed([](auto& o) { o.network.arch = Arch::lstm; });
  CHECK_THAT(thrown([&] { merge_saved_options(options, {"arch"}, old.dump(), "last"); }), Contains("-> \"lstm\""));
}

TEST_CASE("another model's network is taken over, its dropouts are not") {
  Seq2SeqOptions parent;
  parent.dim = 64;
  parent.heads = 2;
  parent.dropout = 0.4;
  parent.tie = TieEmbeddings::output;
  Seq2SeqTrainOptions options = changed([](auto& o) { o.network.dropout = 0.15; });
  adopt_network(options, {"dropout", "heads"}, [&] {
    Seq2SeqOptions same_heads = parent;
    same_heads.heads = options.network.heads;
    return same_heads;
  }());
  CHECK(options.network.dim == 64);
  CHECK(options.network.tie == TieEmbeddings::output);
  CHECK(options.network.dropout == 0.15);

  // What says nothing to the parent's network cannot contradict it.
  Seq2SeqOptions recurrent;
  recurrent.arch = Arch::lstm;
  recurrent.dim = 64;
  Seq2SeqTrainOptions tuned = changed([](auto& o) { o.network.arch = Arch::lstm, o.network.ffn_dim = 7; });
  adopt_network(tuned, {"ffn-dim"}, recurrent);
  CHECK(tuned.network.dim == 64);

  CHECK(thrown([&] {
          Seq2SeqTrainOptions other = complete();
          adopt_network(other, {"heads"}, parent);
        }) == "2: --heads 4 contradicts the model of --init-from, which has 2: leave it out");
}

TEST_CASE("another model's vocabulary is taken over; a settings file that was written then says so") {
  Seq2SeqOptions parent;
  parent.source_vocab = 96;
  const std::set<std::string> given = {"vocab", "vocab-src", "vocab-tgt", "vocab-size"};
  Seq2SeqTrainOptions options = changed([](auto& o) { o.vocab_size = 8000; });
  adopt_network(options, {}, parent);
  CHECK(options.vocab_size == 96);
  adopt_network(options, given, parent);
  const auto refusal = [&](const std::function<void(Seq2SeqTrainOptions&)>& change) {
    Seq2SeqTrainOptions other = options;
    change(other);
    return thrown([&] { adopt_network(other, given, parent); });
  };
  CHECK(refusal([](auto& o) { o.vocab_size = 120; }) ==
        "2: --init-from brings its own vocabulary: leave --vocab-size out");
  CHECK_THAT(refusal([](auto& o) { o.vocab = "x"; }), Contains("leave --vocab out"));
  CHECK_THAT(refusal([](auto& o) { o.vocab_src = o.vocab_tgt = "x"; }), Contains("leave --vocab-src out"));
}

TEST_CASE("going on takes over what was not given now") {
  Seq2SeqTrainOptions options = complete();
  options.model = "moved/m";
  options.max_updates = 500;
  merge_saved_options(options, {"train-src", "train-tgt", "model", "max-updates"}, saved_run(), "last");
  CHECK(options.lr == 0.125);
  CHECK(options.seed == 7);
  CHECK(options.preset == Preset::tiny);
  CHECK(options.network.dim == 128);
  CHECK(options.max_updates == 500);
  CHECK(options.model == "moved/m");
}

TEST_CASE("going on with changed settings says which") {
  Seq2SeqTrainOptions options = complete();
  options.lr = 0.25;
  options.batch_tokens = 999;
  options.network.dim = 128;
  options.sampling.alpha = 0.3;
  options.r_drop = 2;
  const std::string changes =
      merge_saved_options(options, {"lr", "batch-tokens", "dim", "subword-alpha", "r-drop"}, saved_run(), "last");
  CHECK(options.sampling.alpha == 0.3);
  CHECK(options.r_drop == 2);
  CHECK(options.lr == 0.25);
  CHECK(options.batch_tokens == 999);
  CHECK_THAT(changes, Contains("  lr: 0.125 -> 0.25") && Contains("  batch-tokens: 2048 -> 999"));
  CHECK_THAT(changes, !Contains("dim") && !Contains("\n\n"));
  CHECK(changes.back() != '\n');
  options = complete();
  CHECK(merge_saved_options(options, {}, saved_run(), "last").empty());
}

TEST_CASE("changes that the weights cannot survive are refused, all in one list") {
  Seq2SeqTrainOptions options = complete();
  options.network.dim = 64;
  options.network.norm_first = false;
  options.seed = 8;
  options.lr = 0.25;
  CHECK(thrown([&] { merge_saved_options(options, {"dim", "norm-first", "seed", "lr"}, saved_run(), "last"); }) ==
        "2: the run in m was begun with other settings:\n"
        "  dim: 128 -> 64\n"
        "  norm-first: true -> false\n"
        "  seed: 7 -> 8\n"
        "leave these flags out to go on with it, choose another --model directory, or say --restart to start over");
}

TEST_CASE("auto keeps what was chosen") {
  const std::string chosen = fields_to_json(changed([](auto& o) {
                               apply_preset(o, {}, 1000);
                               o.precision = Precision::bf16;
                             })).dump();
  Seq2SeqTrainOptions options = complete();
  merge_saved_options(options, {"preset", "precision"}, chosen, "last");
  CHECK(options.preset == Preset::tiny);
  CHECK(options.precision == Precision::bf16);

  // A choice can be overruled where the weights do not mind.
  options = changed([](auto& o) { o.precision = Precision::fp32; });
  merge_saved_options(options, {"precision"}, chosen, "last");
  CHECK(options.precision == Precision::fp32);
  options = changed([](auto& o) { o.preset = Preset::small; });
  CHECK_THAT(thrown([&] { merge_saved_options(options, {"preset"}, chosen, "last"); }),
             Contains("2: ") && Contains("preset: \"tiny\" -> \"small\""));
}

TEST_CASE("an older run lacks newer options; a broken one is refused") {
  auto old = nlohmann::json::parse(saved_run());
  old.erase("precision");
  old.erase("seed");
  Seq2SeqTrainOptions options = complete();
  merge_saved_options(options, {"precision"}, old.dump(), "last");
  CHECK(options.precision == Precision::automatic);
  CHECK(options.lr == 0.125);
  options = changed([](auto& o) { o.seed = 8; });
  CHECK_THAT(thrown([&] { merge_saved_options(options, {"seed"}, old.dump(), "last"); }),
             Contains("  seed: (none) -> 8"));
  CHECK(thrown([&] { merge_saved_options(options, {}, "{", "last"); }) ==
        "4: last: the training options inside are not JSON");
  old["wings"] = 2;
  CHECK(thrown([&] { merge_saved_options(options, {}, old.dump(), "last"); }) ==
        "4: last: unknown option 'wings' (written by a newer heed?)");
}

}  // namespace heed
