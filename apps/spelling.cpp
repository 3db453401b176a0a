#include "spelling.h"

#include <algorithm>
#include <vector>

#include "flags.h"

namespace heed {
namespace {

struct Alias {
  std::string_view foreign, ours, suffix = "", fixed_value = "";
};

// Only flags that mean exactly the same; what merely resembles ours gets a suggestion instead.
constexpr Alias kAliases[] = {
    {"accum-count", "grad-accum"},
    {"accumulate", "grad-accum"},
    {"batch-multiplier", "grad-accum"},
    {"optimizer-delay", "grad-accum"},
    {"update-freq", "grad-accum"},
    {"update-interval", "grad-accum"},
    {"max-tokens", "batch-tokens"},
    {"mini-batch-words", "batch-tokens"},
    {"batch-size", "batch"},
    {"initial-learning-rate", "lr"},
    {"learn-rate", "lr"},
    {"learning-rate", "lr"},
    {"learning-rate-warmup", "warmup"},
    {"lr-warmup", "warmup"},
    {"warmup-steps", "warmup"},
    {"warmup-updates", "warmup"},
    {"gradient-clipping-threshold", "clip-norm"},
    {"max-grad-norm", "clip-norm"},
    {"max-steps", "max-updates"},
    {"max-update", "max-updates"},
    {"steps", "max-updates"},
    {"train-steps", "max-updates"},
    {"num-train-steps", "max-updates"},
    {"after-epochs", "max-epochs"},
    {"epochs", "max-epochs"},
    {"max-epoch", "max-epochs"},
    {"max-num-epochs", "max-epochs"},
    {"minutes", "max-time", "m"},
    {"max-seconds", "max-time", "s"},
    {"stop-time-hours", "max-time", "h"},
    {"early-stopping", "patience"},
    {"early-stopping-patience", "patience"},
    {"no-improvement", "patience"},
    {"valid-freq", "valid-every"},
    {"valid-steps", "valid-every"},
    {"validate-interval-updates", "valid-every"},
    {"save-checkpoint-steps", "save-every"},
    {"save-freq", "save-every"},
    {"save-interval-updates", "save-every"},
    {"disp-freq", "log-every"},
    {"log-interval", "log-every"},
    {"report-every", "log-every"},
    {"best-checkpoint-metric", "best-metric"},
    {"optimized-metric", "best-metric"},
    {"init-from", "init"},
    {"finetune-from-model", "init-from"},
    {"pretrained-model", "init-from"},
    {"train-source", "train-src"},
    {"train-target", "train-tgt"},
    {"valid-source", "valid-src"},
    {"valid-target", "valid-tgt"},
    {"validation-source", "valid-src"},
    {"validation-target", "valid-tgt"},
    {"model-dir", "model"},
    {"models", "model"},
    {"network", "model"},
    {"outdir", "output"},  // where a program has both, results go there
    {"outdir", "model"},
    {"results-dir", "output"},
    {"results-dir", "model"},
    {"save-dir", "model"},
    {"cfg", "preset"},
    {"joined-dictionary", "shared-vocab"},
    {"share-vocab", "shared-vocab"},
    {"dec-depth", "dec-layers"},
    {"decoder-layers", "dec-layers"},
    {"enc-depth", "enc-layers"},
    {"encoder-layers", "enc-layers"},
    {"num-layers", "layers"},
    {"dim-emb", "dim"},
    {"hidden-size", "dim"},
    {"transformer-model-size", "dim"},
    {"ff-size", "ffn-dim"},
    {"transformer-dim-ffn", "ffn-dim"},
    {"transformer-ff", "ffn-dim"},
    {"num-heads", "heads"},
    {"transformer-heads", "heads"},
    {"random-seed", "seed"},
    {"cpu-threads", "threads"},
    {"num-threads", "threads"},
    {"cpu", "device", "", "cpu"},
    {"use-cpu", "device", "", "cpu"},
    {"bf16", "precision", "", "bf16"},
    {"fp32", "precision", "", "fp32"},
    {"beam", "beam-size"},
    {"len-pen", "length-penalty"},
    {"length-penalty-alpha", "length-penalty"},
    {"lenpen", "length-penalty"},
    {"normalize", "length-penalty"},
    {"max-length-factor", "max-length-ratio"},
    {"max-len-a", "max-length-ratio"},
    {"nbest", "n-best"},
    {"nbest-size", "n-best"},
    {"out", "output"},
    {"output-file", "output"},
    {"src", "input"},
    {"with-scores", "with-score"},
    {"log-throughput", "stats"},
    {"buffer-size", "buffer"},
    {"tok", "tokenize"},
    {"lc", "lowercase"},
    {"dataroot", "data"},
    {"image-size", "size"},
    {"resolution", "size"},
    {"greyscale", "channels", "", "1"},
    {"transparent", "channels", "", "4"},
    {"preprocess", "fit"},
    {"transform", "fit"},
    {"glr", "g-lr"},
    {"dlr", "d-lr"},
    {"n-dis", "d-steps"},
    {"beta1", "adam-beta1"},
    {"beta2", "adam-beta2"},
    {"no-ema", "ema-kimg", "", "0"},
    {"seed-list", "seeds"},
    {"num-samples", "n"},
    {"truncation", "trunc"},
    {"ema", "no-raw"},
    {"metric-images", "n"},
    {"metric-network", "features"},
};

// What other tools have and we do otherwise: the advice, in programs that have the flag `known`.
struct Hint {
  std::string_view foreign, known, advice;
};

constexpr std::string_view kTokensNotSentences =
    "batches are counted in tokens, sentences times longest side: use --batch-tokens";
constexpr std::string_view kGoesOn =
    "the same command goes on by itself where it was stopped: leave this out; --restart begins anew";
constexpr Hint kHints[] = {
    {"batch-size", "batch-tokens", kTokensNotSentences},
    {"mini-batch", "batch-tokens", kTokensNotSentences},
    {"lr", "g-lr", "each of the two networks has its own: --g-lr and --d-lr"},
    {"learning-rate", "g-lr", "each of the two networks has its own: --g-lr and --d-lr"},
    {"continue", "restart", kGoesOn},
    {"resume", "restart", kGoesOn},
};

/// Restricted Damerau-Levenshtein distance: insertions, deletions, replacements and swaps of neighbours.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before, last(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before = last;
    std::swap(last, row);
  }
  return last[b.size()];
}

