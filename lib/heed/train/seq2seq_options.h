#pragma once

#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "heed/base/fields.h"
#include "heed/models/seq2seq_options.h"
#include "heed/text/batches.h"
#include "heed/text/corpus.h"
#include "heed/text/subwords.h"
#include "heed/train/adam_options.h"
#include "heed/train/precision_kind.h"
#include "heed/train/schedule.h"

namespace heed {

/// Named sets of defaults for each architecture; `automatic` goes by the size of the corpus. `rnn` is an LSTM.
enum class Preset { automatic, tiny, small, base, big, rnn };
inline std::span<const std::string_view> enum_names(Preset) {
  static constexpr std::string_view names[] = {"auto", "tiny", "small", "base", "big", "rnn"};
  return names;
}

/// What decides which checkpoint is the best, and when training stops early.
enum class BestMetric { bleu, chrf, loss };
inline std::span<const std::string_view> enum_names(BestMetric) {
  static constexpr std::string_view names[] = {"bleu", "chrf", "loss"};
  return names;
}

/// What the program `seq2seq-train` is told. 0 in a limit means: no such limit.
struct Seq2SeqTrainOptions {
  CorpusFiles train;
  std::string model, valid_src, valid_tgt, init_from;
  bool restart = false;

  Preset preset = Preset::automatic;
  Seq2SeqOptions network;

  std::string vocab, vocab_src, vocab_tgt;
  std::int64_t vocab_size = 0;
  bool shared_vocab = true;
  SubwordKind subwords = SubwordKind::unigram;
  std::int64_t max_length = 256;
  OnLong on_long = OnLong::drop;
  SubwordSampling sampling;
  std::int64_t shortlist = 20;
  bool strict_utf8 = false;

  std::int64_t batch_tokens = 4096, grad_accum = 1;
  AdamOptions adam;
  double lr = 1e-3, label_smoothing = 0.1, r_drop = 0, clip_norm = 1, ema = 0.999;
  std::int64_t average = 1, warmup = 1000;
  LrScheduler lr_scheduler = LrScheduler::inverse_sqrt;
  Precision precision = Precision::automatic;
  std::int64_t seed = 1;

