"""seq2seq-train stopped in every way and started again: nothing is lost, and the bits are those of an undisturbed run."""
import json
import random
import shutil
import signal
import socket
import time
import unittest

from common import (SMALL, ProgramTest, Running, assert_same_tensors, contents, metrics_of, metrics_reach,
                    read_safetensors, state_of, temporaries, toy_pairs, write_pairs)

# A validation by loss moves `best` often; dropout, accumulation and shuffling draw random numbers all the time.
RUN = SMALL | {"dropout": 0.3, "best_metric": "loss", "patience": 0, "max_updates": 40}


class ResumeTest(ProgramTest):
    """Each run has a working directory of its own and calls its model `m`, so that even the paths inside agree."""

    def setUp(self):
        super().setUp()
        write_pairs(self.folder, toy_pairs(300))

    def place(self, name):
        folder = self.folder / name
        folder.mkdir()
        return folder

    def run_in(self, place, **changes):
        return self.train(cwd=place, base=RUN, **changes)

    def start_in(self, place, **changes):
        settings = {"train_src": self.folder / "train.src", "train_tgt": self.folder / "train.tgt", "model": "m"}
        return Running(self, "seq2seq-train", cwd=place, **(settings | RUN | changes))

    def assert_same_run(self, expected, actual, ignored=()):
        """All tensors, the position, the settings, and metrics.csv, but for what a clock says."""
        expected, actual = expected / "m", actual / "m"
        for name in ("last.safetensors", "best.safetensors"):
            assert_same_tensors(self, expected / name, actual / name)
            metadata = [read_safetensors(model / name)[0] for model in (expected, actual)]
            for each in metadata:
                del each["checksums"]
                for key in ("state", "train_options", "options"):
                    each[key] = json.loads(each.get(key, "{}"))
                for key in ignored:
                    del each["train_options"][key]
                each["state"].pop("seconds", None)
            self.assertEqual(*metadata)
        without_clock = [[row[:2] + row[3:5] + row[6:] for row in metrics_of(model)] for model in (expected, actual)]
        self.assertEqual(*without_clock)
        self.assertEqual(temporaries(actual), [])


