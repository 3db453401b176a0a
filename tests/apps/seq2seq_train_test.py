"""seq2seq-train from the first start to the end of a run."""
import gzip
import json
import shutil
import struct
import unittest

from common import (LEARNING, ProgramTest, assert_same_tensors, contents, lines, make_folder, metrics_of,
                    read_safetensors, state_of, toy_pairs, write_pairs)

HEADER = "update,epoch,seconds,lr,train_loss,tokens_per_second,valid_loss,valid_bleu,valid_chrf"


class TrainTest(ProgramTest):
    """With 300 pairs of text in the test's folder."""

    def setUp(self):
        super().setUp()
        write_pairs(self.folder, toy_pairs(300))
        self.model = self.folder / "m"

    def options(self):
        return json.loads(read_safetensors(self.model / "last.safetensors")[0]["options"])

    def translate(self, text, model="m", **settings):
        return self.run_program("translate", model=model, threads=1, input=text, **settings).lines


class TwoFilesSuffice(TrainTest):
    def test_flags_given_are_source_target_and_model(self):
        """Everything else is chosen, and said. The run is stopped by the one limit that a test needs."""
        result = self.train(base={}, max_updates=1, threads=1)
        for words in ("preset tiny: 4+4 layers, 128 wide, feed-forward 256, 4 heads", "batches of 2,048 tokens",
                      "peak rate 0.00300 after 1,000 updates", "auto chose", "bf16 has to be 1.1 times as fast",
                      "1 thread, seed 1",
                      "held out 3 of the training pairs", "vocabulary reduced from 8,000 to", "pairs    ",
                      "finished: --max-updates 1 reached", "translate --model m"):
            self.assertIn(words, result.err)
        self.assertEqual(result.out, b"")
        self.assertEqual(self.options()["dim"], 128)
        self.assertIn(state_of(self.model)["precision"], ("fp32", "bf16"))

    def test_what_a_run_leaves_behind(self):
        result = self.train()
        for name in ("best.safetensors", "last.safetensors", "last.1.safetensors", "config.toml", "metrics.csv"):
            self.assertTrue((self.model / name).is_file(), name)
        log = (self.model / "train.log").read_text()
        for line in result.err.splitlines():
            if "held out" in line or "preset" in line or "update 20:" in line:
                self.assertIn(line, log)
        best = read_safetensors(self.model / "best.safetensors")[1]
        last = read_safetensors(self.model / "last.safetensors")[1]
        weights = {name for name in best if not name.startswith("subwords.") and name != "shortlist"}
        self.assertEqual(best["shortlist"], last["shortlist"])
        self.assertIn("encoder.0.self_attention.query_projection.weight", weights)
        for prefix in ("", "ema.", "optim.m.", "optim.v."):
            self.assertLessEqual({prefix + name for name in weights}, set(last))
        # best at the last update holds the average, under the plain names
        if json.loads(read_safetensors(self.model / "last.safetensors")[0]["state"])["best-update"] == 20:
            self.assertEqual({name: best[name] for name in weights}, {name: last["ema." + name] for name in weights})

    def test_validation_report(self):
        """Loss, perplexity, both scores and three samples, with real text."""
        result = self.train()
        report = result.err[result.err.index("update 20:"):]
        self.assertRegex(report, r"update 20: validation loss \d\.\d+, perplexity \d+\.\d+, BLEU \d+\.\d+, chrF \d+\.\d+")
        self.assertEqual([report.count(f"\n  {name} ") for name in ("source", "reference", "translation")], [3, 3, 3])
        known = dict(toy_pairs(300))
        samples = [line.split(None, 1) for line in report.splitlines() if line.startswith("  ")]
        self.assertEqual([known[text] for name, text in samples if name == "source"],
                         [text for name, text in samples if name == "reference"])