  std::int64_t max_updates = 0, max_epochs = 0, patience = 10;
  std::string max_time;
  std::int64_t valid_every = 500, valid_sentences = 2000, save_every = 0, log_every = 50;
  BestMetric best_metric = BestMetric::bleu;
};

template <OptionsOf<Seq2SeqTrainOptions> Options, class Visitor>
void visit_fields(Options& o, Visitor&& visit) {
  visit("train-src", o.train.source, "training text, source side: files, plain or .gz, one sentence a line");
  visit("train-tgt", o.train.target, "training text, target side, line by line the same sentences");
  visit("train-tsv", o.train.tsv, "instead of both: files with source, tab, target on each line");
  visit("valid-src", o.valid_src, "validation text, source side (without it, 1 % of the training pairs are held out)");
  visit("valid-tgt", o.valid_tgt, "validation text, target side");
  visit("model", o.model, "directory of the model; a run that was stopped there goes on");
  visit("init-from", o.init_from, "start from the weights and vocabulary of another model");
  visit("restart", o.restart, "start over in a directory that holds a run");
  visit("preset", o.preset, "set of defaults for shape and training (auto: by size of the corpus)");
  visit_fields(o.network, visit);
  visit("vocab", o.vocab,
        "SentencePiece model for both sides, or a model whose vocabulary is taken (else one is trained on the text)");
  visit("vocab-src", o.vocab_src, "SentencePiece model of the source side");
  visit("vocab-tgt", o.vocab_tgt, "SentencePiece model of the target side");
  visit("vocab-size", o.vocab_size, "size of a vocabulary to train (0 = 8,000 below a million pairs, else 32,000)");
  visit("shared-vocab", o.shared_vocab, "one vocabulary for both sides");
  visit("subwords", o.subwords, "kind of a vocabulary to train");
  visit("max-length", o.max_length, "longest sentence in tokens");
  visit("on-long", o.on_long, "what to do with longer ones");
  visit("subword-alpha", o.sampling.alpha,
        "draw segmentations of the training text anew, unigram vocabulary: small = wild, large = the best (0 = off)");
  visit("bpe-dropout", o.sampling.dropout, "the same, BPE vocabulary: share of the merges left out (0 = off)");
  visit("shortlist", o.shortlist,
        "likely target tokens listed for each source token, for translate --shortlist (0 = no list)");
  visit("strict-utf8", o.strict_utf8, "refuse ill-formed UTF-8 instead of replacing it");
  visit("batch-tokens", o.batch_tokens, "size of a batch: sentences times longest side, padding included");
  visit("grad-accum", o.grad_accum, "batches per update");
  visit("optimizer", o.adam.kind, "optimizer");
  visit("adam-beta1", o.adam.beta1, "decay of the mean of gradients");
  visit("adam-beta2", o.adam.beta2, "decay of the mean of their squares");
  visit("adam-epsilon", o.adam.epsilon, "added to the root of that mean");
  visit("weight-decay", o.adam.weight_decay, "pull of the weights towards zero (0 = off)");
  visit("lr", o.lr, "peak learning rate");
  visit("lr-scheduler", o.lr_scheduler, "how the rate falls after the warm-up");
  visit("warmup", o.warmup, "updates over which the rate rises to its peak");
  visit("label-smoothing", o.label_smoothing, "share of the target probability spread over all tokens (0 = off)");
  visit("r-drop", o.r_drop, "weight of the difference between two passes with other dropouts (0 = one pass)");
  visit("clip-norm", o.clip_norm, "longest gradient; a longer one is scaled down (0 = off)");
  visit("ema", o.ema, "decay of the average of the weights that is validated and kept as best (0 = off)");
  visit("average", o.average, "validations over which that average is averaged again (1 = only the newest)");
  visit("precision", o.precision, "number type of matrix products (auto: measured once, then kept)");
  visit("seed", o.seed, "of everything random");
  visit("max-updates", o.max_updates, "stop after so many updates (0 = no limit)");
  visit("max-epochs", o.max_epochs, "stop after so many passes over the corpus (0 = no limit)");
  visit("max-time", o.max_time, "stop after so much training, all starts together: 90s, 10m, 1.5h (empty = no limit)");
  visit("patience", o.patience, "stop after so many validations without a better one (0 = never)");
  visit("best-metric", o.best_metric, "what decides which checkpoint is best");
  visit("valid-every", o.valid_every, "updates between validations");
  visit("valid-sentences", o.valid_sentences, "validation sentences that are used at most (0 = all)");
  visit("save-every", o.save_every, "updates between saves (0 = every ten minutes)");
  visit("log-every", o.log_every, "updates between rows of metrics.csv");
}

/// Throws Error(usage) naming what is wrong and what to use instead.
void validate(const Seq2SeqTrainOptions& options);

/// Chooses the preset when it is `automatic`, by the number of training pairs, and fills every field of it that is not
/// among the `given` names. Throws Error(usage) where preset and architecture contradict each other.
void apply_preset(Seq2SeqTrainOptions& options, const std::set<std::string>& given, std::uint64_t pairs);

/// Takes over the shape of another model's network (not its dropouts) and the size of its vocabulary. Throws
/// Error(usage) naming a `given` option that contradicts it.
void adopt_network(Seq2SeqTrainOptions& options, const std::set<std::string>& given, const Seq2SeqOptions& network);

/// Continues with the options of the run that was saved (`saved`, JSON of all fields): those that were not given now
/// are taken from it, and changes that the weights or the order of the data cannot survive throw Error(usage) with a
/// list of them. Returns the other changes, a line each.
std::string merge_saved_options(Seq2SeqTrainOptions& options, const std::set<std::string>& given,
                                const std::string& saved, const std::string& where);

}  // namespace heed
