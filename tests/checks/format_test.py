"""The sources are formatted by the pinned clang-format. With --fix: formats them."""
import os
import subprocess
import sys
import unittest

from repository import ROOT, sources

VERSION = "18.1.8"
CLANG_FORMAT = os.environ.get("HEED_CLANG_FORMAT", str(ROOT / ".venv/bin/clang-format"))


def run(*arguments):
    paths = [str(path) for path in sources()]
    return subprocess.run([CLANG_FORMAT, "--style=file", *arguments, *paths], capture_output=True, text=True)


class Format(unittest.TestCase):
    def test_pinned_version(self):
        self.assertTrue(os.access(CLANG_FORMAT, os.X_OK), f"{CLANG_FORMAT} is missing: ./x format installs it")
        found = subprocess.run([CLANG_FORMAT, "--version"], capture_output=True, text=True).stdout
        self.assertIn(VERSION, found)

    def test_sources_are_formatted(self):
        result = run("--dry-run", "--Werror")
        unformatted = sorted({line.split(":")[0] for line in result.stderr.splitlines() if "error:" in line})
        self.assertEqual(result.returncode, 0, "./x format mends these:\n" + "\n".join(unformatted))


if __name__ == "__main__":
    if sys.argv[1:] == ["--fix"]:
        result = run("-i")
        sys.exit(result.stderr or result.returncode)
    unittest.main()
