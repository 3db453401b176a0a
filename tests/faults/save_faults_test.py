"""Saving, with each of its calls failing in turn: whatever happens, the same command again ends with the same files.

A program that does nothing but save (save_loop.cpp) runs with a library (faults.cpp) that lets the n-th call fail,
n = 1, 2, ... until a run survives.
"""
import json
import os
import signal
import subprocess
import tempfile
import unittest
from pathlib import Path

FOLDER = Path(os.environ.get("HEED_FAULTS", Path(__file__).resolve().parents[2] / "build/release/tests/faults"))
STEPS = 6
POINTS = {}


def setUpModule():
    unittest.addModuleCleanup(lambda: print("failure points tried: " + json.dumps(POINTS) + ", together " +
                                            str(sum(POINTS.values()))))


class SaveFaults(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="heed-test-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name).resolve()

    def save(self, directory, **faults):
        environment = dict(os.environ)
        if faults:
            environment |= {"LD_PRELOAD": str(FOLDER / "libfaults.so"), "FAULTS_DIRECTORY": str(directory),
                            "FAULTS_COUNT": str(self.folder / "count")}
            environment |= {"FAULTS_" + name.upper(): str(value) for name, value in faults.items()}
        return subprocess.run([FOLDER / "save_loop", directory, str(STEPS)], env=environment, capture_output=True,
                              timeout=60)

    def files(self, directory):
        return {path.name: path.read_bytes() for path in directory.iterdir() if path.name != ".lock"}

    def expected(self):
        undisturbed = self.folder / "undisturbed"
        done = self.save(undisturbed)
        self.assertEqual(done.returncode, 0, done.stderr)
        files = self.files(undisturbed)
        self.assertEqual(set(files), {"best.safetensors", "last.safetensors", "last.1.safetensors", "metrics.csv"})
        return files

    def saved_step(self, directory):
        """Of the newest state; read without the program."""
        with (directory / "last.safetensors").open("rb") as file:
            size = int.from_bytes(file.read(8), "little")
            return int(json.loads(file.read(size))["__metadata__"]["step"])

    def every_point(self, name, codes, **faults):
        """Lets each call fail; `codes`: what such a run may end with."""
        expected, point, seen = self.expected(), 0, set()
        while True:
            point += 1
            directory = self.folder / f"{name}-{point}"
            (self.folder / "count").unlink(missing_ok=True)
            failed = self.save(directory, at=point, **faults)
            with self.subTest(name, point=point, **faults):
                self.assertIn(failed.returncode, codes, failed.stderr)
                if failed.returncode > 0:
                    self.assertIn(str(directory), failed.stderr.decode())
                    self.assertNotIn("bug", failed.stderr.decode())
                if failed.stdout:
                    self.assertGreaterEqual(self.saved_step(directory), int(failed.stdout.split()[-1]))
                seen.add(failed.returncode)
                again = self.save(directory)
                self.assertEqual(again.returncode, 0, again.stderr)
                found = self.files(directory)
                # The one before the last is what was saved before, of which there may be none yet.
                self.assertEqual({path: text for path, text in found.items() if path != "last.1.safetensors"},
                                 {path: text for path, text in expected.items() if path != "last.1.safetensors"})
            count = self.folder / "count"
            if failed.returncode == 0 and count.exists() and int(count.read_text()) < point:
                break
        POINTS[name] = POINTS.get(name, 0) + point - 1
        self.assertGreater(point, 50)
        return seen

    def test_killed(self):
        self.assertEqual(self.every_point("KILL", {0, -signal.SIGKILL}, kind="KILL"), {0, -signal.SIGKILL})

    def test_errors(self):
        for kind in ("ENOSPC", "EIO", "EDQUOT", "EROFS"):
            self.assertEqual(self.every_point(kind, {0, 4}, kind=kind), {0, 4})

    def test_errors_that_stay(self):
        """Such as those of a full disk, which the cleaning up meets too."""
        for kind in ("ENOSPC", "EIO", "EDQUOT", "EROFS"):
            self.every_point(kind + " onward", {0, 4}, kind=kind, onward=1)

    def test_interrupted_and_short_calls_are_made_up_for(self):
        for kind in ("EINTR", "SHORT"):
            self.assertEqual(self.every_point(kind, {0}, kind=kind), {0})

    def test_power_cut(self):
        """What was not synced is gone, and of unsynced changes of names the first 0, 1, 2 or 3 outlive it."""
        for keep in range(4):
            self.every_point(f"power cut, {keep} names kept", {0, -signal.SIGKILL}, kind="POWER", keep=keep)


if __name__ == "__main__":
    unittest.main()
