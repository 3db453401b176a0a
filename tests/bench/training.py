"""Training speed of heed-bench beside the same model in Python PyTorch, in turns.

Usage: training.py [--turns 5] [--precision bf16] [--threads 2] [--updates 40] [--peer "COMMAND"]

Runs build/release/bin/heed-bench seq2seq-train and tests/bench/peer_seq2seq_train.py one after the other, so that what
else the machine does meets both alike, and prints medians, ranges and the ratio of each turn. On Multi30k when HEED_DATA
names a folder that holds multi30k/, else on made-up text. Run it with a Python that has torch and sentencepiece.
"""
import argparse
import os
import re
import shlex
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import sentencepiece

HERE = Path(__file__).resolve().parent
BENCH = HERE.parents[1] / "build/release/bin/heed-bench"


def speed(command, environment):
    """Tokens per second that a command prints."""
    output = subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout
    return float(re.search(r"(\d+) target tokens/s", output)[1])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--precision", choices=["bf16", "fp32"], default="bf16")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--updates", type=int, default=40)
    parser.add_argument("--peer", help="another peer: a command that prints '<number> target tokens/s'; {source}, "
                                       "{target}, {subwords} stand for the files")
    options = parser.parse_args()
    environment = os.environ | {"OMP_NUM_THREADS": str(options.threads)}
    with tempfile.TemporaryDirectory() as scratch:
        if "HEED_DATA" in os.environ:
            source, target = (Path(os.environ["HEED_DATA"]) / "multi30k" / f"train.{side}" for side in ("en", "de"))
        else:
            subprocess.run([BENCH, "made-up-text", f"folder={scratch}"], check=True)
            source, target = Path(scratch) / "train.src", Path(scratch) / "train.tgt"
        subwords = Path(scratch) / "subwords"
        sentencepiece.SentencePieceTrainer.train(input=f"{source},{target}", model_prefix=subwords, vocab_size=8000,
                                                 unk_id=0, pad_id=1, bos_id=2, eos_id=3, minloglevel=2)
        files = {"source": source, "target": target, "subwords": f"{subwords}.model"}
        peer = (shlex.split(options.peer.format(**files)) if options.peer else
                [sys.executable, HERE / "peer_seq2seq_train.py", *files.values(), "--precision", options.precision,
                 "--threads", str(options.threads), "--updates", str(options.updates)])
        heed = [BENCH, "seq2seq-train", f"precision={options.precision}", f"updates={options.updates}"]
        pairs = []
        for turn in range(options.turns):
            pairs.append((speed(heed, environment), speed(peer, environment)))
            print(f"turn {turn + 1}: heed {pairs[-1][0]:,.0f}, peer {pairs[-1][1]:,.0f} target tokens/s, "
                  f"ratio {pairs[-1][0] / pairs[-1][1]:.2f}", flush=True)
    for name, values, form in (("heed", [h for h, _ in pairs], ",.0f"), ("peer", [p for _, p in pairs], ",.0f"),
                               ("ratio", [h / p for h, p in pairs], ".2f")):
        print(f"{name}: median {statistics.median(values):{form}} ({min(values):{form}} to {max(values):{form}})")


if __name__ == "__main__":
    main()
