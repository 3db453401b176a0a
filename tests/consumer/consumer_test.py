"""A project of somebody else builds against the installed tree with find_package(heed)."""
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
CMAKE = os.environ["HEED_CMAKE"]
BUILD = os.environ["HEED_BUILD"]


class Consumer(unittest.TestCase):
    def run_ok(self, *command):
        result = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                                env={**os.environ, "LD_LIBRARY_PATH": ""})
        self.assertEqual(result.returncode, 0, f"{command}\n{result.stdout}\n{result.stderr}")
        return result.stdout

    def test_builds_and_runs_against_the_installed_tree(self):
        with tempfile.TemporaryDirectory() as folder:
            prefix, build, model = Path(folder) / "prefix", Path(folder) / "build", Path(folder) / "model"
            self.run_ok(CMAKE, "--install", BUILD, "--prefix", prefix)
            self.run_ok(CMAKE, "-S", HERE, "-B", build, "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={prefix}",
                        f"-DCMAKE_CXX_COMPILER={os.environ['HEED_CXX']}")
            self.run_ok(CMAKE, "--build", build)
            self.assertEqual(self.run_ok(build / "consumer"), f"heed {os.environ['HEED_VERSION']}\n")
            missing = subprocess.run([build / "consumer", model, "one"], capture_output=True, text=True)
            self.assertEqual(missing.returncode, 4, missing.stderr)
            self.assertIn(str(model), missing.stderr)

            # What the library translates is what the installed program translates.
            words = ["one two", "two three", "three one two", "two", "one three"] * 20
            for side in ("src", "tgt"):
                (Path(folder) / side).write_text("".join(f"{line} {side}\n" for line in words))
            self.run_ok(prefix / "bin/seq2seq-train", "--train-src", f"{folder}/src", "--train-tgt", f"{folder}/tgt",
                        "--model", model, "--dim", 16, "--ffn-dim", 32, "--heads", 2, "--enc-layers", 1,
                        "--dec-layers", 1, "--batch-tokens", 200, "--max-updates", 60, "--precision", "fp32",
                        "--quiet")
            line = "three one two src"
            translation = self.run_ok(build / "consumer", model, line)
            self.assertGreater(len(translation), 1)
            program = subprocess.run([prefix / "bin/translate", "--model", model, "--quiet"], input=line + "\n",
                                     capture_output=True, text=True, check=True)
            self.assertEqual(translation, program.stdout)

            for program in os.environ["HEED_PROGRAMS"].split():
                self.assertIn(os.environ["HEED_VERSION"], self.run_ok(prefix / "bin" / program, "--version"))


if __name__ == "__main__":
    unittest.main()
