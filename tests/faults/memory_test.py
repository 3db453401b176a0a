"""Both trainers where memory is short: a batch that does not fit is split and named, and training goes on; what cannot
be split ends the run after a save.

Either LibTorch gets no larger blocks than so many bytes or no more in all (faults.cpp), or the whole process has a limit.
"""
import resource
import unittest
from unittest import mock

import trainers
from common import metrics_of, metrics_reach, state_of, toy_pairs, write_pairs
from injection import faults

setUpModule = trainers.setUpModule


class ShortMemory:
    """For both trainers."""

    def limited(self, place, largest_block=0, memory=0, code=0, **changes):
        with mock.patch.dict("os.environ", faults(place / "m", self.folder / "calls", largest_block=largest_block,
                                                  memory=memory, memory_log=self.folder / "memory")):
            return self.train_in(place, code=code, **changes)


class Translation(ShortMemory, trainers.TranslationRuns):
    def last_row(self, place):
        """The training and the validation loss."""
        row = metrics_of(place / "m")[-1]
        return [float(row[4]), float(row[6])]

    def test_batch_is_split(self):
        """And the losses are those of a run that had the memory."""
        settings = {"batch_tokens": 1200, "ffn_dim": 512, "grad_accum": 2, "max_updates": 6}
        undisturbed, place = self.place("undisturbed"), self.place("limited")
        self.train_in(undisturbed, **settings)
        result = self.limited(place, 1_500_000, **settings)
        self.assertEqual(result.err.count("does not fit into memory"), 1, result.err)
        self.assertRegex(result.err, r"warning: a batch of \d+ sentences of up to \d+ and \d+ tokens does not fit into "
                                     r"memory: batches of its size are computed in 2 parts from now on; a smaller "
                                     r"--batch-tokens spares that\n")
        self.assertLess(result.err.index("does not fit"), result.err.index("validation loss"))
        for ours, theirs in zip(self.last_row(place), self.last_row(undisturbed)):
            self.assertAlmostEqual(ours, theirs, delta=1e-3 * theirs)

    def test_largest_batch_is_tried_first(self):
        """A pair of one hundred tokens is met in a later update, were there one."""
        pairs = toy_pairs(300)
        write_pairs(self.folder, pairs + [tuple(" ".join(side) for side in zip(*pairs[:12]))])
        settings = {"dim": 8, "ffn_dim": 512, "batch_tokens": 60, "max_updates": 1}
        result = self.limited(self.place("limited"), 200_000, code=None, **settings)
        self.assert_refused(result, 6, "out of memory", "136 and 124 tokens", "--max-length")
        self.assertIn("saved at update 0\n", result.err)
        self.assertEqual(state_of(self.folder / "limited/m")["update"], 0)

    def test_sentence_that_cannot_be_split(self):
        """It is met in the middle of the run, is no batch's largest, and --max-length leaves it out."""
        pairs = toy_pairs(300)
        long = [" ".join(side) for side in zip(*pairs[:12])]
        write_pairs(self.folder, pairs + [tuple(long)])
        settings = {"dim": 8, "ffn_dim": 512, "batch_tokens": 400, "max_updates": 30, "valid_every": 1000}
        place = self.place("limited")
        result = self.limited(place, 200_000, code=None, **settings)
        self.assert_refused(result, 6, "out of memory", " of up to 136 and 124 tokens", "--max-length")
        update = state_of(place / "m")["update"]
        self.assertGreater(update, 0)
        self.assertIn(f"saved at update {update}\n", result.err)
        self.assert_usable(place / "m/last.safetensors")
        self.assertIn(f"going on from update {update},", self.train_in(place, max_length=40, **settings).err)
        self.assertEqual(state_of(place / "m")["update"], 30)

    def test_limit_of_the_process(self):
        """A single batch of all the text is far larger than what it leaves."""
        write_pairs(self.folder, toy_pairs(1000))
        settings = {"ffn_dim": 4096, "max_updates": 2, "batch_tokens": 100}
        run = self.start_in(self.place("small"), **(settings | {"max_updates": 100000}))
        self.assertTrue(run.wait_until(lambda: metrics_reach(self.folder / "small/m", 5)))
        status = open(f"/proc/{run.process.pid}/status").read().split()
        run.close()
        room = 1024 * int(status[status.index("VmPeak:") + 1]) + 300_000_000
        place = self.place("limited")
        result = self.train_in(place, before=lambda: resource.setrlimit(resource.RLIMIT_AS, (room, room)),
                               **(settings | {"batch_tokens": 100_000}))
        self.assertRegex(result.err, "does not fit into memory: batches of its size are computed in [248] parts")


class Pictures(ShortMemory, trainers.PictureRuns):
    def test_batch_is_split(self):
        settings = {"batch": 512, "max_updates": 2, "aug_p": 0, "log_every": 1}
        undisturbed, place = self.place("undisturbed"), self.place("limited")
        self.train_in(undisturbed, **settings)
        result = self.limited(place, 6_000_000, **settings)
        self.assertEqual(result.err.count("does not fit into memory"), 1, result.err)
        self.assertRegex(result.err, r"warning: a batch of 512 pictures of 16x16 does not fit into memory: it is computed "
                                     r"in 2 parts from now on; a smaller --batch spares that\n")
        for ours, theirs in zip(metrics_of(place / "m")[1:], metrics_of(undisturbed / "m")[1:]):
            for column in (4, 5, 6, 7):
                self.assertAlmostEqual(float(ours[column]), float(theirs[column]), delta=1e-3)

    def most_memory(self, name, **settings):
        self.limited(self.place(name), **settings)
        return int((self.folder / "memory").read_text())

    def test_step_with_penalties_is_tried_first(self):
        """One would come in the hundredth update, were there one. With self-attention it takes the most."""
        settings = {"batch": 128, "d_attn_res": 16, "max_updates": 1, "held_out": 0}
        plain = self.most_memory("plain", gamma=0, **settings)
        penalised = self.most_memory("penalised", reg_every=1, **settings)
        self.assertGreater(penalised, 1.2 * plain)
        result = self.limited(self.place("limited"), memory=(plain + penalised) // 2, reg_every=100, **settings)
        self.assertIn("warning: a batch of 128 pictures of 16x16 does not fit into memory: it is computed in 2 parts",
                      result.err)

    def test_picture_that_does_not_fit(self):
        place = self.place("limited")
        self.train_in(place, size=32, max_updates=2)
        result = self.limited(place, 40_000, code=None, size=32, max_updates=4)
        self.assert_refused(result, 6, "out of memory")
        self.assertEqual(state_of(place / "m")["update"], 2)
        self.assert_usable(place / "m/last.safetensors")
        self.train_in(place, size=32, max_updates=4)


if __name__ == "__main__":
    unittest.main()
