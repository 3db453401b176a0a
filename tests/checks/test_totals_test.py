"""What ./x test sums up: how many tests passed, failed and were skipped, whatever else they print."""
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from repository import ROOT

CMAKE = Path(os.environ.get("HEED_CMAKE", shutil.which("cmake") or "cmake"))
PROJECT = """
cmake_minimum_required(VERSION 3.23)
project(totals NONE)
enable_testing()
foreach(test one other)
  add_test(NAME ${test} COMMAND "%s" -B -m unittest discover -s "${CMAKE_SOURCE_DIR}" -p ${test}.py -v)
endforeach()
"""
ONE = """
import unittest
print("x" * 5000, flush=True)


class One(unittest.TestCase):
    def test_good(self):
        pass

    def test_good_with_words(self):
        '''Described.'''

    def test_skipped(self):
        self.skipTest("no wish")

    def test_skipped_with_words(self):
        '''Described (at length): so.'''
        self.skipTest("no room")
"""
OTHER = """
import unittest


class Other(unittest.TestCase):
    def test_bad(self):
        self.fail("as it should")
"""


class Totals(unittest.TestCase):
    def test_of_a_run(self):
        """By the preset that ./x test runs."""
        with tempfile.TemporaryDirectory(prefix="heed-test-") as folder:
            place = Path(folder)
            shutil.copy(ROOT / "CMakePresets.json", place)
            for name, text in (("CMakeLists.txt", PROJECT % sys.executable), ("one.py", ONE), ("other.py", OTHER)):
                (place / name).write_text(text)
            subprocess.run([CMAKE, "--preset", "release"], cwd=place, check=True, capture_output=True)
            subprocess.run([CMAKE.with_name("ctest"), "--preset", "release", "--output-junit", place / "report.xml"],
                           cwd=place, capture_output=True)
            found = subprocess.run([sys.executable, ROOT / "cmake/test_totals.py", place / "report.xml"],
                                   capture_output=True, text=True)
        self.assertEqual(found.stdout, "1 1 2\n", found.stderr)
        self.assertIn("== other failed:\n", found.stderr)
        self.assertIn("AssertionError: as it should\n", found.stderr)
        self.assertIn("== test_skipped (one.One.test_skipped) was skipped: 'no wish'\n", found.stderr)
        self.assertIn("== test_skipped_with_words (one.One.test_skipped_with_words) was skipped: 'no room'\n",
                      found.stderr)


if __name__ == "__main__":
    unittest.main()
