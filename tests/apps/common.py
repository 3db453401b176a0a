"""What the end-to-end tests share: running the programs, a toy language, reading and writing checkpoints."""
import ctypes
import json
import os
import random
import resource
import signal
import struct
import subprocess
import tempfile
import time
import unittest
import zlib
from pathlib import Path

BIN = Path(os.environ.get("HEED_BIN", Path(__file__).resolve().parents[2] / "build/release/bin"))
# Long enough for a busy machine: whoever waits so long is stuck.
PATIENCE = 300

# A small language whose adjectives follow their nouns in translation: a tiny network learns it entirely.
ARTICLES = {"the": "la", "a": "un", "one": "unu", "two": "du", "three": "tri", "four": "kvar"}
ADJECTIVES = {"red": "rugo", "blue": "bluo", "big": "granda", "small": "eta", "old": "olda", "new": "nova"}
NOUNS = {"cat": "kato", "dog": "hundo", "bird": "birdo", "house": "domo", "tree": "arbo", "car": "auto"}
VERBS = {"sees": "vidas", "likes": "amas", "finds": "trovas", "eats": "mangas"}

SMALL = {
    "enc_layers": 1, "dec_layers": 1, "dim": 32, "ffn_dim": 64, "heads": 2, "vocab_size": 120, "batch_tokens": 300,
    "threads": 1, "precision": "fp32", "max_updates": 20, "valid_every": 10, "log_every": 5, "save_every": 4,
}
# Enough to translate the toy language without a mistake.
LEARNING = SMALL | {
    "dim": 64, "ffn_dim": 128, "batch_tokens": 600, "max_updates": 150, "valid_every": 150, "log_every": 50,
    "save_every": 50, "lr": 5e-3, "warmup": 100, "dropout": 0.0, "ema": 0.98,
}


def toy_pairs(count, seed=1):
    """Distinct sentence pairs of two to seven words a side."""
    draw, pairs = random.Random(seed), {}

    def phrase():
        article, adjective, noun = (draw.choice(list(words.items())) for words in (ARTICLES, ADJECTIVES, NOUNS))
        parts = (article, adjective, noun), (article, noun, adjective)
        if draw.random() < 0.5:
            parts = (article, noun), (article, noun)
        return [word[0] for word in parts[0]], [word[1] for word in parts[1]]

    while len(pairs) < count:
        source, target = phrase()
        if draw.random() < 0.8:
            verb, object_ = draw.choice(list(VERBS.items())), phrase()
            source, target = source + [verb[0]] + object_[0], target + [verb[1]] + object_[1]
        pairs[" ".join(source)] = " ".join(target)
    return list(pairs.items())


def lines(texts):
    return "".join(text + "\n" for text in texts)


def write_pairs(folder, pairs, name="train"):
    """NAME.src and NAME.tgt in the folder."""
    for suffix, side in ((".src", 0), (".tgt", 1)):
        (folder / (name + suffix)).write_text(lines(pair[side] for pair in pairs))


def flags(settings):
    """Command-line words: None leaves a flag out, True and False are switches, a list is several values."""
    words = []
    for name, value in settings.items():
        flag = name.replace("_", "-")
        if value is None:
            continue
        elif value is True:
            words.append("--" + flag)
        elif value is False:
            words.append("--no-" + flag)
        else:
            words += ["--" + flag, *map(str, value if isinstance(value, (list, tuple)) else [value])]
    return words


def environment(threads=1):
    # Threads that wait without spinning: on a busy machine two would hold each other up for minutes.
    return {**os.environ, "OMP_NUM_THREADS": str(threads), "OMP_WAIT_POLICY": "passive", "LC_ALL": "C.UTF-8"}


def drop_privileges():
    """In a child of root before exec: permissions of files hold for it as for anyone."""
    if os.geteuid() != 0:
        return
    drop_from_bounding_set, override_permissions, override_read_permissions = 24, 1, 2
    for capability in (override_permissions, override_read_permissions):
        if ctypes.CDLL(None).prctl(drop_from_bounding_set, capability, 0, 0, 0) != 0:
            raise OSError("cannot drop a capability")