class SameBits(ResumeTest):
    def test_stopped_by_signals(self):
        """Once by each, in the middle of the run."""
        length = {"max_updates": 300}
        self.run_in(self.place("undisturbed"), **length)
        stopped = self.place("stopped")
        for number, update in ((signal.SIGTERM, 20), (signal.SIGINT, 60), (signal.SIGHUP, 100)):
            run = self.start_in(stopped, **length)
            self.assertTrue(run.wait_until(lambda: metrics_reach(stopped / "m", update)))
            run.signal(number)
            self.assertEqual(run.wait(), 128 + number, run.err)
            state = state_of(stopped / "m")
            self.assertIn(f"stopped by signal {number:d} and saved at update {state['update']}", run.err)
            self.assertGreaterEqual(state["update"], update)
        result = self.run_in(stopped, **length)
        self.assertIn(f"going on from update {state['update']}", result.err)
        self.assert_same_run(self.folder / "undisturbed", stopped)

    def test_killed_at_ten_random_moments(self):
        """Half of them anywhere after the start, half while it trains and saves."""
        length = {"max_updates": 600, "valid_every": 50, "save_every": 7}
        killed, draw, kills = self.place("killed"), random.Random(), 0
        moments = [draw.uniform(0.02, 0.4) for _ in range(10)]
        for number, moment in enumerate(moments):
            run = self.start_in(killed, **length)
            if number % 2:
                seen = len(metrics_of(killed / "m")) if (killed / "m/metrics.csv").exists() else 0
                trains = run.wait_until(
                    lambda: "preset" in run.err and (killed / "m/metrics.csv").exists()
                    and len(metrics_of(killed / "m")) != seen)
                moment = moment / 10 if trains else 0
            time.sleep(moment)
            run.signal(signal.SIGKILL)
            kills += run.wait() == -signal.SIGKILL
        with self.subTest(moments=moments):
            self.assertEqual(kills, 10, "the run was over too early")
            self.run_in(killed, **length)
            self.run_in(self.place("undisturbed"), **length)
            self.assert_same_run(self.folder / "undisturbed", killed)

    def test_every_way_to_compute(self):
        """A kill in the middle: with accumulation, with bf16 on two threads, with other networks, ..."""
        for name, changes in (("accumulated", {"grad_accum": 2}), ("bf16", {"precision": "bf16", "threads": 2}),
                              ("workers", {"threads": 2, "batch_tokens": 1200}),
                              ("no-average", {"ema": 0}), ("averaged-again", {"average": 3}),
                              ("sampled", {"subword_alpha": 0.2}),
                              ("bpe-sampled", {"subwords": "bpe", "bpe_dropout": 0.2}), ("r-drop", {"r_drop": 3}),
                              ("cosine", {"lr_scheduler": "cosine", "warmup": 5}), ("lstm", {"arch": "lstm"}),
                              ("gru", {"arch": "gru", "input_feeding": False, "enc_layers": 2, "dec_layers": 2})):
            with self.subTest(name):
                length = {"max_updates": 60} | changes
                self.run_in(self.place(name), **length)
                killed = self.place(name + "-killed")
                run = self.start_in(killed, **length)
                self.assertTrue(run.wait_until(lambda: metrics_reach(killed / "m", 15)))
                run.signal(signal.SIGKILL)
                self.assertEqual(run.wait(), -signal.SIGKILL)
                self.run_in(killed, **length)
                self.assert_same_run(self.folder / name, killed)

    def test_early_stopping(self):
        """Ends at the same validation, with everything that draws at random or keeps something turned on."""
        length = {"max_updates": 400, "patience": 3, "best_metric": "bleu", "grad_accum": 2, "precision": "bf16",
                  "subword_alpha": 0.2, "average": 2, "ema": 0.9}
        undisturbed = self.run_in(self.place("undisturbed"), **length)
        self.assertIn("3 validations without a better one (--patience)", undisturbed.err)
        stopped = self.place("stopped")
        for number, update in ((signal.SIGKILL, 10), (signal.SIGTERM, 25)):
            run = self.start_in(stopped, **length)
            self.assertTrue(run.wait_until(lambda: metrics_reach(stopped / "m", update)))
            run.signal(number)
            self.assertEqual(run.wait(), -number if number == signal.SIGKILL else 128 + number, run.err)
        self.assertIn("going on from update", self.run_in(stopped, **length).err)
        self.assert_same_run(self.folder / "undisturbed", stopped)

    def test_limit_raised(self):
        """The first limit may lie between validations, rows and saves: only a best of its own may differ."""
        self.run_in(self.place("undisturbed"))
        for first in (20, 10):
            with self.subTest(first=first):
                place = self.place(f"raised-{first}")
                self.run_in(place, max_updates=first)
                result = self.run_in(place)
                self.assertIn(f"going on from update {first}", result.err)
                self.assert_same_run(self.folder / "undisturbed", place)
        place = self.place("raised-13")
        self.run_in(place, max_updates=13)
        self.assertEqual([row[0] for row in metrics_of(place / "m")[1:]], ["5", "10", "13"])
        self.run_in(place)
        self.assert_same_run(self.folder / "undisturbed", place)

    def test_lost_final_validation_is_made_up_for(self):
        """A run that was killed between its last update and its last validation is not a finished one."""
        self.run_in(self.place("undisturbed"), max_updates=25, save_every=5)
        place = self.place("killed")
        self.run_in(place, max_updates=25, save_every=5)
        model = place / "m"
        shutil.copy(model / "last.1.safetensors", model / "last.safetensors")  # the save of update 25 itself
        self.assertEqual(state_of(model)["update"], 25)
        self.assertEqual(state_of(model)["validated-update"], 20)
        shutil.copy(self.folder / "undisturbed/m/metrics.csv", model / "metrics.csv")
        self.run_in(place, max_updates=25, save_every=5)
        self.assert_same_run(self.folder / "undisturbed", place)

    def test_rows_behind_the_checkpoint_are_cut_off(self):
        self.run_in(self.place("undisturbed"))
        place = self.place("cut")
        self.run_in(place, max_updates=20)
        with open(place / "m/metrics.csv", "a") as file:
            file.write("25,9,1,1,1,1,,,\n30,9,1,1")
        self.run_in(place)
        self.assert_same_run(self.folder / "undisturbed", place)

    def test_number_type_is_chosen_once(self):
        place = self.place("auto")
        run = self.start_in(place, precision="auto", max_updates=100000)
        self.assertTrue(run.wait_until(lambda: (place / "m/last.safetensors").exists()))
        run.signal(signal.SIGKILL)
        run.wait()
        chosen = state_of(place / "m")["precision"]
        self.assertIn(f"auto chose {chosen}", run.err)
        result = self.run_in(place, precision="auto", max_updates=8)
        self.assertNotIn("auto chose", result.err)
        self.assertIn(f" {chosen}, 1 thread,", result.err)