class Metrics(TrainTest):
    def test_rows(self):
        self.train(best_metric="loss")
        rows = metrics_of(self.model)
        self.assertEqual((self.model / "metrics.csv").read_text().split("\n", 1)[0], HEADER)
        self.assertEqual([row[0] for row in rows[1:]], ["5", "10", "15", "20"])
        epochs = [int(row[1]) for row in rows[1:]]
        self.assertEqual(epochs, sorted(epochs))
        self.assertEqual((epochs[0], epochs[-1]), (1, state_of(self.model)["epoch"] + 1))
        for row in rows[1:]:
            measured = row[:6] if int(row[0]) % 10 else row
            self.assertTrue(all(float(value) >= 0 for value in measured) and len(row) == 9, row)
            self.assertEqual(row[len(measured):], [""] * (9 - len(measured)))
            self.assertGreater(float(row[5]), 0)
        seconds = [float(row[2]) for row in rows[1:]]
        self.assertEqual(seconds, sorted(seconds))
        for row in rows[1:]:
            self.assertAlmostEqual(float(row[3]), 0.003 * int(row[0]) / 1000, places=12)

    def test_seconds_of_each_stage_are_told_to_who_asks(self):
        result = self.train(max_updates=10, log_level="debug")
        for update in (5, 10):
            self.assertRegex(result.err, rf"update {update}: data [\d.]+ s, forward [\d.]+ s, backward [\d.]+ s, .*"
                                         r"optimizer [\d.]+ s\n")

    def test_row_and_validation_at_the_end(self):
        self.train(max_updates=7)
        rows = metrics_of(self.model)
        self.assertEqual([row[0] for row in rows[1:]], ["5", "7"])
        self.assertEqual(rows[1][6:], ["", "", ""])
        self.assertNotIn("", rows[2])
        self.assertTrue((self.model / "best.safetensors").is_file())

    def test_end_at_a_row_adds_what_the_row_lacks(self):
        """The columns that no update stands behind are empty in the second row of an update."""
        self.train(max_updates=15)
        rows = metrics_of(self.model)
        self.assertEqual([row[0] for row in rows[1:]], ["5", "10", "15", "15"])
        self.assertEqual(rows[3][6:], ["", "", ""])
        self.assertEqual(rows[4][4:6], ["", ""])
        self.assertNotIn("", rows[4][6:])


class Learning(TrainTest):
    def test_toy_language_is_learned(self):
        """At least 95 of 100 unseen sentences come out without a mistake."""
        pairs = toy_pairs(1000)
        write_pairs(self.folder, pairs[:900])
        self.train(base=LEARNING)
        translations = self.translate(lines(source for source, _ in pairs[900:]))
        right = sum(found == target for found, (_, target) in zip(translations, pairs[900:], strict=True))
        self.assertGreaterEqual(right, 95)
        self.assertGreater(float(metrics_of(self.model)[-1][7]), 95)


class Inputs(TrainTest):
    """Ways to give the same pairs give the same model, to the bit."""

    def setUp(self):
        super().setUp()
        self.train()
        self.pairs = toy_pairs(300)

    def assert_same_model(self, **changes):
        result = self.train(model="other", **changes)
        for name in ("best", "last"):
            assert_same_tensors(self, self.model / f"{name}.safetensors", self.folder / f"other/{name}.safetensors")
        shutil.rmtree(self.folder / "other")
        return result

    def test_several_files_packed_or_not(self):
        write_pairs(self.folder, self.pairs[:100], "a")
        write_pairs(self.folder, self.pairs[100:], "b")
        self.assert_same_model(train_src=["a.src", "b.src"], train_tgt=["a.tgt", "b.tgt"])
        (self.folder / "b.tgt.gz").write_bytes(gzip.compress((self.folder / "b.tgt").read_bytes()))
        self.assert_same_model(train_src=["a.src", "b.src"], train_tgt=["a.tgt", "b.tgt.gz"])

    def test_tsv(self):
        (self.folder / "train.tsv").write_text(lines("\t".join(pair) for pair in self.pairs))
        self.assert_same_model(train_src=None, train_tgt=None, train_tsv="train.tsv")

    def test_carriage_returns_byte_order_marks_and_no_last_newline(self):
        for side in ("train.src", "train.tgt"):
            text = (self.folder / side).read_bytes()
            (self.folder / ("dos." + side)).write_bytes(b"\xef\xbb\xbf" + text.replace(b"\n", b"\r\n").rstrip())
        self.assert_same_model(train_src="dos.train.src", train_tgt="dos.train.tgt")

    def test_vocabulary_of_another_model(self):
        subwords = read_safetensors(self.model / "last.safetensors")[1]["subwords.source"][2]
        (self.folder / "words.model").write_bytes(subwords)
        result = self.assert_same_model(vocab="words.model")
        self.assertNotIn("training a vocabulary", result.err)

    def test_other_seed_is_another_model(self):
        self.train(model="other", seed=2)
        metadata, tensors = read_safetensors(self.folder / "other/last.safetensors")
        self.assertNotEqual(tensors["ema.encoder_norm.weight"],
                            read_safetensors(self.model / "last.safetensors")[1]["ema.encoder_norm.weight"])


