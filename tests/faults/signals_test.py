"""Both trainers are told to stop in the middle of a write: once, and again at the write that follows."""
import random
import signal
import unittest
from unittest import mock

import trainers
from common import state_of
from injection import calls_in, faults

setUpModule = trainers.setUpModule
POINTS = 3


class Signals:
    """For both trainers."""

    def setUp(self):
        super().setUp()
        self.undisturbed = self.place("undisturbed")
        with mock.patch.dict("os.environ", faults(self.undisturbed / "m", self.folder / "calls")):
            self.train_in(self.undisturbed)
        calls = calls_in(self.folder / "calls")
        first_save = next(number for number, call in enumerate(calls, 1)
                          if call.name == "rename" and call.path.endswith("/m/last.safetensors"))
        # Neither before the first save is done, its directory's sync too, nor at the end, when there is nothing left to stop.
        self.points = range(first_save + 2, 2 * len(calls) // 3)

    def at_each_point(self, name, check, **settings):
        """A run that is told at the n-th call, then the same command again."""
        for point in random.Random(name).sample(self.points, POINTS):
            with self.subTest(point=point):
                place = self.place(f"{name}-{point}")
                with mock.patch.dict("os.environ", faults(place / "m", self.folder / "calls", kind="TERM", at=point,
                                                          **settings)):
                    told = self.train_in(place, code=None)
                self.assertEqual(told.code, 128 + signal.SIGTERM, told.err)
                check(place, told)
                self.train_in(place)
                self.assert_same_run(self.undisturbed, place)

    def test_once(self):
        """What is at hand is finished and saved."""
        def check(place, told):
            update = state_of(place / "m")["update"]
            self.assertIn(f"stopped by signal 15 and saved at update {update};", told.err)
            self.assertEqual(told.err.count("stopping: what is at hand is finished and saved first"), 1)

        self.at_each_point("once", check)

    def test_twice(self):
        """Nothing more is written: the old checkpoint or the new one is there, whole."""
        def check(place, told):
            self.assertNotIn("stopped by signal", told.err)
            self.assert_usable(place / "m/last.safetensors")

        self.at_each_point("twice", check, onward=1)


class Translation(Signals, trainers.TranslationRuns):
    pass


class Pictures(Signals, trainers.PictureRuns):
    pass


if __name__ == "__main__":
    unittest.main()
