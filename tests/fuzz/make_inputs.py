#!/usr/bin/env python3
"""Makes what the fuzz targets begin with: a few small valid files in inputs/, and the words of dictionaries/.

Needs nothing but Python; what it makes is kept in the repository. Inputs that failed once stand beside them and stay.
"""
import gzip
import io
import json
import re
import struct
import tarfile
import zipfile
import zlib
from pathlib import Path

HERE = Path(__file__).resolve().parent
LIBRARY = HERE.parents[1] / "lib/heed"
PICTURE = HERE.parent / "image/pictures/bits.png"


def write(target, name, content):
    folder = HERE / "inputs" / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)


def compact(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def safetensors(tensors, metadata=None, checksums=False):
    """`tensors`: (name, dtype, shape, bytes)."""
    header, payload, metadata = {}, b"", dict(metadata or {})
    for name, dtype, shape, data in tensors:
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(payload), len(payload) + len(data)]}
        payload += data
    if checksums:
        metadata["checksums"] = compact({"": "0" * 8} | {name: f"{zlib.crc32(data):08x}" for name, _, _, data in tensors})
    text = compact(({"__metadata__": metadata} if metadata else {}) | header).encode()
    text += b" " * (-len(text) % 8)
    text = text.replace(rb'{\"\":\"' + b"0" * 8, rb'{\"\":\"' + f"{zlib.crc32(text):08x}".encode())
    return struct.pack("<Q", len(text)) + text + payload


def varint(value):
    out = b""
    while value >= 0x80:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def bytes_field(number, payload):
    return varint(number << 3 | 2) + varint(len(payload)) + payload


def varint_field(number, value):
    return varint(number << 3) + varint(value)


def piece(text, score=0.0, kind=1):
    return bytes_field(1, bytes_field(1, text.encode()) + varint(2 << 3 | 5) + struct.pack("<f", score)
                       + varint_field(3, kind))


def subword_model(kind, *more):
    """`kind`: 1 unigram, 2 BPE; with the four special pieces and a few letters."""
    specials = piece("<unk>", kind=2) + piece("<pad>", kind=3) + piece("<s>", kind=3) + piece("</s>", kind=3)
    letters = b"".join(piece(text, -number) for number, text in enumerate(("▁", "a", "b", "▁a")))
    return specials + letters + b"".join(more) + bytes_field(2, varint_field(3, kind))


def normalizer():
    """A table whose trie of 256 units leads nowhere, and no replacements."""
    trie = struct.pack("<256I", *[0] * 256)
    return bytes_field(3, bytes_field(1, b"t") + bytes_field(2, struct.pack("<I", len(trie)) + trie + b"\0"))


def translation_model(kind, network, options, weights, checksums=True):
    subwords = subword_model(1)
    tensors = [("w", "F32", [weights], b"\0\0\x80?" * weights),
               ("shortlist", "I32", [9, 1], struct.pack("<9i", *[4] * 9)),
               ("subwords.source", "U8", [len(subwords)], subwords)]
    metadata = {"format": "heed", "format_version": "1", "kind": network, "version": "0.1.0",
                "options": compact(options | {"source-vocab": 8, "target-vocab": 8})}
    for target in ("model_file", "inspect"):
        write(target, kind, safetensors(tensors, metadata, checksums))


def picture_model(name, options, generator, discriminator, class_names):
    """With so many weights in each network."""
    tensors = [(f"{network}.w", "F32", [weights], b"\0\0\x80?" * weights)
               for network, weights in (("generator", generator), ("discriminator", discriminator)) if weights]
    metadata = {"format": "heed", "format_version": "1", "kind": "attention-gan", "version": "0.1.0",
                "options": compact(options), "class_names": compact(class_names)}
    write("picture_networks", name, safetensors(tensors, metadata, checksums=True))


def archive(mode):
    stored = io.BytesIO()
    picture = PICTURE.read_bytes()
    with tarfile.open(fileobj=stored, mode="w", format=mode) as tar:
        for name, content in (("a/b.png", picture), ("note", b"no picture")):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return stored.getvalue()[:2048]  # without the padding


