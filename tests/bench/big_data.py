"""Data that is larger than it is comfortable: ten million sentence pairs, an archive of 200,000 pictures.

    python3 tests/bench/big_data.py [--pairs 10000000] [--pictures 200000] [--folder DIR]

Both are made up in a temporary folder (two gigabytes). Trainers with the smallest of networks go over them for a few
updates, are started again, and are measured against what docs/trust.md promises: memory of the process's own (RssAnon),
time from the start to the first update. A checkpoint is moved to 90 % of its epoch by changing the position in it.
"""
import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "apps"))
from common import BIN, environment, metrics_reach, read_safetensors, rewrite_metadata

MOST_ANONYMOUS_MB, RESUME_SECONDS, ARCHIVE_SECONDS = 1500, 2, 10
TEXT = ("--train-src", "big.src", "--train-tgt", "big.tgt", "--model", "text", "--enc-layers", 1, "--dec-layers", 1,
        "--dim", 32, "--ffn-dim", 64, "--heads", 2, "--vocab-size", 500, "--batch-tokens", 500, "--log-every", 1,
        "--precision", "fp32", "--valid-sentences", 20)
PICTURES = ("--data", "big.tar", "--model", "pictures", "--size", 32, "--g-width", 8, "--d-width", 8, "--batch", 8,
            "--precision", "fp32", "--log-every", 1)


class Watched:
    """A trainer, watched until it has done `update` and ended."""

    def __init__(self, folder, program, *words, update, threads):
        start = time.monotonic()
        command = [BIN / program, *map(str, words), "--max-updates", str(update), "--threads", str(threads)]
        process = subprocess.Popen(command, cwd=folder, env=environment(threads), stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE)
        model = Path(folder) / words[words.index("--model") + 1]
        self.anonymous_mb, self.seconds, self.cpu_seconds = 0, None, None
        while process.poll() is None:
            self.anonymous_mb = max(self.anonymous_mb, anonymous_mb(process.pid))
            if self.seconds is None and metrics_reach(model, update):
                self.seconds, self.cpu_seconds = time.monotonic() - start, cpu_seconds(process.pid)
            time.sleep(0.01)
        self.messages = process.stderr.read().decode()
        if process.returncode != 0 or self.seconds is None:
            sys.exit(f"{program} failed:\n{self.messages}")


def anonymous_mb(pid):
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return max([int(line.split()[1]) / 1000 for line in status.splitlines() if line.startswith("RssAnon:")], default=0)


def cpu_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def write_corpus(folder, pairs):
    """Lines that differ, of words of two languages: a number says which words."""
    draw = random.Random(1)
    words = ["".join(draw.choices("aeioubdfgklmnprst", k=draw.randint(2, 8))) for _ in range(2000)]
    halves = [" ".join(draw.choices(words, k=draw.randint(2, 6))) for _ in range(4001)]
    with open(folder / "big.src", "w") as source, open(folder / "big.tgt", "w") as target:
        for begin in range(0, pairs, 100_000):
            numbers = range(begin, min(begin + 100_000, pairs))
            source.writelines(f"{halves[i % 4001]} {halves[i // 4001]}\n" for i in numbers)
            target.writelines(f"{halves[i // 4001][::-1]} {halves[i % 4001][::-1]}\n" for i in numbers)


def write_archive(folder, pictures):
    """Two hundred pictures under ever new names."""
    subprocess.run([BIN / "make_demo_data", "images", "--count", "200", folder / "few"], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    few = sorted((folder / "few").rglob("*.png"))
    with tarfile.open(folder / "big.tar", "w") as archive:
        for i in range(pictures):
            with open(few[i % len(few)], "rb") as content:
                entry = tarfile.TarInfo(f"big/{i:06d}.png")
                entry.size = os.fstat(content.fileno()).st_size
                archive.addfile(entry, content)


def move_to(checkpoint, share, pairs):
    state = json.loads(read_safetensors(checkpoint)[0]["state"])
    state["sentence"] = int(share * pairs)
    rewrite_metadata(checkpoint, state=json.dumps(state))


def report(what, watched, limits):
    """A line for each measured thing; whether all are within their limits."""
    print(f"{what}: first update after {watched.seconds:.1f} s ({watched.cpu_seconds:.1f} s of CPU time), "
          f"at most {watched.anonymous_mb:.0f} MB of its own", flush=True)
    kept = True
    for name, value, limit in limits:
        kept = kept and value <= limit
        print(f"  {name}: {value:.1f}, limit {limit}: {'kept' if value <= limit else 'MISSED'}", flush=True)
    return kept


def measure_text(folder, pairs, threads):
    memory = lambda run: ("RssAnon in MB", run.anonymous_mb, MOST_ANONYMOUS_MB)
    write_corpus(folder, pairs)
    first = Watched(folder, "seq2seq-train", *TEXT, update=2, threads=threads)
    kept = report(f"{pairs:,} pairs, first start", first, [memory(first)])
    move_to(folder / "text/last.safetensors", 0.9, pairs)
    resumed = Watched(folder, "seq2seq-train", *TEXT, update=3, threads=threads)
    return report(f"{pairs:,} pairs, going on at 90 %", resumed,
                  [memory(resumed), ("seconds", resumed.seconds, RESUME_SECONDS)]) and kept


def measure_pictures(folder, pictures, threads):
    write_archive(folder, pictures)
    report(f"{pictures:,} pictures, first start", Watched(folder, "gan-train", *PICTURES, update=1, threads=threads), [])
    second = Watched(folder, "gan-train", *PICTURES, update=2, threads=threads)
    return report(f"{pictures:,} pictures, second start", second, [("seconds", second.seconds, ARCHIVE_SECONDS)])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=10_000_000)
    parser.add_argument("--pictures", type=int, default=200_000)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--folder", type=Path, help="where the data is made (default: the folder for temporary files)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="heed-big-", dir=options.folder) as name:
        needed = 300 * options.pairs + 6000 * options.pictures
        if shutil.disk_usage(name).free < needed:
            sys.exit(f"{name}: needs {needed / 1e9:.0f} GB of room; --folder names another place")
        kept = [measure(Path(name), count, options.threads)
                for measure, count in ((measure_text, options.pairs), (measure_pictures, options.pictures)) if count]
    sys.exit(0 if all(kept) else 1)


if __name__ == "__main__":
    main()
