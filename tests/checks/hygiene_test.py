"""What must not slip into the repository."""
import re
import unittest

from repository import ROOT, files

LARGEST = 1_000_000
# Absolute paths of somebody's machine: a home folder, a scratch environment.
MACHINE_PATH = re.compile(rb"(?<![\w.~])/(?:home/[a-z][\w-]*|root|Users/\w+|work|tmp/venv)/[\w.]")


class Hygiene(unittest.TestCase):
    def test_no_large_file(self):
        large = [str(path.relative_to(ROOT)) for path in files() if path.stat().st_size > LARGEST]
        self.assertEqual(large, [])

    def test_no_machine_paths(self):
        found = [
            f"{path.relative_to(ROOT)}: {match.group(0).decode()}"
            for path in files()
            for match in MACHINE_PATH.finditer(path.read_bytes())
        ]
        self.assertEqual(found, [])

    def test_machine_paths_are_recognised(self):
        self.assertTrue(MACHINE_PATH.search(b'open("/home/' + b'someone/data")'))
        self.assertFalse(MACHINE_PATH.search(b"lib/heed/work/file build/root/x"))

    def test_scripts_are_executable(self):
        not_executable = [
            str(path.relative_to(ROOT))
            for path in files()
            if path.suffix == "" and path.read_bytes()[:2] == b"#!" and not path.stat().st_mode & 0o111
        ]
        self.assertEqual(not_executable, [])


if __name__ == "__main__":
    unittest.main()