def zipped():
    stored = io.BytesIO()
    with zipfile.ZipFile(stored, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(zipfile.ZipInfo("a/b.png"), PICTURE.read_bytes(), zipfile.ZIP_DEFLATED)
        file.writestr(zipfile.ZipInfo("c.png"), PICTURE.read_bytes(), zipfile.ZIP_STORED)
    return stored.getvalue()


def option_names(*headers):
    text = "".join((LIBRARY / name).read_text() for name in headers)
    return sorted(set(re.findall(r'visit\("([a-z0-9-]+)"', text)))


def inputs():
    numbers = ("a", "F32", [2, 1], struct.pack("<2f", 1, -2)), ("b", "U8", [3], b"abc"), ("c", "I64", [0, 4], b"")
    write("safetensors", "plain", safetensors(numbers))
    write("safetensors", "checksums", safetensors(numbers, {"note": "größe"}, checksums=True))
    write("safetensors", "nothing", safetensors(()))

    transformer = {"enc-layers": 1, "dec-layers": 1, "dim": 2, "ffn-dim": 1, "heads": 1, "tie": "all"}
    attention, feed_forward, norm = 24, 7, 4
    weights = 8 * 2 + attention + feed_forward + 2 * norm + 2 * attention + feed_forward + 3 * norm + 2 * norm
    translation_model("transformer", "transformer", transformer, weights)
    translation_model("without_checksums", "transformer", transformer, weights, checksums=False)
    pictures = {"format": "heed", "format_version": "1", "kind": "attention-gan", "version": "0.1.0", "options": "{}",
                "class_names": '["cat","dog"]',
                "state": compact({"update": 5, "seconds": 1.5, "images": 160, "epoch": 0, "has-best": True, "best-score": 2})}
    for target in ("model_file", "inspect"):
        write(target, "pictures", safetensors(numbers, pictures))

    smallest = {"image-channels": 1, "image-height": 8, "image-width": 8, "latent": 1, "class-dim": 1, "gate-channels": 1,
                "d-gate-channels": 1} | {prefix + name: 1 for prefix in ("g-", "d-") for name in ("width", "max-width")}
    places, conv = 4 * 4, 9
    gate, extra_conv, attention = 3 * conv + 1, 4 * conv + 1, 2 * 2 + 1
    stage = 2 * (conv + 1)

    def generator(code):
        return (code + 1) * places + stage + 2 * (code + 1) * 2 + conv + 1

    discriminator = conv + 1 + 2 * stage + 1 + 1
    picture_model("generator", smallest | {"gate-res": "none"}, generator(1), 0, [])
    picture_model("both", smallest | {"classes": 2, "attn-res": "8", "d-gate-res": "auto", "d-extra-conv": True,
                                      "d-attn-res": "all", "spectral-norm": True},
                  2 + generator(2) + gate + attention, discriminator + 2 + extra_conv + attention, ["cat", "größe"])

    write("settings", "some", 'train-src = ["a b", \'c\']\nlr = 1e-3\ntie = "all"\nmax_updates = "10k"\nquoted = 1\n')
    write("settings", "all_kinds", '# comment\nshared-vocab = false\ndim = 0x40\ndropout = .1\n"max-time" = """1.5h"""\n')
    write("settings", "valid", 'train-src = "a"\ntrain-tgt = "b"\nmodel = "m"\nmax-updates = 1_000\ndropout = 0.3\n')
    write("saved_options", "some", compact({"train-src": ["a", "b"], "lr": 1e-3, "dim": 128, "tie": "output",
                                            "shared-vocab": False, "max-time": "10m", "arch": "gru"}))
    write("saved_options", "pictures", compact({"data": "a", "model": "m", "size": "32x48", "cond": True, "loss": "wgan-gp",
                                                "attn-res": "8,16", "g-lr": 1e-4, "precision": "bf16", "seed": 3}))
    write("saved_options", "valid", compact({"train-src": ["a"], "train-tgt": ["b"], "model": "m"}))
    write("command_line", "some", "-m\nm\n--output=a b\n--seeds\n0-7,12\n--class\ndog\n--trunc=.7\n--attn-maps\n--references\n"
          "a\nb\n--tokenize\nintl\n--no-json\n--resamples\n10k\n")
    write("command_line", "film", "--model=m\n-o\nx.gif\n--interp\n3,14\n--frames=12\n--class=1\n")
    write("command_line", "foreign", "--save_dir=4\n--truncation\n3\n--tok\nnone\n--\nx\n--unknwon\n")
    write("lines", "unix", "eins\n\nzwei drei\nletzte")
    write("lines", "dos", b"\xef\xbb\xbfa\r\nb\xff\xc3\r\n\xe2\x80\xa8\x85\n")
    write("gzip", "text", gzip.compress(b"the cat\nsees the dog\n", mtime=0))
    write("gzip", "two_members", gzip.compress(b"one\n", mtime=0) + gzip.compress(b"", mtime=0))
    for target in ("subword_guard", "subwords"):
        write(target, "unigram", subword_model(1))
        write(target, "bpe", subword_model(2, piece("ab", kind=4), piece("<0x0A>", kind=6)))
        write(target, "normalizer", subword_model(1, normalizer()))
    write("archive", "tar", archive(tarfile.USTAR_FORMAT))
    write("archive", "tar.gz", gzip.compress(archive(tarfile.GNU_FORMAT), mtime=0))
    write("archive", "zip", zipped())
    write("scores", "words", "\0the cat sat on the mat\nthe cat sat on a mat\nA, b.\na b\n")
    write("scores", "characters", "\x2e猫が座る。\n猫が座った。\n")
    write("glossary", "terms", "the red cat sees the cat\ncat\tKatze\n\nred cat\trote Katze\n")
    write("glossary", "characters", "猫が座る\n猫\tKatze\r\n")
    for target in ("picture", "picture_header"):
        write(target, "empty", b"")


def dictionaries():
    settings = option_names("models/seq2seq_options.h", "train/seq2seq_options.h")
    flags = option_names("image/sample_options.h", "text/score_files.h")
    words = {
        "settings": [name + " = " for name in settings] + ["true", "false", '"""', "'''", "[[", "1e-3", "0x", "1979-05-27", "inf", "\\u0000"],
        "command_line": ["\n--" + name + "\n" for name in flags] + ["\n--no-", "\n-m\n", "\n--\n", "=", "all", "0-9,", "8x8", "\n@", "\n%%"],
        "safetensors": ['"__metadata__":{', '"dtype":"F32"', '"shape":[', '"data_offsets":[', "checksums"],
        "picture_header": ["IHDR", "IDAT", "IEND", "eXIf", "EXIF", "Exif\0\0", "II*\0", "MM\0*", "VP8X", "VP8L", "VP8 ",
                           "RIFF", "WEBP", "\xff\xda", "\xff\xd9", "\xff\xc0", "\xff\xc2", "\xff\xeeAdobe", "\x12\x01"],
        "lines": ["\r\n", "\xef\xbb\xbf", "\xe2\x80\xa8", "\xf4\x90\x80\x80", "\xed\xa0\x80", "\xff\xfea\0", "\x1f\x8b\x08"],
        "scores": ["&quot;", "<skipped>", "1,5", ". ", "- ", "\xce\xa3", "\xc4\xb0", "\xe2\x80\x93", "\x1c"],
        "glossary": ["\t", "\n", "\r\n", "\xe3\x80\x80", "\xc2\xa0"],
    }
    words["picture"] = words["picture_header"]
    folder = HERE / "dictionaries"
    folder.mkdir(exist_ok=True)
    for target, entries in words.items():
        escaped = ["".join(f"\\x{byte:02x}" if byte < 32 or byte > 126 or byte in b'"\\' else chr(byte)
                           for byte in entry.encode("latin-1")) for entry in entries]
        (folder / f"{target}.dict").write_text("".join(f'"{entry}"\n' for entry in escaped))


if __name__ == "__main__":
    inputs()
    dictionaries()