class Validation(TrainTest):
    def test_files_given_are_used(self):
        known = dict(toy_pairs(300))
        unknown = [pair for pair in toy_pairs(50, seed=5) if pair[0] not in known][:20]
        write_pairs(self.folder, unknown + toy_pairs(4), "valid")
        result = self.train(valid_src="valid.src", valid_tgt="valid.tgt")
        self.assertNotIn("held out", result.err)
        self.assertRegex(result.err, r"also in validation +4 \(1\.3 %\)")
        samples = [line.split(None, 1)[1] for line in result.err.splitlines() if line.startswith("  source    ")]
        self.assertLessEqual(set(samples), set(dict(unknown + toy_pairs(4))))

    def test_report_counts(self):
        pairs = toy_pairs(200)
        write_pairs(self.folder, pairs + pairs[:7] + [("same words", "same words")] * 2)
        result = self.train(max_updates=1)
        self.assertRegex(result.err, r"pairs +209\n")
        self.assertRegex(result.err, r"duplicates +8 ")
        self.assertRegex(result.err, r"source = target +2 ")


class Vocabulary(TrainTest):
    def test_one_for_both_sides_unless_told_otherwise(self):
        result = self.train()
        self.assertRegex(result.err, r"vocabulary reduced from 120 to \d+: the text is small")
        tensors = read_safetensors(self.model / "best.safetensors")[1]
        self.assertIn("subwords.source", tensors)
        self.assertNotIn("subwords.target", tensors)
        self.assertNotIn("target_embedding.weight", tensors)
        result = self.train(model="two", shared_vocab=False)
        self.assertIn("subwords for each side", result.err)
        tensors = read_safetensors(self.folder / "two/best.safetensors")[1]
        self.assertNotEqual(tensors["subwords.source"], tensors["subwords.target"])
        self.assertIn("target_embedding.weight", tensors)
        self.assertEqual(len(self.translate("the cat\n\nfour\n", model="two")), 3)

    def test_one_file_for_each_side(self):
        self.train(model="two", shared_vocab=False)
        tensors = read_safetensors(self.folder / "two/best.safetensors")[1]
        for side in ("source", "target"):
            (self.folder / f"{side}.model").write_bytes(tensors[f"subwords.{side}"][2])
        self.train(vocab_src="source.model", vocab_tgt="target.model")
        assert_same_tensors(self, self.folder / "two/last.safetensors", self.model / "last.safetensors")


