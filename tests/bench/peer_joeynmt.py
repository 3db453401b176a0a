"""Trains JoeyNMT 2.3 on the data, vocabulary and shape of a heed model for a given time, and scores its translations.

Usage: peer_joeynmt.py MODEL DATA OUT [--minutes 60] [--test test_2016_flickr] [--seed 1] [--threads 2]

MODEL is a model directory of seq2seq-train; DATA a folder with {train,val,TEST}.{en,de}; OUT is made. Shape, dropout,
rate, warm-up and batch size are those of MODEL. When the time is over JoeyNMT is interrupted, takes its checkpoint of
the best validation BLEU, and translates the test set with a beam of five. Prints tokens/s and BLEU.

Needs: pip install joeynmt==2.3.0 torch sentencepiece==0.2.0 importlib_metadata "setuptools<70".
"""
import argparse
import json
import os
import pathlib
import re
import signal
import statistics
import struct
import subprocess
import sys

CONFIG = """
name: "heed-peer"
model_dir: "{out}/model"
use_cuda: False
random_seed: {seed}
data:
  train: "{data}/train"
  dev: "{data}/val"
  test: "{data}/{test}"
  dataset_type: "plain"
  src: &side
    lang: "en"
    level: "bpe"
    max_length: {max_length}
    voc_file: "{out}/vocabulary.txt"
    tokenizer_type: "sentencepiece"
    tokenizer_cfg: {{model_file: "{out}/vocabulary.model"}}
  trg:
    <<: *side
    lang: "de"
training:
  optimizer: "adamw"
  adam_betas: [0.9, 0.98]
  normalization: "tokens"
  label_smoothing: {label_smoothing:.6f}
  learning_rate: {lr:.6f}
  learning_rate_min: 0.000000000001
  learning_rate_warmup: {warmup}
  scheduling: "warmupinversesquareroot"
  clip_grad_norm: 1.0
  batch_size: {batch_tokens}
  batch_type: "token"
  epochs: 1000000
  updates: {updates}
  validation_freq: {valid_every}
  logging_freq: {log_every}
  early_stopping_metric: "bleu"
  keep_best_ckpts: 1
testing:
  batch_size: {batch_tokens}
  batch_type: "token"
  max_output_length: 100
  eval_metrics: ["bleu"]
  sacrebleu_cfg: {{tokenize: "13a"}}
  beam_size: 5
  beam_alpha: 1.0
model:
  initializer: "xavier_uniform"
  embed_initializer: "xavier_uniform"
  bias_initializer: "zeros"
  tied_embeddings: True
  tied_softmax: True
  encoder: &shape
    type: "transformer"
    num_layers: {enc_layers}
    num_heads: {heads}
    embeddings: {{embedding_dim: {dim}, scale: True, dropout: {dropout:.6f}}}
    hidden_size: {dim}
    ff_size: {ffn_dim}
    dropout: {dropout:.6f}
    layer_norm: "pre"
  decoder:
    <<: *shape
    num_layers: {dec_layers}
"""


def read_model(path):
    """Options of network and training, and the vocabulary's bytes, of a model of heed."""
    content = path.read_bytes()
    end = 8 + struct.unpack("<Q", content[:8])[0]
    header = json.loads(content[8:end])
    metadata = header["__metadata__"]
    begin, stop = header["subwords.source"]["data_offsets"]
    options = json.loads(metadata["train_options"]) | json.loads(metadata["options"])
    return {name.replace("-", "_"): value for name, value in options.items()}, content[end + begin:end + stop]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--updates", type=int, default=10**9, help="for a trial: end after so many, if time is left")
    parser.add_argument("--valid-every", type=int, help="updates between validations (default: those of MODEL)")
    parser.add_argument("--test", default="test_2016_flickr")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()

    options, vocabulary = read_model(arguments.model / "best.safetensors")
    if not (options["tie"] == "all" and options["norm_first"] and options["positions"] == "sinusoidal"):
        sys.exit("JoeyNMT is set up for one vocabulary, pre-norm and sinusoidal positions only")
    out = arguments.out.resolve()
    out.mkdir(parents=True)
    (out / "vocabulary.model").write_bytes(vocabulary)
    import sentencepiece
    pieces = sentencepiece.SentencePieceProcessor(model_proto=vocabulary)
    (out / "vocabulary.txt").write_text("".join(f"{pieces.id_to_piece(i)}\n" for i in range(len(pieces))))
    given = {name: value for name, value in vars(arguments).items() if value is not None}
    settings = options | given | {"out": out, "data": arguments.data.resolve()}
    settings["log_every"] = 50 if settings["valid_every"] % 50 == 0 else settings["valid_every"]
    (out / "config.yaml").write_text(CONFIG.format(**settings))

    environment = os.environ | {"OMP_NUM_THREADS": str(arguments.threads)}
    # A shell's background programs ignore SIGINT, and so would JoeyNMT.
    joey = subprocess.Popen([sys.executable, "-m", "joeynmt", "train", out / "config.yaml"], env=environment,
                            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    try:
        code = joey.wait(arguments.minutes * 60)
    except subprocess.TimeoutExpired:
        joey.send_signal(signal.SIGINT)  # it saves, and goes on to its test
        code = joey.wait()
    if code != 0:
        sys.exit(f"JoeyNMT ended with code {code}")
    log = (out / "model/train.log").read_text()
    rates = [int(rate) for rate in re.findall(r"Tokens per Sec:\s+(\d+)", log)]
    updates = re.findall(r"Step:\s+(\d+)", log)[-1]
    import sacrebleu
    hypotheses = (out / "model/best.hyps.test").read_text().splitlines()
    references = (arguments.data / f"{arguments.test}.de").read_text().splitlines()
    print(f"updates {updates}, tokens/s {statistics.median(rates):.0f} (median), "
          f"test {sacrebleu.corpus_bleu(hypotheses, [references])}")


if __name__ == "__main__":
    main()
