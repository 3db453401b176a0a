"""What attention brings: trains each variant for the same time and compares their pictures with the real ones.

Usage: gan_ablation.py PICTURES FOLDER [--time 10m] [--seeds 1,2] [--jobs 2] [--score-pictures 5000] [-- GAN_TRAIN_FLAGS...]

Each variant and seed gets a model directory in FOLDER and is trained there by build/release/bin/gan-train, as many at a
time as --jobs says, each with its share of the cores; what is there already goes on, so the script can be stopped.
Prints a Markdown table.
"""
import argparse
import csv
import json
import os
import statistics
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

BIN = Path(__file__).resolve().parents[2] / "build/release/bin"
VARIANTS = {
    "no attention": ["--gate-res", "none"],
    "equal-cost extra convolution": ["--gate-res", "all", "--extra-conv"],
    "gate": ["--gate-res", "all"],
    "self-attention": ["--gate-res", "none", "--attn-res", "auto"],
    "gate and self-attention": ["--gate-res", "all", "--attn-res", "auto"],
}


def train(variant, seed, options, extra):
    """kimg reached, rfid and rkid."""
    model = options.folder / f"{variant.replace(' ', '-')}-{seed}"
    threads = ["--threads", str(max(1, len(os.sched_getaffinity(0)) // options.jobs))]
    subprocess.run([BIN / "gan-train", "--data", options.pictures, "--model", model, "--cond", "--max-time", options.time,
                    "--seed", str(seed), "--quiet", *threads, *VARIANTS[variant], *extra], check=True)
    with open(model / "metrics.csv", newline="") as file:
        kimg = float(list(csv.DictReader(file))[-1]["kimg"])
    scores = subprocess.run([BIN / "gan-score", "--model", model, "--ref", options.pictures, "--metrics", "fid,kid", "--n",
                             str(options.score_pictures), "--json", "--quiet", *threads], check=True,
                            capture_output=True).stdout
    found = {score["name"]: score["score"] for score in json.loads(scores)}
    return kimg, found["rfid"], found["rkid"]


def main():
    words = sys.argv[1:]
    own, extra = (words[:words.index("--")], words[words.index("--") + 1:]) if "--" in words else (words, [])
    parser = argparse.ArgumentParser()
    parser.add_argument("pictures")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--time", default="10m")
    parser.add_argument("--seeds", default="1,2")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--score-pictures", type=int, default=5000)
    options = parser.parse_args(own)
    options.folder.mkdir(parents=True, exist_ok=True)
    seeds = [int(seed) for seed in options.seeds.split(",")]
    print(f"| variant | kimg in {options.time} | rfid | rkid x 1000 | rkid of each seed |\n|---|---|---|---|---|")
    with ThreadPoolExecutor(options.jobs) as runs:
        started = {variant: [runs.submit(train, variant, seed, options, extra) for seed in seeds] for variant in VARIANTS}
        for variant, futures in started.items():
            rows = [future.result() for future in futures]
            kimg, rfid, rkid = (statistics.mean(column) for column in zip(*rows))
            each = ", ".join(f"{1000 * row[2]:.2f}" for row in rows)
            print(f"| {variant} | {kimg:.1f} | {rfid:.2f} | {1000 * rkid:.2f} | {each} |", flush=True)


if __name__ == "__main__":
    main()
