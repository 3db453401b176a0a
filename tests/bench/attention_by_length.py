"""What attention changes: BLEU by length of the source, of models trained with and without it.

Usage: attention_by_length.py SOURCE REFERENCE NAME=MODEL... [--groups 5] [--svg FILE]

SOURCE is cut into --groups groups of about as many sentences each, by their number of words. Prints a Markdown table of
the BLEU of each group and of all, with as many rows as models, and draws the same with --svg. Beam 4, the usual
settings. For the same LSTM with attention and without:

    seq2seq-train --train-src train.en --train-tgt train.de --model with --arch lstm
    seq2seq-train --train-src train.en --train-tgt train.de --model without --arch lstm --rnn-attention none
    python3 tests/bench/attention_by_length.py test.en test.de "with attention=with" "last state only=without" --svg by-length.svg
"""
import argparse
import itertools
import os
import subprocess
import tempfile
from pathlib import Path

BIN = Path(os.environ.get("HEED_BIN", Path(__file__).resolve().parents[2] / "build/release/bin"))
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 720, 300, 62, 150, 40, 56
INK, QUIET, GRID = "#1f2937", "#6b7280", "#e5e7eb"
LINES = ("#0f766e", "#b45309", "#4338ca", "#be123c")


def lines_of(path):
    return Path(path).read_text(encoding="utf-8").split("\n")[:-1]


def translated(model, source):
    done = subprocess.run([BIN / "translate", "--model", model, "--input", source], capture_output=True, check=True)
    return done.stdout.decode().split("\n")[:-1]


def bleu(hypotheses, references):
    with tempfile.TemporaryDirectory() as folder:
        for name, texts in (("hypothesis", hypotheses), ("reference", references)):
            (Path(folder) / name).write_text("".join(text + "\n" for text in texts), encoding="utf-8")
        done = subprocess.run([BIN / "seq2seq-score", "--hypothesis", f"{folder}/hypothesis", "--references",
                               f"{folder}/reference", "--metrics", "bleu", "--score-only"], capture_output=True, check=True)
    return float(done.stdout)


def groups_of(lengths, count):
    """Least and most words of each group; all sentences of a length are in the same."""
    ordered, groups = sorted(lengths), []
    for number in range(1, count + 1):
        most = ordered[number * len(ordered) // count - 1]
        if not groups or most > groups[-1][1]:
            groups.append((groups[-1][1] + 1 if groups else ordered[0], most))
    return groups


def words_of(group):
    least, most = group
    return f"{least} to {most}" if least < most else str(least)


def text(x, y, words, anchor="middle", size=12, colour=QUIET, weight="normal"):
    return (f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" fill="{colour}" '
            f'font-weight="{weight}">{words}</text>')


def apart(wanted, least=15):
    """Heights for labels: as wanted, from the top, but no two nearer to each other than `least`."""
    heights = list(wanted)
    for above, below in itertools.pairwise(sorted(range(len(wanted)), key=wanted.__getitem__)):
        heights[below] = max(heights[below], heights[above] + least)
    return heights


def plot(groups, scores):
    top = 10 * (int(max(max(row) for row in scores.values())) // 10 + 1)

    def place(number, value):
        return (LEFT + (number + 0.5) / len(groups) * (WIDTH - LEFT - RIGHT),
                HEIGHT - BOTTOM - value / top * (HEIGHT - TOP - BOTTOM))

    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="system-ui, sans-serif">',
             f'<rect width="{WIDTH}" height="{HEIGHT}" rx="8" fill="#ffffff"/>',
             text(LEFT, 24, "BLEU by length of the source sentence", "start", 14, INK, "600")]
    for value in range(0, top + 1, 10):
        y = place(0, value)[1]
        parts += [f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="{GRID}"/>', text(LEFT - 8, y + 4, value, "end")]
    for number, group in enumerate(groups):
        parts.append(text(place(number, 0)[0], HEIGHT - BOTTOM + 20, words_of(group)))
    parts.append(text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - BOTTOM + 42, "words"))
    labels = apart([place(0, row[-1])[1] + 4 for row in scores.values()])
    for (name, row), label, colour in zip(scores.items(), labels, LINES * len(scores)):
        points = [place(number, value) for number, value in enumerate(row)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2.5" stroke-linejoin="round"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in points]
        parts.append(text(points[-1][0] + 10, label, name, "start", 12, colour, "600"))
    return "\n".join(parts + ["</svg>\n"])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source")
    parser.add_argument("reference")
    parser.add_argument("models", nargs="+", metavar="NAME=MODEL")
    parser.add_argument("--groups", type=int, default=5)
    parser.add_argument("--svg", type=Path)
    options = parser.parse_args()
    references = lines_of(options.reference)
    lengths = [len(line.split()) for line in lines_of(options.source)]
    groups = groups_of(lengths, options.groups)
    inside = [[i for i, length in enumerate(lengths) if least <= length <= most] for least, most in groups]
    print("| model | " + " | ".join(f"{words_of(group)} words ({len(members)})" for group, members in zip(groups, inside))
          + f" | all ({len(lengths)}) |")
    print("|---" * (len(groups) + 2) + "|")
    scores = {}
    for name, model in (entry.split("=", 1) for entry in options.models):
        found = translated(model, options.source)
        scores[name] = [bleu([found[i] for i in group], [references[i] for i in group]) for group in inside]
        print(f"| {name} | " + " | ".join(f"{score:.1f}" for score in scores[name] + [bleu(found, references)]) + " |", flush=True)
    if options.svg:
        options.svg.write_text(plot(groups, scores), encoding="utf-8")


if __name__ == "__main__":
    main()
