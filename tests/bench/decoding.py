"""Decoding speed and agreement beside CTranslate2 4.8, on the same weights, in turns.

Usage: decoding.py MODEL TEXT REFERENCE [--repeat 5] [--rounds 5] [--threads 2] [--searches 4,1]
                   [--precisions fp32,int8] [--others "bf16,fp32 --shortlist"] [--compute-types float32,int8,bfloat16]

TEXT is translated --repeat times over, with beam 4 and greedily, by `translate` in each precision and with each of the
other settings, and by CTranslate2 in each compute type that it has on this processor, with all threads in one batch and
with a batch for each thread; the programs take turns. Times count the whole program: start, loading, subwords and
writing. Prints a Markdown table of target tokens a second (median, and the range of all rounds) with the BLEU score of
seq2seq-score, the ratio of each precision of ours to CTranslate2's fastest setting that is within 0.3 BLEU of its
float32, and how many lines of greedy translation in fp32 differ where both have the length limit of `translate`.
Needs: pip install ctranslate2 sentencepiece; for bfloat16 torch too.
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

import ctranslate2

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(os.environ.get("HEED_BIN", ROOT / "build/release/bin"))


def run(command, text):
    """Output lines, target tokens and seconds."""
    start = time.monotonic()
    done = subprocess.run([str(word) for word in command], input=text, capture_output=True, check=True,
                          env={**os.environ, "LC_ALL": "C.UTF-8"})
    seconds = time.monotonic() - start
    return done.stdout.decode().split("\n")[:-1], int(re.search(r"tokens=(\d+)", done.stderr.decode())[1]), seconds


def bleu(lines, reference, folder):
    file = Path(folder) / "hypothesis"
    file.write_text("\n".join(lines) + "\n")
    done = subprocess.run([BIN / "seq2seq-score", "--hypothesis", file, "--references", reference, "--metrics", "bleu",
                           "--score-only"], capture_output=True, check=True)
    return float(done.stdout)


def convert(model, kind, folder):
    """The model as CTranslate2's, with weights of a compute type: none is converted while it is timed."""
    converted = Path(folder) / kind
    subprocess.run([sys.executable, ROOT / "data/to_ctranslate2.py", "--model", model, "--output", converted,
                    "--quantization", kind], check=True, stdout=subprocess.DEVNULL)
    return converted


def is_accepted(kind, model):
    """Whether CTranslate2 loads a model in a compute type; if not, prints what it says."""
    try:
        ctranslate2.Translator(str(model), compute_type=kind)
    except ValueError as error:
        print(f"CTranslate2 {ctranslate2.__version__} refuses {kind}: {error}\n")
        return False
    return True


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("text", type=Path)
    parser.add_argument("reference", type=Path)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--searches", default="4,1", help="beam sizes")
    parser.add_argument("--precisions", default="fp32,int8")
    parser.add_argument("--others", default="bf16,fp32 --shortlist", help="precisions and flags that get no ratio")
    parser.add_argument("--compute-types", default="float32,int8,bfloat16", help="float32 is always among them")
    options = parser.parse_args()
    text = options.text.read_bytes()
    count = len(text.splitlines())
    with tempfile.TemporaryDirectory() as folder:
        converted = {"float32": convert(options.model, "float32", folder)}
        for kind in options.compute_types.split(","):
            if kind not in converted and is_accepted(kind, converted["float32"]):
                converted[kind] = convert(options.model, kind, folder)

        def ours(setting, beam):
            return [BIN / "translate", "--model", options.model, "--beam-size", beam, "--precision", *setting.split(),
                    "--threads", options.threads, "--no-cache", "--stats"]

        def theirs(kind, beam, workers):
            return [sys.executable, Path(__file__).with_name("peer_ctranslate2.py"), converted[kind], "--beam-size",
                    beam, "--compute-type", kind, "--inter-threads", workers, "--intra-threads",
                    options.threads // workers]

        precisions = options.precisions.split(",")
        settings = precisions + [setting for setting in options.others.split(",") if setting]

        print("| program | search | target tokens/s | range | BLEU |\n|---|---|---|---|---|")
        for beam in (int(size) for size in options.searches.split(",")):
            name = f"beam {beam}" if beam > 1 else "greedy"
            own = {f"translate, {setting}": ours(setting, beam) for setting in settings}
            peers = {f"CTranslate2, {kind}, {workers}x{options.threads // workers}": theirs(kind, beam, workers)
                     for kind in converted for workers in sorted({1, options.threads})}
            speeds, lines = {title: [] for title in own | peers}, {}
            for _ in range(options.rounds):
                for title, command in (own | peers).items():
                    lines[title], tokens, seconds = run(command, text * options.repeat)
                    speeds[title].append(tokens / seconds)
            median = {title: statistics.median(found) for title, found in speeds.items()}
            scores = {title: bleu(lines[title][:count], options.reference, folder) for title in speeds}
            for title, found in speeds.items():
                print(f"| {title} | {name} | {median[title]:,.0f} | {min(found):,.0f} to {max(found):,.0f} | "
                      f"{scores[title]:.2f} |", flush=True)
            exact = scores[next(title for title in peers if "float32" in title)]
            best = max((title for title in peers if scores[title] >= exact - 0.3), key=median.get)
            for title in list(own)[:len(precisions)]:
                ratios = [a / b for a, b in zip(speeds[title], speeds[best])]
                print(f"\n{title}, {name}: {statistics.median(ratios):.2f} times {best} "
                      f"({min(ratios):.2f} to {max(ratios):.2f})")
            print()
        # 2: the default of --max-length-ratio in `translate`.
        pairs = zip(run(ours("fp32", 1), text)[0], run([*theirs("float32", 1, 1), "--max-length-ratio", 2], text)[0])
        print(f"{sum(a != b for a, b in pairs)} of {count:,} greedy translations in fp32 differ")


if __name__ == "__main__":
    main()
