"""Saving, with each of its calls failing in turn: whatever happens, the same command again ends with the same files.

A program that does nothing but save (save_loop.cpp) runs with a library (faults.cpp) that lets the n-th call fail,
n = 1, 2, ... until a run survives.
"""
import errno
import json
import os
import signal
import subprocess
import tempfile
import unittest
from pathlib import Path

from injection import ERRORS, FOLDER, KINDS, calls_in, faults, first_that_matters, report_points

STEPS = 6
POINTS = {}


def setUpModule():
    report_points(POINTS)


class SaveFaults(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="heed-test-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name).resolve()
        self.log = self.folder / "calls"

    def save(self, directory, **settings):
        environment = os.environ | (faults(directory, self.log, **settings) if settings else {})
        return subprocess.run([FOLDER / "save_loop", directory, str(STEPS)], env=environment, capture_output=True,
                              timeout=60)

    def files(self, directory):
        return {path.name: path.read_bytes() for path in directory.iterdir() if path.name != ".lock"}

    def saved_step(self, directory):
        """Of the newest state; read without the program."""
        with (directory / "last.safetensors").open("rb") as file:
            size = int.from_bytes(file.read(8), "little")
            return int(json.loads(file.read(size))["__metadata__"]["step"])

    def expected(self):
        undisturbed = self.folder / "undisturbed"
        done = self.save(undisturbed)
        self.assertEqual(done.returncode, 0, done.stderr)
        files = self.files(undisturbed)
        self.assertEqual(set(files), {"best.safetensors", "last.safetensors", "last.1.safetensors", "metrics.csv"})
        # What was saved before the last is not the same after a failure: there may be none.
        del files["last.1.safetensors"]
        return files

    def assert_told(self, run, calls, error):
        """The first failure that matters ends the run, with its path and the reason."""
        failed = first_that_matters(calls, error)
        self.assertEqual(run.returncode, 4 if failed else 0, (failed, run.stderr))
        if failed:
            message = run.stderr.decode()
            self.assertIn(os.strerror(getattr(errno, error)), message)
            self.assertIn(str(Path(failed.path).parent), message)
            self.assertNotIn("bug", message)

    def every_point(self, name, codes):
        """Lets each call fail; `codes`: what such runs end with, all of them."""
        expected, point, seen = self.expected(), 0, set()
        while True:
            point += 1
            directory = self.folder / f"{name}-{point}"
            self.log.unlink(missing_ok=True)
            failed = self.save(directory, at=point, **KINDS[name])
            with self.subTest(name, point=point):
                calls = calls_in(self.log)
                if KINDS[name]["kind"] in ERRORS:
                    self.assert_told(failed, calls, KINDS[name]["kind"])
                if failed.stdout:
                    self.assertGreaterEqual(self.saved_step(directory), int(failed.stdout.split()[-1]))
                seen.add(failed.returncode)
                again = self.save(directory)
                self.assertEqual(again.returncode, 0, again.stderr)
                found = self.files(directory)
                found.pop("last.1.safetensors", None)
                self.assertEqual(found, expected)
            if failed.returncode == 0 and len(calls) < point:
                break
        POINTS[name] = point - 1
        self.assertGreater(point, 50)
        self.assertEqual(seen, codes)

    def test_killed(self):
        self.every_point("KILL", {0, -signal.SIGKILL})

    def test_errors(self):
        """Once, and from then on like those of a full disk, which the cleaning up meets too."""
        for kind in ("ENOSPC", "EIO", "EDQUOT", "EROFS"):
            self.every_point(kind, {0, 4})
            self.every_point(kind + " from then on", {0, 4})

    def test_interrupted_and_short_calls_are_made_up_for(self):
        for kind in ("EINTR", "SHORT"):
            self.every_point(kind, {0})

    def test_power_cut(self):
        """What was not synced is gone, and of unsynced changes of names the first 0, 1, 2 or 3 outlive it."""
        for keep in range(4):
            self.every_point(f"power cut, {keep} names kept", {0, -signal.SIGKILL})


if __name__ == "__main__":
    unittest.main()