class Networks(TrainTest):
    def test_learned_positions_have_to_hold_the_longest_line(self):
        refused = self.train(code=None, positions="learned", max_positions=20, max_length=20)
        self.assert_refused(refused, 2, "--max-length 20", "--max-positions 20")
        self.assertFalse(self.model.exists())

    def test_every_choice_trains_and_translates(self):
        learned = lambda tensors: tensors["source_positions"][1] == [40, 32]
        choices = [
            ({"norm_first": False}, lambda tensors: True),
            ({"subwords": "bpe"}, lambda tensors: True),
            ({"positions": "learned", "max_positions": 40, "max_length": 39}, learned),
            ({"activation": "gelu", "tie": "none"}, lambda tensors: "output.weight" in tensors),
            ({"kv_heads": 1}, lambda tensors: tensors["encoder.0.self_attention.key_projection.weight"][1] == [16, 32]),
            ({"head_dim": 8, "heads": 3},
             lambda tensors: tensors["encoder.0.self_attention.query_projection.weight"][1] == [24, 32]),
            ({"optimizer": "adam", "lr_scheduler": "cosine", "attention_dropout": 0.1}, lambda tensors: True),
            ({"lr_scheduler": "constant", "clip_norm": 0, "label_smoothing": 0}, lambda tensors: True),
        ]
        self.train(max_updates=4, valid_every=4)
        seen = [read_safetensors(self.model / "last.safetensors")[1]]
        for settings, holds in choices:
            with self.subTest(**settings):
                shutil.rmtree(self.model)
                self.train(max_updates=4, valid_every=4, **settings)
                tensors = read_safetensors(self.model / "last.safetensors")[1]
                self.assertTrue(holds(tensors))
                for other in seen:
                    self.assertNotEqual(tensors, other)
                seen.append(tensors)
                self.assertEqual(len(self.translate("the cat sees a house\n\n two dogs\n")), 3)

    def test_without_average(self):
        self.train(ema=0, best_metric="loss")
        self.assertEqual(state_of(self.model)["best-update"], 20)
        best = read_safetensors(self.model / "best.safetensors")[1]
        last = read_safetensors(self.model / "last.safetensors")[1]
        self.assertEqual([name for name in last if name.startswith("ema.")], [])
        self.assertEqual(best, {name: last[name] for name in best})

    def test_mean_of_several_validations(self):
        """While training and afterwards give the same model; the directory made then translates."""
        settings = {"ema": 0, "best_metric": "loss", "valid_every": 4}
        for updates in (4, 8, 12):
            self.train(model=f"at-{updates}", max_updates=updates, **settings)
        self.train(model="averaged", max_updates=12, average=3, **settings)
        self.run_program("heed-average", model=["at-4/last.safetensors", "at-8/last.safetensors",
                                                 "at-12/last.safetensors"], output="mean",
                         threads=None)
        during, after = (read_safetensors(self.folder / name / "best.safetensors")[1] for name in ("averaged", "mean"))
        self.assertEqual(sorted(during), sorted(after))
        for name, (dtype, shape, data) in during.items():
            self.assertEqual(after[name][:2], (dtype, shape))
            if dtype == "F32":
                for a, b in zip(struct.iter_unpack("<f", data), struct.iter_unpack("<f", after[name][2])):
                    self.assertAlmostEqual(a[0], b[0], delta=1e-6)
        self.assertEqual(self.translate("the cat\n", model="mean"), self.translate("the cat\n", model="averaged"))
        self.assertIn("the mean of 3 models", self.run_program("heed-inspect", model="mean", threads=None).out.decode())

    def test_presets_fill_what_is_not_given(self):
        for preset, words in (
                ("small", ("preset small: 3+3 layers, 32 wide", "2,000 updates", "rate 0.00100")),
                ("base", ("preset base: 6+6 layers, 32 wide, feed-forward 64, 8 heads", "4,000 updates", "dropout 0.10")),
                ("big", ("preset big: 6+6 layers, 32 wide, feed-forward 64, 16 heads", "rate 0.00050", "dropout 0.30"))):
            with self.subTest(preset=preset):
                result = self.train(base={}, preset=preset, dim=32, ffn_dim=64, vocab_size=120, batch_tokens=100,
                                    max_updates=1, threads=1, precision="fp32", model=preset)
                for part in words:
                    self.assertIn(part, result.err)


