"""Both trainers, with calls that fail while they write to the model directory: the same command again ends with the same
tensors, metrics and pictures as a run that was never disturbed.

A drawn sample of calls, with every way to fail in one trainer or the other; with HEED_FAULT_POINTS=100 so many calls and
ways of each trainer, with HEED_FAULT_POINTS=all every call in every way, which takes hours.
"""
import errno
import itertools
import os
import random
import unittest
from unittest import mock

import trainers
from common import state_of
from injection import ERRORS, KINDS, calls_in, faults, first_that_matters, report_points

POINTS = {}


def setUpModule():
    trainers.setUpModule()
    report_points(POINTS)


class TrainFaults:
    """For both trainers."""

    def disturbed(self, place, **settings):
        """A run, and its calls."""
        log = place / "calls"
        with mock.patch.dict(os.environ, faults(place / "m", log, **settings)):
            return self.train_in(place, code=None), calls_in(log)

    def undisturbed_calls(self):
        """Of a run that meets no failure."""
        place = self.place("counted")
        run, calls = self.disturbed(place)
        self.assertEqual(run.code, 0)
        self.assert_same_run(self.folder / "undisturbed", place)
        names = {call.name for call in calls}
        self.assertLessEqual({"mkdir", "open", "write", "fsync", "close", "linkat", "rename"}, names)
        return calls

    def points(self, calls):
        wanted = os.environ.get("HEED_FAULT_POINTS")
        if wanted is None:
            return [(kind, random.Random(kind).randint(1, calls)) for kind in self.SAMPLE]
        every = list(itertools.product(KINDS, range(1, calls + 1)))
        return every if wanted == "all" else random.Random(1).sample(every, int(wanted))

    def saved_updates(self, calls):
        """For each call, the update that was surely saved before it; -1 before the first."""
        saved, renamed, updates = -1, False, []
        for call in calls:
            updates.append(saved)
            renamed |= call.name == "rename" and call.path.endswith("/m/last.safetensors")
            if renamed and call.name == "fsync" and call.path.endswith("/m"):
                saved, renamed = 0 if saved < 0 else min(saved + self.SAVE_EVERY, self.UPDATES), False
        self.assertEqual(saved, self.UPDATES)
        return updates

    def assert_told(self, run, calls, error):
        """The first failure that matters ends the run, with its folder and the reason."""
        failed = first_that_matters(calls, error)
        self.assertIn(run.code, self.CODES if failed else (0,), (failed, run.err))
        if failed:
            folder = failed.path[failed.path.rindex("/m") + 1:].rpartition("/")[0]
            self.assert_refused(run, run.code, folder, os.strerror(getattr(errno, error)))

    def test_same_end(self):
        self.train_in(self.place("undisturbed"))
        calls = self.undisturbed_calls()
        saved = self.saved_updates(calls)
        for name, point in self.points(len(calls)):
            with self.subTest(name, point=point):
                place = self.place(f"{name}-{point}")
                kind = KINDS[name]["kind"]
                failed, met = self.disturbed(place, at=point, **KINDS[name])
                if kind in ERRORS:
                    self.assert_told(failed, met, kind)
                else:
                    self.assertEqual(failed.code, 0 if kind in ("EINTR", "SHORT") else -9, failed.err)
                if saved[point - 1] >= 0:
                    self.assertGreaterEqual(state_of(place / "m")["update"], saved[point - 1])
                self.train_in(place)
                self.assert_same_run(self.folder / "undisturbed", place)
                POINTS[name] = POINTS.get(name, 0) + 1


class Translation(TrainFaults, trainers.TranslationRuns):
    SAMPLE, CODES = list(KINDS)[::2], (4,)
    SAVE_EVERY, UPDATES = trainers.TranslationRuns.RUN["save_every"], trainers.TranslationRuns.RUN["max_updates"]


class Pictures(TrainFaults, trainers.PictureRuns):
    SAMPLE, CODES = list(KINDS)[1::2], (3, 4)  # 3 for the pictures of its samples
    SAVE_EVERY, UPDATES = trainers.gan_train_test.SMALL["save_every"], trainers.gan_train_test.SMALL["max_updates"]


if __name__ == "__main__":
    unittest.main()
