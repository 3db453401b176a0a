"""Both trainers, with calls that fail while they write to the model directory: the same command again ends with the same
tensors, metrics and pictures as a run that was never disturbed.

A sample of calls, with every way to fail in one trainer or the other, drawn anew (HEED_FAULT_SEED repeats one).
With HEED_FAULT_POINTS=100 so many calls and ways of each, with HEED_FAULT_POINTS=all every call in every way, which
takes hours.
"""
import errno
import itertools
import os
import random
import unittest
from pathlib import Path
from unittest import mock

import trainers
from common import state_of
from injection import ERRORS, KINDS, calls_in, faults, first_that_matters, report_points

POINTS = {}
SEED = int(os.environ.get("HEED_FAULT_SEED") or random.SystemRandom().randrange(10**9))
DRAWN_KINDS = random.Random(SEED).sample(list(KINDS), len(KINDS))


def setUpModule():
    print(f"HEED_FAULT_SEED={SEED}", flush=True)
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
            return [(kind, random.Random(f"{SEED} {kind}").randint(1, calls)) for kind in self.SAMPLE]
        every = list(itertools.product(KINDS, range(1, calls + 1)))
        return every if wanted == "all" else random.Random(SEED).sample(every, int(wanted))

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

    def assert_told(self, run, calls, error, place):
        """The first failure that matters ends the run, with its folder and the reason."""
        failed = first_that_matters(calls, error)
        if not failed:
            self.assertEqual(run.code, 0, run.err)
            return
        path = Path(failed.path).relative_to(place)
        folder = path.parent if len(path.parts) > 1 else path
        self.assertIn(run.code, (3,) if path.name == "train.log" else self.CODES, (failed, run.err))
        self.assert_refused(run, run.code, folder, os.strerror(getattr(errno, error)))

    def test_same_end(self):
        self.train_in(self.place("undisturbed"))
        calls = self.undisturbed_calls()
        saved = self.saved_updates(calls)
        for name, point in self.points(len(calls)):
            with self.subTest(name, point=point, HEED_FAULT_SEED=SEED):
                place = self.place(f"{name}-{point}")
                kind = KINDS[name]["kind"]
                failed, met = self.disturbed(place, at=point, **KINDS[name])
                if kind in ERRORS:
                    self.assert_told(failed, met, kind, place)
                else:
                    self.assertEqual(failed.code, 0 if kind in ("EINTR", "SHORT") else -9, failed.err)
                if saved[point - 1] >= 0:
                    self.assertGreaterEqual(state_of(place / "m")["update"], saved[point - 1])
                self.train_in(place)
                self.assert_same_run(self.folder / "undisturbed", place)
                POINTS[name] = POINTS.get(name, 0) + 1


class Translation(TrainFaults, trainers.TranslationRuns):
    SAMPLE, CODES = DRAWN_KINDS[::2], (4,)
    SAVE_EVERY, UPDATES = trainers.TranslationRuns.RUN["save_every"], trainers.TranslationRuns.RUN["max_updates"]


class Pictures(TrainFaults, trainers.PictureRuns):
    SAMPLE, CODES = DRAWN_KINDS[1::2], (3, 4)  # 3 for the pictures of its samples
    SAVE_EVERY, UPDATES = trainers.gan_train_test.SMALL["save_every"], trainers.gan_train_test.SMALL["max_updates"]


if __name__ == "__main__":
    unittest.main()