class InitFrom(TrainTest):
    @classmethod
    def setUpClass(cls):
        cls.parent_folder = make_folder(cls)

    def setUp(self):
        super().setUp()
        self.parent = self.parent_folder / "parent"
        if not self.parent.exists():
            self.train(base=LEARNING, model=self.parent)

    def test_starts_from_weights_and_vocabulary(self):
        write_pairs(self.folder, toy_pairs(300, seed=9))
        shape = {"enc_layers": None, "dec_layers": None, "dim": None, "ffn_dim": None, "heads": None, "vocab_size": None}
        result = self.train(init_from=self.parent, max_updates=5, valid_every=1, ema=0, lr=1e-5, **shape)
        self.assertNotIn("training a vocabulary", result.err)
        self.train(model="scratch", max_updates=5, valid_every=1, ema=0, lr=1e-5)
        first = float(metrics_of(self.model)[1][6])
        from_scratch = float(metrics_of(self.folder / "scratch")[1][6])
        self.assertLess(first, 1)
        self.assertGreater(from_scratch, 3)
        self.assertEqual(read_safetensors(self.model / "best.safetensors")[1]["subwords.source"],
                         read_safetensors(self.parent / "best.safetensors")[1]["subwords.source"])
        self.assertEqual(self.options()["dim"], 64)

    def test_settings_of_such_a_run_can_be_given_again(self):
        shape = {"enc_layers": None, "dec_layers": None, "dim": None, "ffn_dim": None, "heads": None, "vocab_size": None}
        self.train(init_from=self.parent, max_updates=4, **shape)
        self.run_program("seq2seq-train", config="m/config.toml", model="again", threads=1)
        assert_same_tensors(self, self.model / "last.safetensors", self.folder / "again/last.safetensors")
        self.run_program("seq2seq-train", config="m/config.toml", max_updates=8, threads=1)
        self.assertEqual(state_of(self.model)["update"], 8)

    def test_the_longest_line_has_to_fit_into_the_positions_of_the_parent(self):
        self.train(model="short", positions="learned", max_positions=40, max_length=39, max_updates=1)
        refused = self.train(code=None, init_from="short", vocab_size=None)
        self.assert_refused(refused, 2, "--max-length 256", "--max-positions 40")
        self.train(init_from="short", vocab_size=None, max_length=39, max_updates=1)

    def test_goes_on_without_asking_for_the_parent(self):
        shape = {"enc_layers": None, "dec_layers": None, "dim": None, "ffn_dim": None, "heads": None, "vocab_size": None}
        moved = self.folder / "parent"
        shutil.copytree(self.parent, moved)
        self.train(init_from=moved, max_updates=4, **shape)
        shutil.rmtree(moved)
        self.train(init_from=moved, max_updates=8, **shape)
        self.assertEqual(state_of(self.model)["update"], 8)

    def test_contradictions(self):
        before = contents(self.parent)
        for changes, parts in (
                ({"dim": 32, "vocab_size": None}, ("--dim 32", "contradicts", "64")),
                ({"dim": 64, "vocab_size": 120}, ("--init-from", "vocabulary", "--vocab-size")),
                ({"init_from": self.folder / "none"}, ())):
            with self.subTest(**changes):
                settings = {"init_from": self.parent, "dim": 64, "ffn_dim": 128} | changes
                result = self.train(code=None, **settings)
                self.assert_refused(result, 4 if "init_from" in changes else 2, *parts)
                self.assertFalse((self.model / "last.safetensors").exists())
        self.assertEqual(contents(self.parent), before)


