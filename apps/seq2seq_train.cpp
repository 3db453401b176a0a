#include "heed/train/seq2seq.h"

#include "computing_app.h"

int main(int argc, char** argv) {
  heed::Seq2SeqTrainOptions options;
  const heed::AppInfo info{
      .name = "seq2seq-train",
      .description = "Trains a translator on sentence pairs. Started again on the same directory, it goes on.",
      .example = "seq2seq-train --train-src train.en --train-tgt train.de --model en-de"};
  heed::exit_at_once(heed::run_computing_app(
      info, argc, argv,
      [&](heed::Flags& flags) {
        flags.add(options, "Training");
        flags.group("Data", {"train-src", "train-tgt", "train-tsv", "valid-src", "valid-tgt", "model", "init-from",
                             "restart", "max-length", "on-long", "strict-utf8"});
        flags.group("Vocabulary", {"vocab", "vocab-src", "vocab-tgt", "vocab-size", "shared-vocab", "subwords"});
        flags.group("Network", {"preset", "arch", "enc-layers", "dec-layers", "dim", "ffn-dim", "heads", "kv-heads",
                                "head-dim", "activation", "positions", "max-positions", "norm-first", "tie", "dropout",
                                "attention-dropout", "rnn-attention", "input-feeding"});
        flags.group("Limits and validation", {"max-updates", "max-epochs", "max-time", "patience", "best-metric",
                                              "valid-every", "valid-sentences", "save-every", "log-every"});
        flags.by_preset({"enc-layers", "dec-layers", "dim", "ffn-dim", "heads", "dropout", "lr", "warmup",
                         "batch-tokens", "valid-every"});
      },
      [&](const heed::ComputingRun& run) {
        return heed::train_seq2seq(options, {run.given, run.device, run.resolved_toml});
      }));
}
