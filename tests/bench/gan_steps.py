"""What a training update costs, with and without attention and gradient penalties, and what --dry-run foretells.

Usage: gan_steps.py PICTURES [--sizes 32,64,128] [--updates 40] [-- GAN_TRAIN_FLAGS...]

For each size of pictures and kind of networks build/release/bin/gan-train makes a dry run, then trains for a few
updates; the seconds of an update are the medians of metrics.csv. Prints a Markdown table.
"""
import argparse
import csv
import re
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

BIN = Path(__file__).resolve().parents[2] / "build/release/bin"
KINDS = {"none": ["--gate-res", "none"],
         "gates": [],
         "gates and self-attention": ["--attn-res", "auto"],
         "these, and self-attention in the discriminator": ["--attn-res", "auto", "--d-attn-res", "auto"]}
FORECAST = re.compile(r"an update of (\d+) pictures takes ([0-9.]+) s, one with gradient penalties ([0-9.]+) s")
PENALTY_EVERY = 4


def gan_train(*words):
    return subprocess.run([BIN / "gan-train", *map(str, words)], check=True, capture_output=True, text=True).stderr


def measured(pictures, flags, updates):
    """Seconds of a plain update and of one with penalties."""
    with tempfile.TemporaryDirectory() as folder:
        gan_train("--data", pictures, "--model", folder, "--max-updates", updates, "--log-every", 1, "--snap-every",
                  10 * updates, "--reg-every", PENALTY_EVERY, *flags)
        with open(Path(folder) / "metrics.csv", newline="") as file:
            rows = list(csv.DictReader(file))[2 * PENALTY_EVERY:]  # the first ones warm up
        settings = (Path(folder) / "config.toml").read_text()
    batch = int(re.search(r"^(?:# )?batch = (\d+)", settings, re.MULTILINE)[1])
    seconds = {True: [], False: []}
    for row in rows:
        seconds[int(row["update"]) % PENALTY_EVERY == 0].append(batch / float(row["images_per_second"]))
    return statistics.median(seconds[False]), statistics.median(seconds[True])


def main():
    words = sys.argv[1:]
    own, extra = (words[:words.index("--")], words[words.index("--") + 1:]) if "--" in words else (words, [])
    parser = argparse.ArgumentParser()
    parser.add_argument("pictures")
    parser.add_argument("--sizes", default="32,64,128")
    parser.add_argument("--updates", type=int, default=40)
    options = parser.parse_args(own)
    print("| pictures | attention | update: forecast | measured | with penalties: forecast | measured |\n"
          "|---|---|---|---|---|---|")
    for size in options.sizes.split(","):
        for kind, flags in KINDS.items():
            flags = ["--size", size, *flags, *extra]
            forecast = FORECAST.search(gan_train("--data", options.pictures, "--dry-run", *flags))
            plain, penalised = measured(options.pictures, flags, options.updates)
            print(f"| {size}x{size} | {kind} | {float(forecast[2]):.2f} s | {plain:.2f} s | {float(forecast[3]):.2f} s | "
                  f"{penalised:.2f} s |", flush=True)


if __name__ == "__main__":
    main()
