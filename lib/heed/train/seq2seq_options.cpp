#include "heed/train/seq2seq_options.h"

#include <filesystem>

#include "heed/base/error.h"
#include "heed/base/fields_json.h"
#include "heed/base/require.h"
#include "heed/base/units.h"
#include "heed/train/saved_options.h"

namespace heed {
namespace {

struct PresetValues {
  std::int64_t layers, dim, ffn_dim, heads;  // the last two: of Transformers
  double dropout, lr;
  std::int64_t warmup, batch_tokens, valid_every;
};

PresetValues values_of_rnn(Preset preset) {
  switch (preset) {
    case Preset::small:
      return {1, 512, 0, 0, 0.3, 1e-3, 1000, 4096, 500};
    case Preset::base:
      return {2, 512, 0, 0, 0.2, 1e-3, 2000, 8192, 1000};
    case Preset::big:
      return {2, 1024, 0, 0, 0.3, 5e-4, 4000, 8192, 1000};
    case Preset::tiny:
    case Preset::rnn:
    case Preset::automatic:
      break;
  }
  return {1, 256, 0, 0, 0.3, 2e-3, 1000, 2048, 500};
}

PresetValues values_of_transformer(Preset preset) {
  switch (preset) {
    case Preset::tiny:
      return {4, 128, 256, 4, 0.2, 3e-3, 1000, 2048, 500};
    case Preset::base:
      return {6, 512, 2048, 8, 0.1, 7e-4, 4000, 8192, 1000};
    case Preset::big:
      return {6, 1024, 4096, 16, 0.3, 5e-4, 4000, 8192, 1000};
    case Preset::small:
    case Preset::automatic:
    case Preset::rnn:
      break;
  }
  return {3, 256, 1024, 4, 0.2, 1e-3, 2000, 4096, 500};
}

constexpr std::uint64_t kTinyPairs = 60'000, kSmallPairs = 1'000'000;

// Settings that the weights, the vocabulary or the choice of held-out sentences were made with.
bool is_frozen(const std::string& name) {
  static const std::set<std::string> frozen = {
      "enc-layers",    "dec-layers",    "dim",           "ffn-dim", "heads",     "kv-heads",  "head-dim",
      "activation",    "positions",     "norm-first",    "tie",     "vocab",     "vocab-src", "vocab-tgt",
      "vocab-size",    "subwords",      "preset",        "seed",    "init-from", "optimizer", "shared-vocab",
      "max-positions", "rnn-attention", "input-feeding", "arch",    "shortlist"};
  return frozen.contains(name);
}

// Flags that say what to do now rather than how the run was set up.
bool is_momentary(const std::string& name) {
  return name == "restart" || name == "model";
}

}  // namespace

void validate(const Seq2SeqTrainOptions& o) {
  require_utf8(o);
  const bool pairs = !o.train.source.empty() || !o.train.target.empty();
  require(pairs || !o.train.tsv.empty(), std::string("no training text given: say --train-src FILE --train-tgt FILE") +
                                             (o.model.empty() ? " --model DIR" : ""));
  require(!o.model.empty(), "no model directory given: say --model DIR");
  require(!(pairs && !o.train.tsv.empty()),
          "--train-tsv stands instead of --train-src and --train-tgt, not beside them");
  require(o.train.source.size() == o.train.target.size(),
          "--train-src names " + std::to_string(o.train.source.size()) + " files and --train-tgt " +
              std::to_string(o.train.target.size()) + ": each source file needs its target file");
  require(o.valid_src.empty() == o.valid_tgt.empty(), "--valid-src and --valid-tgt go together");
  require(o.vocab_src.empty() == o.vocab_tgt.empty(), "--vocab-src and --vocab-tgt go together");
  require(o.vocab.empty() || o.vocab_src.empty(), "--vocab stands instead of --vocab-src and --vocab-tgt");
  require(o.max_length < longest_sentence(o.network),
          "--max-length " + std::to_string(o.max_length) + " and an end mark do not fit into --max-positions " +
              std::to_string(o.network.max_positions) + " learned positions: lower the one or raise the other");
  require(o.vocab_size == 0 || o.vocab_size >= 8, "vocab-size must be 8 or more");
  require(o.vocab_size <= 1'000'000, "vocab-size must be at most 1,000,000");
  require(o.shortlist >= 0 && o.shortlist <= 1'000, "shortlist must be 0 to 1,000");
  const auto positive = [&](const char* name, std::int64_t value) {
    require(value >= 1, std::string(name) + " must be 1 or more");
  };
  positive("max-length", o.max_length);
  positive("batch-tokens", o.batch_tokens);
  positive("grad-accum", o.grad_accum);
  positive("average", o.average);
  positive("valid-every", o.valid_every);
  positive("log-every", o.log_every);
  const auto not_negative = [&](const char* name, double value) {
    require(value >= 0, std::string(name) + " must be 0 or more");
  };
  not_negative("warmup", static_cast<double>(o.warmup));
  not_negative("max-updates", static_cast<double>(o.max_updates));
  not_negative("max-epochs", static_cast<double>(o.max_epochs));
  not_negative("patience", static_cast<double>(o.patience));
  not_negative("valid-sentences", static_cast<double>(o.valid_sentences));
  not_negative("save-every", static_cast<double>(o.save_every));
  not_negative("clip-norm", o.clip_norm);
  not_negative("weight-decay", o.adam.weight_decay);
  not_negative("seed", static_cast<double>(o.seed));
  require(o.lr > 0, "lr must be above 0");
  require(o.adam.epsilon > 0, "adam-epsilon must be above 0");
  const auto share = [&](const char* name, double value) {
    require(value >= 0 && value < 1, std::string(name) + " must be at least 0 and below 1");
  };
  not_negative("subword-alpha", o.sampling.alpha);
  require(o.sampling.dropout >= 0 && o.sampling.dropout <= 1, "bpe-dropout must be 0 to 1");
  not_negative("r-drop", o.r_drop);
  share("label-smoothing", o.label_smoothing);
  share("ema", o.ema);
  share("adam-beta1", o.adam.beta1);
  share("adam-beta2", o.adam.beta2);
  require(o.lr_scheduler != LrScheduler::cosine || o.max_updates > 0,
          "--lr-scheduler cosine needs --max-updates, the update at which the rate reaches zero");
  if (!o.max_time.empty()) parse_duration(o.max_time, "--max-time");
  // The vocabulary is not known yet: everything else about the network is checked before any file is read.
  Seq2SeqOptions network = o.network;
  network.source_vocab = network.target_vocab = 4;
  validate(network);
}

void apply_preset(Seq2SeqTrainOptions& o, const std::set<std::string>& given, std::uint64_t pairs) {
  if (o.preset == Preset::automatic)
    o.preset = pairs < kTinyPairs ? Preset::tiny : pairs < kSmallPairs ? Preset::small : Preset::base;
  const auto fill = [&](const char* name, auto& field, auto value) {
    if (!given.contains(name)) field = value;
  };
  if (o.preset == Preset::rnn) fill("arch", o.network.arch, Arch::lstm);
  const bool transformer = o.network.arch == Arch::transformer;
  if (o.preset == Preset::rnn && transformer)
    throw usage_error("--preset rnn is no Transformer: leave --arch out, or say --arch lstm or gru");
  const PresetValues values = transformer ? values_of_transformer(o.preset) : values_of_rnn(o.preset);
  fill("enc-layers", o.network.enc_layers, values.layers);
  fill("dec-layers", o.network.dec_layers, values.layers);
  fill("dim", o.network.dim, values.dim);
  if (transformer) fill("ffn-dim", o.network.ffn_dim, values.ffn_dim);
  if (transformer) fill("heads", o.network.heads, values.heads);
  fill("dropout", o.network.dropout, values.dropout);
  fill("lr", o.lr, values.lr);
  fill("warmup", o.warmup, values.warmup);
  fill("batch-tokens", o.batch_tokens, values.batch_tokens);
  fill("valid-every", o.valid_every, values.valid_every);
  fill("vocab-size", o.vocab_size, pairs < kSmallPairs ? std::int64_t{8'000} : std::int64_t{32'000});
  if (!o.shared_vocab || !o.vocab_src.empty()) fill("tie", o.network.tie, TieEmbeddings::output);
}

void adopt_network(Seq2SeqTrainOptions& options, const std::set<std::string>& given, const Seq2SeqOptions& network) {
  const auto refuse = [&](const char* name, bool differs) {
    if (differs && given.contains(name))
      throw usage_error(std::string("--init-from brings its own vocabulary: leave --") + name + " out");
  };
  refuse("vocab", !options.vocab.empty());
  refuse("vocab-src", !options.vocab_src.empty());
  refuse("vocab-tgt", !options.vocab_tgt.empty());
  refuse("vocab-size", options.vocab_size != network.source_vocab);
  options.vocab_size = network.source_vocab;
  nlohmann::json merged = fields_to_json(network);
  const nlohmann::json now = fields_to_json(options.network);
  for (const auto& [name, value] : now.items()) {
    if (name == "dropout" || name == "attention-dropout" || !has_option(network.arch, name))
      merged[name] = value;
    else if (given.contains(name) && value != merged[name])
      throw usage_error("--" + name + " " + value.dump() + " contradicts the model of --init-from, which has " +
                        merged[name].dump() + ": leave it out");
  }
  fields_from_json(options.network, merged, options.init_from);
}

std::string merge_saved_options(Seq2SeqTrainOptions& options, const std::set<std::string>& given,
                                const std::string& saved, const std::string& where) {
  const nlohmann::json now = fields_to_json(options);
  auto [merged, changes] = merged_options(now, given, saved, where, options.model, {is_frozen, is_momentary});
  // Text named in one way takes the place of text named in the other.
  const bool pairs_given = given.contains("train-src") || given.contains("train-tgt");
  if (given.contains("train-tsv") && !pairs_given) merged["train-src"] = merged["train-tgt"] = now["train-src"];
  if (pairs_given && !given.contains("train-tsv")) merged["train-tsv"] = now["train-tsv"];
  fields_from_json(options, merged, where);
  return changes;
}

}  // namespace heed