class Limits(TrainTest):
    def test_epochs(self):
        result = self.train(max_updates=0, max_epochs=2, valid_every=1000)
        self.assertIn("finished: --max-epochs 2 reached", result.err)
        self.assertEqual(state_of(self.model)["epoch"], 2)
        self.assertEqual(state_of(self.model)["sentence"], 0)
        rows = metrics_of(self.model)
        self.assertNotIn("", rows[-1][6:])
        self.assertIn("this run is finished", self.train(max_updates=0, max_epochs=2, valid_every=1000).err)

    def test_time_counts_all_starts_together(self):
        result = self.train(max_updates=0, max_time="2s", valid_every=100000)
        self.assertIn("finished: --max-time 2s reached", result.err)
        state = state_of(self.model)
        self.assertGreaterEqual(state["seconds"], 2)
        before = contents(self.model, without=("train.log",))
        self.assertIn("this run is finished", self.train(max_updates=0, max_time="2s", valid_every=100000).err)
        self.assertEqual(contents(self.model, without=("train.log",)), before)
        self.train(max_updates=0, max_time="0.05m", valid_every=100000)
        self.assertGreater(state_of(self.model)["update"], state["update"])

    def test_patience(self):
        """Nothing is learned at such a rate, so the first validation stays the best one."""
        result = self.train(max_updates=1000, patience=2, valid_every=2, lr=1e-9)
        self.assertIn("finished: 2 validations without a better one (--patience)", result.err)
        self.assertEqual(state_of(self.model)["update"], 6)
        self.assertEqual(state_of(self.model)["best-update"], 2)

    def test_finished_run_changes_nothing(self):
        """Settings that are given with it are not taken, and the log says both."""
        self.train()
        before = contents(self.model, without=("train.log",))
        result = self.train()
        self.assertIn("this run is finished: --max-updates 20 reached", result.err)
        self.assertNotIn("changed settings", result.err)
        result = self.train(lr=1e-3, valid_every=7)
        self.assertRegex(result.err, r"this run is finished: .*; the changed settings were not taken:\n  lr: 0.003 -> 0.001")
        self.assertNotIn("going on", result.err)
        self.assertEqual(contents(self.model, without=("train.log",)), before)
        log = (self.model / "train.log").read_text()
        self.assertEqual(log.count("this run is finished"), 2)
        self.assertIn("the changed settings were not taken", log)

    def test_best_that_is_lost_is_made_again(self):
        """Of the newest weights, as at a first validation."""
        self.train(max_updates=10)
        best = (self.model / "best.safetensors").read_bytes()
        (self.model / "best.safetensors").unlink()
        result = self.train(max_updates=10)
        self.assertIn("finished: --max-updates 10 reached. Best at update 10", result.err)
        self.assertEqual((self.model / "best.safetensors").read_bytes(), best)
        self.assertIn("this run is finished", self.train(max_updates=10).err)


class Directories(TrainTest):
    def test_a_model_without_its_state_is_not_replaced(self):
        """Such as one that heed-average made."""
        self.train(model="a", max_updates=4)
        self.run_program("heed-average", model=["a/best.safetensors", "a/last.safetensors"], output="m", threads=None)
        before = contents(self.model)
        result = self.train(code=None)
        self.assert_refused(result, 4, "m holds a model (best.safetensors) but no state", "--init-from m", "--restart")
        self.assertEqual(contents(self.model), before)
        self.train(max_updates=4, restart=True)
        self.assertEqual(state_of(self.model)["update"], 4)

    def test_other_files_are_left_alone(self):
        self.model.mkdir()
        (self.model / "notes.txt").write_text("mine\n")
        (self.model / "metrics.csv").write_text("left over\n")
        result = self.train()
        self.assertIn("training a vocabulary", result.err)
        self.assertEqual((self.model / "notes.txt").read_text(), "mine\n")
        self.assertEqual(metrics_of(self.model)[0], HEADER.split(","))
        self.assertEqual(state_of(self.model)["update"], 20)

    def test_parents_are_made(self):
        self.train(model="deep/er/m", max_updates=1)
        self.assertTrue((self.folder / "deep/er/m/best.safetensors").is_file())

    def test_restart_equals_a_first_start(self):
        self.train(seed=5, dim=16, max_updates=8, model="restarted")
        self.train(restart=True, max_updates=8, model="restarted")
        self.train(max_updates=8)
        for name in ("best", "last", "last.1"):
            assert_same_tensors(self, self.model / f"{name}.safetensors", self.folder / f"restarted/{name}.safetensors")
        self.assertEqual([row[0] for row in metrics_of(self.folder / "restarted")], ["update", "5", "8"])


if __name__ == "__main__":
    unittest.main()
