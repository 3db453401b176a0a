"""Both trainers, with calls that fail while they write to the model directory: the same command again ends with the same
tensors, metrics and pictures as a run that was never disturbed.

A drawn sample of calls and ways to fail; with HEED_FAULT_POINTS=all every call in every way, which takes hours.
"""
import itertools
import os
import random
import unittest
from unittest import mock

import trainers
from injection import KINDS, faults, report_points

SAMPLE = 8
POINTS = {}


def setUpModule():
    trainers.setUpModule()
    report_points(POINTS)


class TrainFaults:
    """For both trainers."""

    def disturbed(self, place, **settings):
        with mock.patch.dict(os.environ, faults(place / "m", self.folder / "count", **settings)):
            return self.train_in(place, code=None)

    def points(self):
        """Calls and ways to fail, and where a run ends that meets none."""
        place = self.place("counted")
        self.assertEqual(self.disturbed(place).code, 0)
        self.assert_same_run(self.folder / "undisturbed", place)
        calls = int((self.folder / "count").read_text())
        self.assertGreater(calls, 100)
        every = list(itertools.product(KINDS, range(1, calls + 1)))
        wanted = os.environ.get("HEED_FAULT_POINTS", str(SAMPLE))
        return every if wanted == "all" else random.Random(1).sample(every, int(wanted))

    def test_same_end(self):
        self.train_in(self.place("undisturbed"))
        for name, point in self.points():
            with self.subTest(name, point=point):
                place = self.place(f"{name}-{point}")
                failed = self.disturbed(place, at=point, **KINDS[name])
                self.assertIn(failed.code, {"EINTR": (0,), "SHORT": (0,), "KILL": (-9,)}.get(
                    name, (-9,) if name.startswith("power") else (0, 3, 4)), failed.err)
                if failed.code > 0:
                    self.assert_refused(failed, failed.code, "m/" if "m/" in failed.err else "m")
                self.train_in(place)
                self.assert_same_run(self.folder / "undisturbed", place)
                POINTS[name] = POINTS.get(name, 0) + 1


class Translation(TrainFaults, trainers.TranslationRuns):
    pass


class Pictures(TrainFaults, trainers.PictureRuns):
    pass


if __name__ == "__main__":
    unittest.main()
