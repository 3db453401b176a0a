"""The wall clock jumps by a year while both trainers run: only time stamps notice."""
import re
import time
import unittest
from datetime import datetime
from unittest import mock

import trainers
from common import metrics_of, state_of
from injection import faults

setUpModule = trainers.setUpModule
DAY = 86400
YEAR = 365 * DAY


class Clock:
    """For both trainers."""

    def jumping(self, place, jump, **changes):
        """After a few lines of the log; returns how long the run took."""
        start = time.monotonic()
        with mock.patch.dict("os.environ", faults(place / "m", self.folder / "calls", clock_jump=jump, clock_after=6)):
            result = self.train_in(place, **changes)
        seconds = time.monotonic() - start
        stamps = re.findall(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", (place / "m/train.log").read_text(), re.MULTILINE)
        times = [datetime.fromisoformat(stamp).timestamp() for stamp in stamps]
        jumps = [later - earlier for earlier, later in zip(times, times[1:]) if abs(later - earlier) > DAY]
        self.assertEqual(len(jumps), 1, "the clock did not jump once")
        self.assertLess(abs(jumps[0] - jump), DAY)
        self.assertNotRegex(result.err, r"-\d[\d.,]* ?(s|m|h|images|tokens)\b|nan|inf\b")
        return seconds

    def check(self, place, seconds):
        """Rates and times of all rows, by the clock that never jumps."""
        header, *rows = metrics_of(place / "m")
        times = [float(row[header.index("seconds")]) for row in rows]
        self.assertEqual(times, sorted(times))
        self.assertGreaterEqual(times[0], 0)
        self.assertLess(times[-1], seconds)
        rate = header.index(self.RATE)
        self.assertTrue(all(float(row[rate]) > 0 for row in rows if row[rate]), rows)
        self.assertTrue(any(row[rate] for row in rows))

    def test_runs_end_as_ever(self):
        self.train_in(self.place("undisturbed"))
        for jump in (YEAR, -YEAR):
            with self.subTest(jump=jump):
                place = self.place(f"jump{jump}")
                self.check(place, self.jumping(place, jump))
                self.assert_same_run(self.folder / "undisturbed", place)

    def test_max_time_is_real_time(self):
        for jump in (YEAR, -YEAR):
            with self.subTest(jump=jump):
                place = self.place(f"jump{jump}")
                seconds = self.jumping(place, jump, max_updates=None, max_time="2s", save_every=1000)
                self.assertGreater(seconds, 2)
                self.check(place, seconds)
                self.assertLess(2, state_of(place / "m")["seconds"])


class Translation(Clock, trainers.TranslationRuns):
    RATE = "tokens_per_second"


class Pictures(Clock, trainers.PictureRuns):
    RATE = "images_per_second"


if __name__ == "__main__":
    unittest.main()