def limit_file_size(size):
    """For a child before exec: a longer file fails to be written, like on a full disk."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


class Result:
    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    @property
    def lines(self):
        """Lines of standard output, which end at LF only."""
        text = self.out.decode()
        return text.split("\n")[:-1] if text.endswith("\n") else text.split("\n")


class ProgramTest(unittest.TestCase):
    def setUp(self):
        self.folder = make_folder(self)

    def run_program(self, name, *words, code=0, input=b"", cwd=None, before=None, threads=1, **settings):
        """Runs a program to its end and checks its exit code; `code=None` accepts any."""
        done = subprocess.run(
            [BIN / name, *map(str, words), *flags(settings)], input=input.encode() if isinstance(input, str) else input,
            capture_output=True, cwd=cwd or self.folder, preexec_fn=before, env=environment(threads), timeout=PATIENCE)
        result = Result(done.returncode, done.stdout, done.stderr.decode())
        if code is not None:
            self.assertEqual(result.code, code, result.err)
        return result

    def train(self, code=0, cwd=None, before=None, base=SMALL, **changes):
        """seq2seq-train on train.src and train.tgt of the test's folder, model directory `m` in `cwd`."""
        settings = {"train_src": self.folder / "train.src", "train_tgt": self.folder / "train.tgt", "model": "m"}
        return self.run_program("seq2seq-train", code=code, cwd=cwd, before=before, **(settings | base | changes))

    def assert_refused(self, result, code, *parts):
        """One error message with all `parts`, nothing on stdout and no bug report."""
        self.assertEqual(result.code, code, result.err)
        self.assertEqual(result.out, b"")
        message = result.err[result.err.rfind("error: "):]
        self.assertTrue(message.startswith("error: "), result.err)
        self.assertNotIn("This is a bug", message)
        for part in parts:
            self.assertIn(str(part), message)


def make_folder(test):
    """A folder that lives as long as the test, or the class when its class is given."""
    folder = tempfile.TemporaryDirectory(prefix="heed-test-")
    (test.addClassCleanup if isinstance(test, type) else test.addCleanup)(folder.cleanup)
    return Path(folder.name).resolve()


class Running:
    """A program that was started and not yet waited for; its stderr goes to a file."""

    def __init__(self, test, name, *words, cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, **settings):
        self.errors = Path(cwd) / f".stderr-{time.monotonic_ns()}"
        with open(self.errors, "wb") as errors:
            self.process = subprocess.Popen([BIN / name, *map(str, words), *flags(settings)], cwd=cwd, stdin=stdin,
                                            stdout=stdout, stderr=errors, env=environment())
        test.addCleanup(self.close)

    @property
    def err(self):
        return self.errors.read_text()

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self):
        return self.process.wait(PATIENCE)

    def wait_until(self, holds):
        """False when the program ends before `holds()`."""
        deadline = time.monotonic() + PATIENCE
        while not holds():
            if self.process.poll() is not None:
                return holds()
            if time.monotonic() > deadline:
                raise AssertionError("waited in vain: " + self.err)
            time.sleep(0.001)
        return True

    def close(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            if stream:
                stream.close()


def read_safetensors(path):
    """Metadata, and name -> (dtype, shape, bytes)."""
    data = Path(path).read_bytes()
    (length,) = struct.unpack_from("<Q", data)
    header = json.loads(data[8:8 + length])
    payload, tensors = data[8 + length:], {}
    metadata = header.pop("__metadata__")
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        tensors[name] = (entry["dtype"], entry["shape"], payload[begin:end])
    return metadata, tensors


def rewrite_metadata(path, keep_checksums=True, tensors_changed=None, **changes):
    """Changes metadata of a safetensors file, and tensors where given, as a program would that knows the format."""
    metadata, tensors = read_safetensors(path)
    metadata |= changes
    tensors |= tensors_changed or {}
    header, payload = {}, b""
    for name, (dtype, shape, data) in tensors.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(payload), len(payload) + len(data)]}
        payload += data
    checksums = {name: f"{zlib.crc32(data):08x}" for name, (_, _, data) in tensors.items()}
    del metadata["checksums"]
    if keep_checksums:
        metadata["checksums"] = json.dumps({"": "0" * 8} | checksums, separators=(",", ":"))
    text = json.dumps({"__metadata__": metadata} | header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    if keep_checksums:  # the header's own counts as zeros in its sum
        mark = b'"checksums":"{\\"\\":\\"'
        text = text.replace(mark + b"0" * 8, mark + f"{zlib.crc32(text):08x}".encode())
    Path(path).write_bytes(struct.pack("<Q", len(text)) + text + payload)


def state_of(model):
    return json.loads(read_safetensors(model / "last.safetensors")[0]["state"])


def metrics_of(model):
    """Rows of metrics.csv as lists of texts, the header first."""
    return [line.split(",") for line in (model / "metrics.csv").read_text().splitlines()]


def metrics_reach(model, update):
    """Whether metrics.csv has a row of that update or a later one."""
    try:
        rows = metrics_of(model)
    except FileNotFoundError:
        return False
    return len(rows) > 1 and rows[-1][0].isdigit() and int(rows[-1][0]) >= update


def contents(folder, without=()):
    """Every file's bytes, but of the lock, which names its last holder."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in (".lock", *without) and not path.name.startswith(".stderr-")
    }


def temporaries(folder):
    return [path.name for path in folder.rglob(".*.tmp-*")]


def assert_same_tensors(test, expected, actual):
    """Names, types, shapes and bytes."""
    expected, actual = read_safetensors(expected)[1], read_safetensors(actual)[1]
    test.assertEqual(sorted(expected), sorted(actual))
    test.assertEqual([name for name in expected if expected[name] != actual[name]], [])
