"""Updates that are not finite, at places that a test chooses: where a word is met whose row in the source table overflows,
or where the learning rate is so high that sums do."""
import math
import shutil
import struct
import unittest

from common import ProgramTest, assert_same_tensors, contents, lines, metrics_of, read_safetensors, rewrite_metadata, state_of
from make_old_models import PAIRS, RUNS, write_data

PROGRAM, SETTINGS = RUNS["transformer"]
ROW = "source_embedding.weight"


class Translation(ProgramTest):
    # A pair a batch, and no table that both sides share.
    SETTINGS = SETTINGS | {"tie": "none", "batch_tokens": 1, "save_every": 9, "valid_every": 1000, "label_smoothing": 0.1}

    def setUp(self):
        super().setUp()
        write_data(self.folder)
        self.train_to(9)

    def train_to(self, update, code=0, **changes):
        return self.run_program(PROGRAM, code=code, **(self.SETTINGS | {"max_updates": update} | changes))

    def spoil(self, *words):
        """Makes their rows overflow in the checkpoint."""
        last = self.folder / "m/last.safetensors"
        kind, shape, data = read_safetensors(last)[1][ROW]
        numbers, width = list(struct.unpack(f"<{len(data) // 4}f", data)), shape[1]
        vocabulary = sorted({word for pair in PAIRS for side in pair for word in side.split()})
        for word in words:
            row = 4 + vocabulary.index(word)
            numbers[row * width:(row + 1) * width] = [3e38] * width
        rewrite_metadata(last, tensors_changed={ROW: (kind, shape, struct.pack(f"<{len(numbers)}f", *numbers))})

    def assert_finite(self):
        for name, (kind, _, data) in read_safetensors(self.folder / "m/last.safetensors")[1].items():
            if kind == "F32":
                self.assertTrue(all(map(math.isfinite, memoryview(data).cast("f"))), name)
        for row in metrics_of(self.folder / "m")[1:]:
            self.assertTrue(all(math.isfinite(float(field)) for field in row[:6] if field), row)  # those of training

    def test_one_now_and_then_is_skipped(self):
        """In two epochs a word of one pair in three comes twelve times, in the rest of the first one twice; all other
        updates are made."""
        self.spoil("bird")
        result = self.train_to(3 * len(PAIRS))
        self.assertEqual(result.err.count("loss or gradient is not finite; skipped"), 2 * len(PAIRS) // 3 + 2)
        self.assertNotIn("back to update", result.err)
        state = state_of(self.folder / "m")
        self.assertEqual((state["update"], state["skipped"], state["rollbacks"]), (3 * len(PAIRS), 14, 0))
        self.assert_finite()

    def test_ten_in_a_row_lead_back_and_three_times_to_the_end(self):
        """Exactly: each return is to the same update, after which the same ten fail."""
        self.spoil("the", "a")
        before = (self.folder / "m/last.safetensors").read_bytes()
        result = self.train_to(60, code=None)
        self.assert_refused(result, 5, "diverged", "m/last.safetensors")
        self.assertEqual(result.err.count("update 10: loss or gradient is not finite; skipped (1 in a row)"), 4)
        self.assertEqual(result.err.count("update 19: loss or gradient is not finite; skipped (10 in a row)"), 4)
        for time in (1, 2, 3):
            self.assertIn(f"back to update 9 with half the learning rate ({time} of at most 3 times)", result.err)
        self.assertEqual((self.folder / "m/last.safetensors").read_bytes(), before)

    def test_a_limit_amid_such_updates_leaves_the_last_good_state(self):
        """From which another start goes on, as if the one that exploded had never been."""
        shutil.copytree(self.folder / "m", self.folder / "twin")
        before = contents(self.folder / "m", without=("train.log", "metrics.csv", "config.toml"))
        result = self.train_to(14, code=5, lr=1e30, warmup=1)
        self.assertIn("error: --max-updates 14 reached, but the last 4 updates were not finite", result.err)
        self.assertIn("the last good state, in m/last.safetensors", result.err)
        self.assertNotIn("finished", result.err)
        self.assertEqual(contents(self.folder / "m", without=("train.log", "metrics.csv", "config.toml")), before)
        result = self.train_to(30)
        self.assertIn("going on from update 9", result.err)
        self.assertNotIn("not finite", result.err)
        self.train_to(30, model="twin")
        for name in ("best", "last", "last.1"):
            assert_same_tensors(self, self.folder / f"twin/{name}.safetensors", self.folder / f"m/{name}.safetensors")

    def test_a_validation_that_is_not_finite_is_never_the_best(self):
        """Of text with a word that overflows, by which the run was not judged before."""
        self.spoil("bird")
        result = self.train_to(40, valid_sentences=12)
        self.assertIn("the next validation counts as the best so far", result.err)
        self.assertRegex(result.err, "update 40: validation loss -?nan")
        self.assertIn("No validation was finite", result.err)
        state = state_of(self.folder / "m")
        self.assertFalse(state["has-best"])
        result = self.train_to(41, valid_sentences=12)
        self.assertIn("going on from update 40", result.err)

    def test_going_back_does_not_forget_the_best(self):
        """Validations before the first return improve; those after it, with half the rate, improve less."""
        good, bad = [pair for pair in PAIRS if "bird" not in pair[0]], [pair for pair in PAIRS if "bird" in pair[0]]
        for name, pairs in (("valid", good), ("long", good * 3 + bad * 20)):
            for suffix, side in (("src", 0), ("tgt", 1)):
                (self.folder / f"{name}.{suffix}").write_text(lines(pair[side] for pair in pairs))
        texts = {"train_src": "long.src", "train_tgt": "long.tgt", "valid_src": "valid.src", "valid_tgt": "valid.tgt"}
        shutil.rmtree(self.folder / "m")
        self.train_to(9, **texts)
        self.spoil("bird")
        result = self.train_to(200, code=None, save_every=1000, valid_every=1, **texts)
        self.assert_refused(result, 5, "diverged")
        first, *later = result.err.split("back to update 9")
        self.assertEqual(len(later), 3)
        self.assertIn("(best so far)", first)
        for text in later:
            self.assertIn("validation loss", text)
            self.assertNotIn("(best so far)", text)

    def test_after_going_back_it_is_a_run_with_half_the_rate(self):
        """With weights of several times this rate sums overflow; with half of it, or half of that, they do not."""
        too_high, saved = 1.8e9, {"save_every": 1000, "warmup": 1}
        shutil.copytree(self.folder / "m", self.folder / "twin")
        result = self.train_to(30, lr=too_high, **saved)
        self.assertIn("back to update 9 with half the learning rate (1 of at most 3 times)", result.err)
        state = state_of(self.folder / "m")
        self.assertEqual((state["update"], state["lr-scale"]), (30, 0.5 ** state["rollbacks"]))
        self.train_to(30, lr=too_high * state["lr-scale"], model="twin", **saved)
        assert_same_tensors(self, self.folder / "twin/last.safetensors", self.folder / "m/last.safetensors")
        without_clocks = [[row[:2] + row[3:5] + row[6:] for row in metrics_of(self.folder / run)] for run in ("m", "twin")]
        self.assertEqual(*without_clocks)
        self.assert_finite()


class Pictures(ProgramTest):
    def test_a_limit_amid_such_updates_leaves_the_last_good_state(self):
        write_data(self.folder)
        program, settings = RUNS["pictures"]
        self.run_program(program, **settings)
        before = contents(self.folder / "m", without=("train.log", "metrics.csv", "config.toml"))
        result = self.run_program(program, **(settings | {"max_updates": 12}), code=5, g_lr=1e30, d_lr=1e30)
        self.assertIn("error: --max-updates 12 reached, but the last ", result.err)
        self.assertNotIn("finished", result.err)
        self.assertEqual(contents(self.folder / "m", without=("train.log", "metrics.csv", "config.toml")), before)
        result = self.run_program(program, **(settings | {"max_updates": 12}))
        self.assertIn("going on from update 6", result.err)
        self.assertNotIn("not finite", result.err)

    def test_after_going_back_it_is_a_run_with_half_the_rates(self):
        """As that of translations; to the beginning."""
        write_data(self.folder)
        program, settings = RUNS["pictures"]
        settings = settings | {"gamma": 0, "save_every": 1000, "snap_every": 1000, "max_updates": 24}
        too_high = 3.5e4
        result = self.run_program(program, **settings, g_lr=too_high, d_lr=too_high)
        self.assertIn("back to update 0 with half the learning rate (1 of at most 3 times)", result.err)
        state = state_of(self.folder / "m")
        self.assertEqual((state["update"], state["lr-scale"]), (24, 0.5 ** state["rollbacks"]))
        low = too_high * state["lr-scale"]
        self.run_program(program, **(settings | {"model": "twin"}), g_lr=low, d_lr=low)
        assert_same_tensors(self, self.folder / "twin/last.safetensors", self.folder / "m/last.safetensors")
        self.assertEqual((self.folder / "twin/samples/00000024.png").read_bytes(),
                         (self.folder / "m/samples/00000024.png").read_bytes())


if __name__ == "__main__":
    unittest.main()
