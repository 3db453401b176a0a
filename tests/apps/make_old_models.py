"""Writes old_models/VERSION: small models of the format version that the programs write now, `best` and `last` of each
kind. They are kept as they are: whatever changes, old_models_test.py must be able to use them. Run it once for each new
format version, with the release that brings it:

    python3 tests/apps/make_old_models.py
"""
import shutil
import struct
import subprocess
import tempfile
import zlib
from pathlib import Path

from common import BIN, PATIENCE, environment, flags, lines, read_safetensors

HERE = Path(__file__).resolve().parent / "old_models"

ARTICLES, NOUNS = {"the": "la", "a": "un"}, {"cat": "kato", "dog": "hundo", "bird": "birdo"}
ADJECTIVES = {"": "", "red": "rugo", "big": "granda"}
# Learnt by heart. Adjectives follow their nouns in translation.
PAIRS = [(" ".join(f"{article} {adjective} {noun}".split()),
          " ".join(f"{ARTICLES[article]} {NOUNS[noun]} {ADJECTIVES[adjective]}".split()))
         for article in ARTICLES for noun in NOUNS for adjective in ADJECTIVES]

TRANSLATION = {
    "train_src": "text.src", "train_tgt": "text.tgt", "valid_src": "text.src", "valid_tgt": "text.tgt", "model": "m",
    "vocab": "words.model", "enc_layers": 1, "dec_layers": 1, "dim": 8, "batch_tokens": 60, "lr": 1e-2, "warmup": 50,
    "dropout": 0, "label_smoothing": 0, "ema": 0.98, "shortlist": 4, "patience": 0, "best_metric": "loss",
    "max_updates": 600, "valid_every": 600, "log_every": 10, "threads": 1, "precision": "fp32",
}
PICTURES = {
    "data": "pictures", "model": "m", "cond": True, "size": "12x8", "g_width": 2, "g_max_width": 4, "d_width": 2,
    "d_max_width": 4, "latent": 4, "class_dim": 2, "gate_channels": 1, "attn_res": "all", "spectral_norm": True,
    "batch": 4, "held_out": 0, "max_updates": 6, "log_every": 2, "threads": 1, "precision": "fp32",
}
# Name of the folder: program and settings.
RUNS = {
    "transformer": ("seq2seq-train", TRANSLATION | {"heads": 2, "ffn_dim": 16}),
    "lstm": ("seq2seq-train", TRANSLATION | {"arch": "lstm", "ema": 0}),
    "pictures": ("gan-train", PICTURES),
}


def subwords():
    """A SentencePiece model of whole words: one that is trained would bring 240 kB of Unicode tables along."""
    def bytes_field(number, payload):  # of a protobuf message; all are short
        return bytes([number << 3 | 2, len(payload)]) + payload

    def piece(text, score, kind):
        return bytes_field(1, bytes_field(1, text.encode()) + b"\x15" + struct.pack("<f", score) + bytes([3 << 3, kind]))

    words = sorted({word for pair in PAIRS for side in pair for word in side.split()})
    pieces = [("<unk>", 0, 2), ("<pad>", 0, 3), ("<s>", 0, 3), ("</s>", 0, 3)]
    pieces += [("\u2581" + word, -1 - i / 10, 1) for i, word in enumerate(words)]
    normalizer = bytes_field(1, b"identity")
    return b"".join(piece(*each) for each in pieces) + bytes_field(3, normalizer)


def write_picture(path, color, width=12, height=8):
    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    rows = (b"\0" + bytes(color) * width) * height
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) +
                     chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def write_data(folder):
    """What both trainers learn from."""
    for suffix, side in (("src", 0), ("tgt", 1)):
        (folder / f"text.{suffix}").write_text(lines(pair[side] for pair in PAIRS))
    (folder / "words.model").write_bytes(subwords())
    for i in range(8):
        write_picture(folder / f"pictures/dark/{i}.png", (10 * i, 20, 40))
        write_picture(folder / f"pictures/light/{i}.png", (250 - 10 * i, 230, 200))


def main():
    for name, (program, settings) in RUNS.items():
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            write_data(folder)
            subprocess.run([BIN / program, *flags(settings)], cwd=folder, env=environment(), check=True,
                           timeout=PATIENCE)
            version = read_safetensors(folder / "m/last.safetensors")[0]["format_version"]
            place = HERE / version / name
            place.mkdir(parents=True)  # fails where they are kept already
            for file in ("best.safetensors", "last.safetensors"):
                shutil.copy(folder / "m" / file, place)


if __name__ == "__main__":
    main()