std::string with_hyphens(std::string_view written) {
  std::string name(written);
  std::replace(name.begin(), name.end(), '_', '-');
  return name;
}

}  // namespace

Spelling canonical_spelling(std::string_view written, const Flags& flags) {
  Spelling spelling{.name = with_hyphens(written), .suffix = "", .fixed_value = ""};
  if (flags.knows(spelling.name)) return spelling;
  for (const Alias& alias : kAliases) {
    if (alias.foreign != spelling.name || !flags.knows(alias.ours)) continue;
    return {std::string(alias.ours), std::string(alias.suffix), std::string(alias.fixed_value)};
  }
  return spelling;
}

std::string suggestion(std::string_view written, const Flags& flags, std::string_view dashes) {
  const std::string name = with_hyphens(written);
  const bool in_file = dashes.empty(), negated = name.starts_with("no-");
  for (const Hint& hint : kHints)
    if (hint.foreign == name && flags.knows(hint.known)) return " (" + std::string(hint.advice) + ")";
  if (in_file && negated && flags.knows(name)) return " (write " + name.substr(3) + " = false)";
  std::size_t best_distance = std::max<std::size_t>(1, name.size() / 3) + 1;
  std::string best;
  const auto consider = [&](const std::string& candidate) {
    const bool begins = name.size() >= 3 && candidate.starts_with(name);
    const std::size_t distance = begins ? 1 : edit_distance(name, candidate);
    if (distance < best_distance) {
      best_distance = distance;
      best = candidate;
    }
  };
  for (const Flag& flag : flags.all()) {
    if (in_file && !flag.setting) continue;
    consider(flag.name);
    if (flag.kind == Flag::Kind::boolean && negated && !in_file) consider("no-" + flag.name);
  }
  return best.empty() ? "" : " (did you mean " + std::string(dashes) + best + "?)";
}

}  // namespace heed
