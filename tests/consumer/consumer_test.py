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
            prefix, build = Path(folder) / "prefix", Path(folder) / "build"
            self.run_ok(CMAKE, "--install", BUILD, "--prefix", prefix)
            self.run_ok(CMAKE, "-S", HERE, "-B", build, "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={prefix}",
                        f"-DCMAKE_CXX_COMPILER={os.environ['HEED_CXX']}")
            self.run_ok(CMAKE, "--build", build)
            self.assertEqual(self.run_ok(build / "consumer"), f"heed {os.environ['HEED_VERSION']} BLEU 100\n")

            for program in os.environ["HEED_PROGRAMS"].split():
                self.assertIn(os.environ["HEED_VERSION"], self.run_ok(prefix / "bin" / program, "--version"))


if __name__ == "__main__":
    unittest.main()
