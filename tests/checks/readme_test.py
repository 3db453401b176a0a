"""README and docs tell the truth: each command's program, flags and files exist, and what can be run is run.

Only ```sh blocks are commands. The words behind "sh" say what happens to a block besides being looked at:

    ```sh             looked at only
    ```sh quick       run as it stands, in a copy of the top folder's files
    ```sh shortened   run with generated text and pictures in place of the reader's and with a few updates of training
    ```sh served      run where this Python has what the block serves with; skipped elsewhere
    ```sh parallel    run with GNU parallel, or a stand-in where it is not installed
"""
import functools
import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from repository import BIN, ROOT, files, programs

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
# Appended to what the README writes; the last of a repeated flag counts.
SHORTENED = {
    "seq2seq-train": "--max-updates 6 --valid-every 3 --log-every 2 --batch-tokens 400",
    "gan-train": "--max-updates 2 --size 16 --g-width 8 --d-width 8 --batch 4",
}
TEXT_FLAGS = {"--train-src": "en", "--train-tgt": "de", "--valid-src": "en", "--valid-tgt": "de", "--references": "de",
              "--input": "en", "-i": "en", "--train-tsv": "tsv"}
PICTURE_FLAGS = ("--data", "--ref")
BLOCK = re.compile(r"^```sh *([a-z ]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SERVED_WITH = ("ctranslate2", "numpy", "sentencepiece")
# Does in turn what GNU parallel does at once, and keeps a list of jobs as it does.
STAND_IN_FOR_PARALLEL = """#!/usr/bin/env python3
import subprocess, sys
words = sys.argv[1:]
for item in sys.stdin.read().split():
    with open(words[words.index("--joblog") + 1], "a") as jobs:
        jobs.write(item + "\\n")
    subprocess.run([word.replace("{}", item) for word in words[words.index("translate"):]], check=True)
"""
STEP_ENDS = {"|", "||", "&&", ";", "&"}
# They start the command that follows on their line: the program in it is ours. None need be installed here.
STARTERS = {"parallel", "srun"}
# What the reader installs first.
FOREIGN = STARTERS | {"pip"}


def blocks():
    return [(words.split(), text) for page in PAGES for words, text in BLOCK.findall(page.read_text(encoding="utf-8"))]


def commands(text):
    """Simple commands of a block as word lists, redirections included as words of their own."""
    for line in re.sub(r"\\\n", " ", text).splitlines():
        lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;<>")
        lexer.whitespace_split = True
        lexer.commenters = "#"
        command = []
        for word in list(lexer) + [";"]:
            started = command and command[0] in STARTERS and word in programs()
            if (word in STEP_ENDS or started) and command:
                yield command
                command = []
            if word not in STEP_ENDS:
                command.append(word)


def program_of(command):
    return Path(command[0]).name


def input_files(command):
    """(file, language) of the files that a command of ours reads."""
    for flag, language in TEXT_FLAGS.items():
        for position, word in enumerate(command):
            if word == flag:
                for value in command[position + 1:]:
                    if value.startswith("-") or value in "<>":
                        break
                    yield value, language
    for position, word in enumerate(command[:-1]):
        if word == "<":
            yield command[position + 1], "en"


def picture_folders(command):
    for position, word in enumerate(command[:-1]):
        if word in PICTURE_FLAGS:
            yield command[position + 1]


def output_files(command):
    for position, word in enumerate(command[:-1]):
        if word in (">", "--output", "-o", "--model", "-m", "--log-file"):
            yield command[position + 1]


@functools.cache
def known_flags(program):
    """Every flag that --help lists, negations included."""
    text = subprocess.run([BIN / program, "--help"], capture_output=True, text=True).stdout
    flags = set()
    for short, negatable, name in re.findall(r"^ +(?:(-\w), )?--(\[no-\])?([\w-]+)", text, re.MULTILINE):
        flags.update([f"--{name}", f"--no-{name}"] if negatable else [f"--{name}"])
        flags.add(short)
    return flags


def x_commands():
    return set(re.findall(r"^  (\w+)\)", (ROOT / "x").read_text(encoding="utf-8"), re.MULTILINE)) | {"help"}


class Readme(unittest.TestCase):
    def setUp(self):
        self.all_commands = [command for _, text in blocks() for command in commands(text)]
        self.assertGreater(len(self.all_commands), 0, "there is no command in a ```sh block")

    def test_block_words_are_known(self):
        for words, text in blocks():
            self.assertLessEqual(set(words), {"quick", "shortened", "served", "parallel"}, text)

    def test_programs_exist(self):
        for command in self.all_commands:
            with self.subTest(command=" ".join(command)):
                word = command[0]
                if word.startswith("build/"):
                    self.assertTrue((BIN / program_of(command)).exists(), f"{word} is not built")
                elif word == "./x":
                    self.assertIn(command[1], x_commands())
                else:
                    self.assertTrue(program_of(command) in {*programs(), *FOREIGN} or shutil.which(word) or
                                    word in ("cd", "export") or re.match(r"\w+=", word),
                                    f"there is no program {word}")

    def test_flags_exist(self):
        for command in self.all_commands:
            program = program_of(command)
            if program not in programs():
                continue
            known = known_flags(program)
            for word in command[1:]:
                if re.match(r"--?[a-z]", word):
                    with self.subTest(command=" ".join(command)):
                        self.assertIn(word.split("=")[0], known)

    def test_files_of_the_repository_exist(self):
        """Words that look like a path below one of the top folders."""
        folders = {path.relative_to(ROOT).parts[0] for path in files()} - {"build"}
        links = [os.path.normpath(page.parent.relative_to(ROOT) / target) for page in PAGES
                 for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8")) if "://" not in target]
        words = [word for command in self.all_commands for word in command[1:]]
        named = links + [word for word in words if "/" in word and word.split("/")[0] in folders]
        made = {name for command in self.all_commands for name in output_files(command)}
        for name in named:
            with self.subTest(name=name):
                self.assertTrue((ROOT / name).exists() or name in made, f"{name} does not exist")

    def test_runnable_blocks_run(self):
        for words, text in blocks():
            if words and "served" not in words:
                self.run_block(words, text)

    @unittest.skipUnless(all(map(importlib.util.find_spec, SERVED_WITH)),
                         f"needs {', '.join(SERVED_WITH)}, which ./x test installs")
    def test_served_block_runs(self):
        (block,) = [(words, text) for words, text in blocks() if "served" in words]
        self.run_block(*block)

    def run_block(self, words, text):
        with self.subTest(block=text), tempfile.TemporaryDirectory() as folder:
            scratch = Scratch(Path(folder))
            if "shortened" in words:
                scratch.provide_inputs(text)
            result = scratch.run(text, shortened="shortened" in words)
            self.assertEqual(result.returncode, 0, f"{text}\n{result.stdout}\n{result.stderr}")

    def test_shards_may_be_translated_again(self):
        (text,) = [text for words, text in blocks() if "parallel" in words]
        again = text[text.index("ls shards"):]
        sums = next(text for _, text in blocks() if text.startswith("awk"))
        with tempfile.TemporaryDirectory() as folder:
            scratch = Scratch(Path(folder))
            scratch.provide_inputs(text)
            for commands_given in (text, again):
                result = scratch.run(commands_given + sums, shortened=True)
                self.assertEqual(result.returncode, 0, result.stderr)
                self.assertEqual(len((scratch.folder / "million.de").read_text().split("\n")),
                                 len((scratch.folder / "million.en").read_text().split("\n")))
                self.assertEqual(result.stdout.split(), ["5", "0", "0"])


class Scratch:
    """A folder that looks like the repository's top, where README blocks can write."""

    def __init__(self, folder):
        self.folder = folder
        for path in files():
            target = folder / path.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.symlink_to(path)
        self.bin = folder / "build/release/bin"
        self.bin.mkdir(parents=True, exist_ok=True)

    def provide_inputs(self, text):
        corpus = self.folder / "build/generated-text"
        subprocess.run([BIN / "make_demo_data", "text", corpus], check=True, capture_output=True)
        lines = {language: (corpus / f"train.{language}").read_text().splitlines()[:600] for language in ("en", "de")}
        lines["tsv"] = [f"{en}\t{de}" for en, de in zip(lines["en"], lines["de"])]
        made = set()
        for command in commands(text):
            for name, language in input_files(command):
                path = self.folder / name
                if name != "-" and name not in made and not path.exists():
                    path.parent.mkdir(parents=True, exist_ok=True)
                    # What is translated and scored needs a few lines, not six hundred.
                    training = any(flag.startswith("--train") for flag in command)
                    path.write_text("\n".join(lines[language][: None if training else 5]) + "\n")
            for name in picture_folders(command):
                if name not in made and not (self.folder / name).exists():
                    subprocess.run([BIN / "make_demo_data", "images", "--count", "48", self.folder / name], check=True,
                                   capture_output=True)
            made.update(output_files(command))

    def run(self, text, shortened):
        for program in [*programs(), "make_demo_data"]:
            extra = SHORTENED.get(program, "") if shortened else ""
            wrapper = self.bin / program
            wrapper.write_text(f'#!/bin/sh\nexec "{BIN / program}" "$@" {extra}\n')
            wrapper.chmod(0o755)
        if shutil.which("parallel") is None:
            (self.bin / "parallel").write_text(STAND_IN_FOR_PARALLEL)
            (self.bin / "parallel").chmod(0o755)
        python = Path(sys.executable).parent  # the one that was asked what it has
        environment = {**os.environ, "PATH": f"{self.bin}:{python}:{os.environ['PATH']}"}
        # A server that a block starts ends with it, also when a command fails before the block ends it.
        script = f"trap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n{text}"
        return subprocess.run(["bash", "-euo", "pipefail", "-c", script], cwd=self.folder, env=environment,
                              capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=900)


if __name__ == "__main__":
    unittest.main()
