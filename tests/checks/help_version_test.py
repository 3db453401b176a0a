"""What every program owes its user: --help, --version, unknown flags, settings files."""
import os
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

from repository import BIN, ROOT, programs

WIDEST = 100


def run(program, *arguments):
    return subprocess.run(
        [BIN / program, *arguments], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=120
    )


def for_each_program(test):
    def run_all(self):
        self.assertGreater(len(programs()), 0)
        for program in programs():
            with self.subTest(program=program):
                test(self, program)

    return run_all


class EveryProgram(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.settings = Path(folder.name) / "settings.toml"

    @for_each_program
    def test_help(self, program):
        result = run(program, "--help")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        lines = result.stdout.splitlines()
        self.assertTrue(lines[0].startswith(f"Usage: {program}"), lines[0])
        self.assertTrue(lines[1].startswith("Example: ") and program in lines[1], lines[1])
        self.assertLessEqual(max(map(len, lines)), WIDEST)
        for flag in ("--help", "--version", "--config", "--dump-config", "--quiet"):
            self.assertIn(flag, result.stdout)

    def test_help_does_not_promise_what_a_preset_replaces(self):
        """The flags marked so are those that apply_preset() fills in."""
        for program, source in (("seq2seq-train", "seq2seq_options.cpp"), ("gan-train", "gan_options.cpp")):
            code = (ROOT / "lib" / "heed" / "train" / source).read_text()
            filled = re.findall(r'fill\("([a-z0-9-]+)",[^;]*(?:values\.|tiny|medium|classic)', code)
            self.assertGreater(len(filled), 5, source)
            entries = re.split(r"\n(?= {2,6}-)", run(program, "--help").stdout)
            entries = [" ".join(entry.split()) for entry in entries]
            marked = [re.search(r"--(?:\[no-\])?([a-z0-9-]+)", entry)[1] for entry in entries if "[by --preset]" in entry]
            self.assertEqual(sorted(marked), sorted(filled), program)

    @for_each_program
    def test_version_and_underscores_for_hyphens(self, program):
        result = run(program, "--log_level", "debug", "--version")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertEqual(result.stdout, f"{program} (heed) {os.environ['HEED_VERSION']}\n")

    @for_each_program
    def test_unknown_flag_suggests_the_nearest(self, program):
        result = run(program, "--log-levle", "debug")
        self.assertEqual((result.returncode, result.stdout), (2, ""))
        self.assertRegex(result.stderr, r"error: unknown flag --log-levle .*did you mean --log-level\?")

    def test_other_tools_flags_get_advice_that_fits(self):
        for program, word, advice in (
                ("gan-train", "--lr", "--g-lr and --d-lr"), ("gan-train", "--learning_rate", "--g-lr and --d-lr"),
                ("gan-train", "--resume", "goes on by itself"), ("seq2seq-train", "--continue", "goes on by itself"),
                ("seq2seq-train", "--mini-batch", "use --batch-tokens"),
                ("seq2seq-train", "--kimg", "flag --kimg; --help lists"),
                ("translate", "--unk-replacement", "flag --unk-replacement; --help lists")):
            with self.subTest(program=program, word=word):
                result = run(program, word, "1")
                self.assertEqual(result.returncode, 2)
                self.assertIn(advice, result.stderr)
        for program, words, line in (
                ("seq2seq-train", ("--epochs", "3"), "max-epochs = 3"),
                ("seq2seq-train", ("--after-epochs", "3"), "max-epochs = 3"),
                ("seq2seq-train", ("--no-improvement", "3"), "patience = 3"),
                ("translate", ("--output-file", "x"), 'output = "x"'),
                ("gan-train", ("--num-train-steps", "3"), "max-updates = 3"),
                ("gan-train", ("--init-from", "x"), 'init = "x"')):
            with self.subTest(program=program, words=words):
                self.assertIn(f"\n{line}\n", run(program, *words, "--dump-config").stdout)

    def test_keys_that_only_flags_have_get_advice_that_fits(self):
        for line, advice in (("no-cache = true", "unknown key 'no-cache' (write cache = false)"),
                             ("confg = 'x'", "unknown key 'confg'\n")):
            self.settings.write_text(line)
            self.assertIn(advice, run("translate", "--config", str(self.settings)).stderr)

    @for_each_program
    def test_unexpected_word(self, program):
        result = run(program, "--quiet", "stray-word")
        self.assertEqual((result.returncode, result.stdout), (2, ""))
        self.assertIn("stray-word", result.stderr)

    @for_each_program
    def test_dumped_settings_read_back(self, program):
        """As they were dumped, but where a flag says otherwise; then with all the defaults uncommented."""
        dumped = run(program, "--log-level", "warning", "--log-file", "a # b\\c", "--dump-config")
        self.assertEqual((dumped.returncode, dumped.stderr), (0, ""))
        level = '\nlog-level = "{}"\n'.format
        self.assertIn(level("warning"), dumped.stdout)
        self.settings.write_text(dumped.stdout)
        again = run(program, "--config", str(self.settings), "--log-level", "debug", "--dump-config")
        expected = dumped.stdout.replace(level("warning"), level("debug"))
        self.assertEqual((again.returncode, again.stderr, again.stdout), (0, "", expected))
        everything = re.sub(r"^# (?=[a-z0-9-]+ = )", "", expected, flags=re.MULTILINE)
        self.assertNotEqual(everything, expected)
        self.settings.write_text(everything)
        result = run(program, "--config", str(self.settings), "--dump-config")
        self.assertEqual((result.returncode, result.stderr, result.stdout), (0, "", everything))

    @for_each_program
    def test_unknown_key(self, program):
        self.settings.write_text("quiet = true\n\nlog-levle = 3\n")
        result = run(program, "--config", str(self.settings))
        self.assertEqual((result.returncode, result.stdout), (2, ""))
        self.assertIn(f"{self.settings}:3: unknown key 'log-levle' (did you mean log-level?)", result.stderr)

    @for_each_program
    def test_missing_settings_file(self, program):
        result = run(program, "--config", "no-such-file.toml")
        self.assertEqual((result.returncode, result.stdout), (3, ""))
        self.assertIn("no-such-file.toml", result.stderr)

    @for_each_program
    def test_full_disk_under_standard_output(self, program):
        with open("/dev/full", "w") as full:
            result = subprocess.run([BIN / program, "--help"], stdout=full, stderr=subprocess.PIPE, text=True)
        self.assertEqual(result.returncode, 3)
        self.assertRegex(result.stderr, "error: cannot write to standard output: (No space left|is the disk full)")

    @for_each_program
    def test_closed_pipe_is_quiet(self, program):
        read_end, write_end = os.pipe()
        os.close(read_end)
        result = subprocess.run([BIN / program, "--help"], stdout=write_end, stderr=subprocess.PIPE, text=True)
        os.close(write_end)
        self.assertEqual((result.returncode, result.stderr), (141, ""))


class Doctor(unittest.TestCase):
    def test_report(self):
        result = run("heed-doctor", "--threads", "1")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        report = dict(line.split(":", 1) for line in result.stdout.splitlines())
        for name in ("heed", "compiler", "LibTorch", "LibTorch build", "OpenCV", "CPU", "CPU features", "cores", "memory"):
            self.assertTrue(report[name].strip(), name)
        self.assertEqual(report["threads"].strip(), "1")
        speed = {kind: int(report[f"{kind} products"].split()[0]) for kind in ("fp32", "bf16")}
        self.assertGreater(speed["fp32"], 0)
        self.assertRegex(result.stdout, r"\nauto: device: +(cpu|cuda:0)\nauto: precision: +(fp32|bf16) for a model")

    def test_wrong_device(self):
        for device in ("gpu", "cuda:", "cuda:x", "cpu:0"):
            result = run("heed-doctor", "--device", device)
            self.assertEqual(result.returncode, 2)
            self.assertIn("expected auto, cpu or cuda:N", result.stderr)


if __name__ == "__main__":
    unittest.main()
