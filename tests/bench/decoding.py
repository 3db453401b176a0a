"""Decoding speed and agreement beside CTranslate2 4.8, on the same weights, in turns.

Usage: decoding.py MODEL TEXT [REFERENCE] [--repeat 5] [--rounds 5] [--threads 2] [--compute-types float32,int8]
                   [--precisions fp32,bf16]

TEXT is translated --repeat times over, with beam 4 and greedily; times count the whole program: start, loading, subwords
and writing. Prints a Markdown table of target tokens a second (median, and the range of all rounds) and, with REFERENCE,
BLEU. Then how many lines of greedy translation in fp32 differ. Needs: pip install ctranslate2 sentencepiece sacrebleu.
"""
import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BIN = ROOT / "build/release/bin"


def run(command, text):
    """Output lines, target tokens and seconds."""
    start = time.monotonic()
    done = subprocess.run([str(word) for word in command], input=text, capture_output=True, check=True,
                          env={**os.environ, "LC_ALL": "C.UTF-8"})
    seconds = time.monotonic() - start
    return done.stdout.decode().split("\n")[:-1], int(re.search(r"tokens=(\d+)", done.stderr.decode())[1]), seconds


def bleu(lines, reference):
    if reference is None:
        return ""
    import sacrebleu
    return f"{sacrebleu.corpus_bleu(lines, [Path(reference).read_text().splitlines()]).score:.2f}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("text", type=Path)
    parser.add_argument("reference", nargs="?")
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--compute-types", default="float32,int8")
    parser.add_argument("--precisions", default="fp32,bf16")
    options = parser.parse_args()
    text = options.text.read_bytes()
    count = len(text.splitlines())
    with tempfile.TemporaryDirectory() as folder:
        converted = Path(folder) / "converted"
        subprocess.run([sys.executable, ROOT / "data/to_ctranslate2.py", "--model", options.model, "--output", converted],
                       check=True, stdout=subprocess.DEVNULL)

        def ours(precision, beam):
            return [BIN / "translate", "--model", options.model, "--beam-size", beam, "--precision", precision, "--threads",
                    options.threads, "--stats"]

        def theirs(kind, beam):
            return [sys.executable, Path(__file__).with_name("peer_ctranslate2.py"), converted, "--beam-size", beam,
                    "--compute-type", kind, "--threads", options.threads]

        print("| program | search | target tokens/s | range | BLEU |\n|---|---|---|---|---|")
        for beam, name in ((4, "beam 4"), (1, "greedy")):
            commands = {f"translate, {kind}": ours(kind, beam) for kind in options.precisions.split(",")}
            commands |= {f"CTranslate2, {kind}": theirs(kind, beam) for kind in options.compute_types.split(",")}
            speeds, lines = {title: [] for title in commands}, {}
            for _ in range(options.rounds):
                for title, command in commands.items():
                    lines[title], tokens, seconds = run(command, text * options.repeat)
                    speeds[title].append(tokens / seconds)
            for title, found in speeds.items():
                print(f"| {title} | {name} | {statistics.median(found):,.0f} | {min(found):,.0f} to {max(found):,.0f} | "
                      f"{bleu(lines[title][:count], options.reference)} |", flush=True)
        pairs = zip(run(ours("fp32", 1), text)[0], run(theirs("float32", 1), text)[0])
        print(f"\n{sum(a != b for a, b in pairs)} of {count:,} greedy translations in fp32 differ")


if __name__ == "__main__":
    main()