class SecondSignal(ResumeTest):
    def test_ends_at_once_and_leaves_the_old_checkpoint(self):
        """Both are delivered before the next update: the first would still save, the second one does not."""
        place = self.place("run")
        run = self.start_in(place, max_updates=100000, save_every=100000)
        self.assertTrue(run.wait_until(lambda: metrics_reach(place / "m", 10)))
        run.signal(signal.SIGSTOP)
        before = contents(place / "m", without=("metrics.csv", "train.log"))
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGCONT):
            run.signal(number)
        self.assertIn(run.wait(), (128 + signal.SIGINT, 128 + signal.SIGTERM))
        self.assertNotIn("stopped by signal", run.err)
        after = contents(place / "m", without=("metrics.csv", "train.log"))
        self.assertEqual(after["last.safetensors"], before["last.safetensors"])
        self.run_in(place, max_updates=12)
        self.assertEqual(state_of(place / "m")["update"], 12)


class ChangedSettings(ResumeTest):
    def setUp(self):
        super().setUp()
        self.run_in(self.place("run"), max_updates=8)
        self.model = self.folder / "run/m"

    def test_batches_may_change(self):
        result = self.run_in(self.folder / "run", max_updates=16, batch_tokens=400, lr=1e-3)
        self.assertIn("going on with changed settings", result.err)
        self.assertIn("batch-tokens: 300 -> 400", result.err)
        log = (self.model / "train.log").read_text()
        self.assertIn("going on with changed settings", log)
        self.assertIn("batch-tokens: 300 -> 400", log)
        self.assertEqual(state_of(self.model)["update"], 16)

    def test_threads_may_change_in_one_line(self):
        place = self.place("threads")
        self.run_in(place, max_updates=10)
        result = self.run_in(place, max_updates=20, threads=2)
        self.assertEqual(result.err.count("going on with 2 threads instead of 1"), 1)
        self.assertNotIn("threads instead", self.run_in(place, max_updates=30, threads=2).err)

    def test_networks_may_not(self):
        before = contents(self.model, without=("train.log",))
        result = self.run_in(self.folder / "run", code=None, max_updates=16, dim=64, heads=4, seed=7, subwords="bpe", arch="gru")
        self.assert_refused(result, 2, "dim: 32 -> 64", "heads: 2 -> 4", "seed: 1 -> 7", 'arch: "transformer" -> "gru"',
                            'subwords: "unigram" -> "bpe"', "--restart")
        self.assertNotIn("max-updates:", result.err[result.err.index("error: "):])
        self.assertEqual(contents(self.model, without=("train.log",)), before)

    def test_what_is_not_said_again_is_kept(self):
        """Only the text and the directory are named: shape, rates and batches are those of the run."""
        self.run_program("seq2seq-train", cwd=self.folder / "run", train_src=self.folder / "train.src",
                         train_tgt=self.folder / "train.tgt", model="m", max_updates=40, threads=1)
        self.run_in(self.place("undisturbed"))
        self.assert_same_run(self.folder / "undisturbed", self.folder / "run")

    def test_settings_of_a_run_begun_anew_go_on_with_it(self):
        self.run_in(self.folder / "run", max_updates=8, restart=True)
        result = self.run_program("seq2seq-train", cwd=self.folder / "run", config="m/config.toml", max_updates=12)
        self.assertIn("going on from update 8", result.err)
        self.assertEqual(state_of(self.model)["update"], 12)

    def test_scores_of_other_text_or_another_metric_are_not_compared(self):
        place = self.folder / "run"
        self.run_in(place, max_updates=10)
        self.assertNotIn("counts as the best", self.run_in(place, max_updates=20).err)
        result = self.run_in(place, max_updates=30, best_metric="chrf")
        self.assertIn("the next validation counts as the best", result.err)
        self.assertIn("update 30: ", result.err)
        self.assertIn("Best at update 30", result.err)
        for suffix in ("src", "tgt"):
            (self.folder / f"valid.{suffix}").write_text("".join(
                (self.folder / f"train.{suffix}").read_text().splitlines(keepends=True)[:5]))
        result = self.run_in(place, max_updates=40, valid_src=self.folder / "valid.src",
                             valid_tgt=self.folder / "valid.tgt")
        self.assertIn("the next validation counts as the best", result.err)
        self.assertIn("Best at update 40", result.err)

    def test_changed_text_is_noticed(self):
        write_pairs(self.folder, toy_pairs(350))
        result = self.run_in(self.folder / "run", max_updates=12)
        self.assertIn("warning: the training text has changed", result.err)
        self.assertEqual(state_of(self.model)["update"], 12)
        self.assertNotIn("has changed", self.run_in(self.folder / "run", max_updates=16).err)

    def test_moved_text_is_the_same_text(self):
        for side in ("src", "tgt"):
            shutil.move(self.folder / f"train.{side}", self.folder / f"moved.{side}")
        result = self.run_in(self.folder / "run", max_updates=12, train_src=self.folder / "moved.src",
                             train_tgt=self.folder / "moved.tgt")
        self.assertNotIn("has changed;", result.err)
        self.assertNotIn("warning", result.err)


def flip(position):
    def damage(data):
        data[position] ^= 0x10
        return data
    return damage


DAMAGES = {
    "byte in the middle": lambda data: flip(len(data) // 2)(data),
    "last byte": flip(-1),
    "byte of the header": flip(300),
    "length of the header": flip(1),
    "cut short": lambda data: data[:len(data) * 2 // 3],
    "cut in the header": lambda data: data[:100],
    "one byte more": lambda data: data + b"\0",
    "empty": lambda data: b"",
    "zeros": lambda data: bytes(len(data)),
}


class Damage(ResumeTest):
    """Of last.safetensors, whose predecessor stands in."""

    def setUp(self):
        super().setUp()
        self.half = self.place("half")
        self.run_in(self.half, max_updates=20)

    def damaged(self, name, damage, files=("last.safetensors",)):
        place = self.folder / name
        shutil.copytree(self.half, place)
        for file in files:
            path = place / "m" / file
            path.write_bytes(damage(bytearray(path.read_bytes())))
        return place

    def assert_stands_in(self, result):
        self.assertRegex(result.err, r"warning: m/last\.safetensors.*going on from m/last\.1\.safetensors")
        self.assertIn("going on from update 20", result.err)

    def test_the_one_before_is_used_and_the_run_ends_the_same(self):
        self.run_in(self.place("undisturbed"))
        for name, damage in DAMAGES.items():
            with self.subTest(name):
                place = self.damaged(name, damage)
                self.assert_stands_in(self.run_in(place))
                self.assert_same_run(self.folder / "undisturbed", place)

    def test_missing_counts_as_damaged(self):
        place = self.damaged("missing", lambda data: data)
        (place / "m/last.safetensors").unlink()
        self.assert_stands_in(self.run_in(place))
        self.run_in(self.place("undisturbed"))
        self.assert_same_run(self.folder / "undisturbed", place)

    def test_the_good_one_is_never_given_up_for_the_damaged_one(self):
        """After one save there are two good states again."""
        place = self.damaged("one-save", flip(-1))
        good = (place / "m/last.1.safetensors").read_bytes()
        self.run_in(place, max_updates=21, save_every=1000)
        self.assertEqual((place / "m/last.1.safetensors").read_bytes(), good)
        self.assertEqual(state_of(place / "m")["update"], 21)

    def test_both_damaged(self):
        place = self.damaged("both", flip(-1), ("last.safetensors", "last.1.safetensors"))
        before = contents(place / "m", without=("train.log",))
        result = self.run_in(place, code=None)
        self.assert_refused(result, 4, "m/last.safetensors", "m/last.1.safetensors", "checksum", "--restart")
        self.assertEqual(contents(place / "m", without=("train.log",)), before)
        self.run_in(place, restart=True)
        self.run_in(self.place("undisturbed"))
        self.assert_same_run(self.folder / "undisturbed", place, ignored=("restart",))

    def test_leftovers_of_killed_saves_are_removed(self):
        place = self.damaged("leftovers", lambda data: data)
        leftover = place / "m" / f".last.safetensors.tmp-{socket.gethostname()}-1"
        leftover.write_text("half a checkpoint")
        self.run_in(place)
        self.assertEqual(temporaries(place), [])


class OneRunPerDirectory(ResumeTest):
    def test_second_is_refused_and_a_third_takes_over_from_a_killed_one(self):
        place = self.place("run")
        first = self.start_in(place, max_updates=100000)
        self.assertTrue(first.wait_until(lambda: metrics_reach(place / "m", 10)))
        result = self.run_in(place, code=None)
        self.assert_refused(result, 2, "in use", socket.gethostname(), first.process.pid)
        self.assertIsNone(first.process.poll())
        seen = int(metrics_of(place / "m")[-1][0])
        self.assertTrue(first.wait_until(lambda: metrics_reach(place / "m", seen + 5)), "the first was disturbed")
        first.signal(signal.SIGKILL)
        first.wait()
        reached = state_of(place / "m")["update"]
        self.run_in(place, max_updates=reached + 5)
        self.assertEqual(state_of(place / "m")["update"], reached + 5)


if __name__ == "__main__":
    unittest.main()
