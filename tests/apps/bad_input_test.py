"""What seq2seq-train says to input that is wrong, and that a run which stands in the directory never suffers."""
import gzip
import os
import shutil
import unittest

from common import (LEARNING, ProgramTest, assert_same_tensors, contents, drop_privileges, limit_file_size, lines,
                    make_folder, metrics_of, read_safetensors, state_of, temporaries, toy_pairs, write_pairs)

NOT_KEPT = ("train.log",)  # messages are appended there; cached indexes are made again when needed


class BadInputTest(ProgramTest):
    """`m` holds a run that could go on; `new` is not there yet."""

    @classmethod
    def setUpClass(cls):
        cls.run_folder = make_folder(cls)

    def setUp(self):
        super().setUp()
        write_pairs(self.folder, toy_pairs(300))
        earlier = self.run_folder / "m"
        if not earlier.exists():
            self.train(model=earlier, max_updates=8)
        shutil.copytree(earlier, self.folder / "m")

    def kept(self):
        return {name: data for name, data in contents(self.folder / "m", NOT_KEPT).items() if "cache" not in name}

    def assert_both_refused(self, code, *parts, before=None, **changes):
        """In a new directory, where no checkpoint appears, and in that of the run, which stays as it is."""
        result = self.train(code=None, before=before, model="new", **changes)
        self.assert_refused(result, code, *parts)
        self.assertEqual([*(self.folder / "new").glob("*.safetensors")], [])
        kept = self.kept()
        self.assertIn("last.safetensors", kept)
        result = self.train(code=None, before=before, **changes)
        self.assert_refused(result, code, *parts)
        self.assertEqual(self.kept(), kept)
        self.assertEqual(temporaries(self.folder), [])

    def write(self, name, text):
        (self.folder / name).write_bytes(text.encode() if isinstance(text, str) else text)
        return self.folder / name


class TrainingFiles(BadInputTest):
    def test_missing(self):
        self.assert_both_refused(3, "none.src", "No such file", train_src="none.src")
        self.assert_both_refused(3, "none.tgt", "No such file", train_tgt="none.tgt")
        self.assert_both_refused(3, "none.src", "No such file", valid_src="none.src", valid_tgt="train.tgt")

    def test_empty(self):
        self.assert_both_refused(3, "empty", "is empty", train_tgt=self.write("empty", ""))

    def test_directory(self):
        self.assert_both_refused(3, self.folder, "is a directory", train_src=self.folder)

    def test_not_a_regular_file(self):
        self.assert_both_refused(3, "/dev/null", "not a regular file", train_src="/dev/null")

    def test_unreadable(self):
        self.write("secret", "the cat\n" * 300).chmod(0)
        self.assert_both_refused(3, "secret", "Permission denied", train_src="secret", before=drop_privileges)

    def test_unequal_line_counts(self):
        pairs = toy_pairs(300)
        self.write("short.tgt", lines(target for _, target in pairs[:298]))
        self.assert_both_refused(3, "train.src has 300 lines", "short.tgt has 298 lines", train_tgt="short.tgt")
        self.assert_both_refused(3, "train.src has 300 lines", "short.tgt has 298 lines",
                                 train_src=["train.src", "train.src"], train_tgt=["train.tgt", "short.tgt"])

    def test_tabs(self):
        rows = ["\t".join(pair) for pair in toy_pairs(300)]
        for line, count in (("no tab here", "0 tabs"), ("one\ttwo\tthree", "2 tabs"), ("", "0 tabs")):
            self.write("bad.tsv", lines(rows[:41] + [line] + rows[42:]))
            self.assert_both_refused(3, "bad.tsv:42", count, "exactly one", train_src=None, train_tgt=None,
                                     train_tsv="bad.tsv")

    def test_nothing_to_train_on(self):
        self.write("blank", "\n  \n\t\n" * 100)
        self.assert_both_refused(3, "blank", train_src="blank", train_tgt="train.tgt")
        self.write("one.src", "\nthe cat\n"), self.write("one.tgt", "\nla kato\n")
        self.assert_both_refused(3, "one.src", train_src="one.src", train_tgt="one.tgt")

    def test_damaged_gzip(self):
        packed = gzip.compress((self.folder / "train.src").read_bytes())
        self.write("cut.gz", packed[:len(packed) // 2])
        self.assert_both_refused(3, "cut.gz", "damaged gzip", train_src="cut.gz")
        self.write("none.gz", "not packed\n" * 300)
        self.assert_both_refused(3, "none.gz", "damaged gzip", train_src="none.gz")

    def test_utf16(self):
        self.write("wide.src", (self.folder / "train.src").read_text().encode("utf-16"))
        self.assert_both_refused(3, "wide.src", "UTF-16", "iconv", train_src="wide.src")


class Lines(BadInputTest):
    """Lines that are not refused are counted, and the first is named."""

    def train_on(self, pairs, **changes):
        write_pairs(self.folder, pairs, "odd")
        return self.train(train_src="odd.src", train_tgt="odd.tgt", model="new", **changes)

    def test_empty_sides_are_dropped(self):
        pairs = toy_pairs(300)
        for place, pair in ((20, ("", "la kato")), (60, ("the cat", "  ")), (110, ("", ""))):
            pairs.insert(place, pair)
        result = self.train_on(pairs)
        self.assertRegex(result.err, r"an empty side +3 \(\d\.\d+ %\); dropped, first .*odd\.src:21\n")

    def test_invalid_utf8_is_replaced_or_refused(self):
        text = (self.folder / "train.tgt").read_bytes().split(b"\n")
        text[99] += b" \xff\xfe"
        text[120] += b"\xc3"
        self.write("odd.tgt", b"\n".join(text))
        result = self.train(model="new", train_tgt="odd.tgt")
        self.assertRegex(result.err, r"invalid UTF-8 +2 \(0\.67 %\); replaced by U\+FFFD, first odd\.tgt:100; --strict")
        shutil.rmtree(self.folder / "new")
        result = self.train(code=None, model="new", train_tgt="odd.tgt", strict_utf8=True)
        self.assert_refused(result, 3, "odd.tgt:100", "not valid UTF-8", "--strict-utf8")
        self.assertEqual([*(self.folder / "new").glob("*.safetensors")], [])

    def test_over_long_pairs_are_dropped_or_cropped(self):
        pairs = toy_pairs(300)
        dropped = self.train_on(pairs, max_length=9, max_updates=0, max_epochs=1, valid_every=1000)
        self.assertRegex(dropped.err, r"over --max-length +[1-9][0-9.]* %; --on-long drop or crop")
        batches = state_of(self.folder / "new")["update"]
        shutil.rmtree(self.folder / "new")
        self.train_on(pairs, max_length=9, max_updates=0, max_epochs=1, valid_every=1000, on_long="crop")
        self.assertGreater(state_of(self.folder / "new")["update"], batches)
        shutil.rmtree(self.folder / "new")
        result = self.train_on(pairs, max_length=1, code=None)
        self.assert_refused(result, 3, "longer than --max-length 1", "--on-long crop")
        self.assertEqual([*(self.folder / "new").glob("*.safetensors")], [])
        self.train_on(pairs, max_length=1, on_long="crop")

    def test_carriage_returns_and_byte_order_marks_are_no_text(self):
        """Neither becomes a subword, nor does a line of a carriage return alone count as text."""
        texts = {side: (self.folder / side).read_text().splitlines() for side in ("train.src", "train.tgt")}
        for side, text in texts.items():
            self.write("dos." + side, "\ufeff" + "\r\n".join([*text, "", ""]))
        result = self.train(train_src="dos.train.src", train_tgt="dos.train.tgt", model="new")
        self.assertRegex(result.err, r"pairs +301\n")
        self.assertRegex(result.err, r"an empty side +1 .*first .*dos\.train\.src:301\n")
        self.train(model="plain")
        subwords = [read_safetensors(self.folder / model / "best.safetensors")[1]["subwords.source"]
                    for model in ("new", "plain")]
        self.assertEqual(*subwords)

    def test_line_separators_of_unicode_do_not_split(self):
        pairs = toy_pairs(300)
        pairs[7] = (pairs[7][0] + "\u2028and\u2029more\x85\x0b\x0c", pairs[7][1])
        self.assertRegex(self.train_on(pairs).err, r"pairs +300\n")


class Places(BadInputTest):
    """Where a model cannot be written."""

    def test_model_is_a_file(self):
        self.write("file", "mine\n")
        for name in ("file", "file/below"):
            self.assert_refused(self.train(code=None, model=name), 4, "cannot make the directory " + name,
                                "Not a directory; check the path")
        self.assertEqual((self.folder / "file").read_text(), "mine\n")

    def test_unwritable_directory(self):
        kept = self.kept()
        (self.folder / "closed").mkdir()
        for name, folder in (("closed/m", "closed"), ("m", "m")):
            (self.folder / folder).chmod(0o555)
            self.addCleanup((self.folder / folder).chmod, 0o755)
            (self.folder / "m/.lock").unlink(missing_ok=True) if name == "closed/m" else None
            result = self.train(code=None, model=name, before=drop_privileges)
            self.assert_refused(result, 4, name, "ermission denied")
        self.assertEqual(self.kept(), kept)

    def test_full_disk(self):
        """The files of the text's index fit, a checkpoint does not."""
        kept, limit = self.kept(), limit_file_size(200_000)
        self.assertLess(200_000, len(kept["last.safetensors"]))
        result = self.train(code=None, before=limit)
        self.assert_refused(result, 4, "m/last.safetensors", "ulimit")
        after = self.kept()
        for name in ("last.safetensors", "last.1.safetensors", "best.safetensors"):
            self.assertEqual(after[name], kept[name])
        self.assertEqual(temporaries(self.folder), [])
        self.train(max_updates=12)
        self.assertEqual(state_of(self.folder / "m")["update"], 12)
        result = self.train(code=None, before=limit, model="new")
        self.assert_refused(result, 4, "new/last.safetensors", "ulimit")
        self.assertEqual(temporaries(self.folder), [])
        self.assertEqual([*(self.folder / "new").glob("*.safetensors")], [])
        self.train(model="new", max_updates=4)


class Divergence(BadInputTest):
    def test_ends_with_the_last_good_state(self):
        self.train(model="good", base=LEARNING, max_updates=60, valid_every=60)
        before = read_safetensors(self.folder / "good/last.safetensors")
        known = lines(source for source, _ in toy_pairs(20))
        translate = lambda: self.run_program("translate", model="good", threads=1, input=known).out
        translated = translate()
        result = self.train(code=None, model="good", base=LEARNING, max_updates=200, lr=1e30, save_every=1000)
        self.assert_refused(result, 5, "diverged", "good/last.safetensors", "--lr")
        self.assertEqual(result.err.count("loss or gradient is not finite; skipped (10 in a row)"), 4)
        self.assertIn("back to update 60 with half the learning rate (3 of at most 3 times)", result.err)
        self.assertEqual(read_safetensors(self.folder / "good/last.safetensors"), before)
        self.assertEqual(translate(), translated)
        self.assertEqual(int(metrics_of(self.folder / "good")[-1][0]), 60)
        self.train(model="good", base=LEARNING, max_updates=70, lr=5e-3)
        self.assertEqual(state_of(self.folder / "good")["update"], 70)


class Settings(BadInputTest):
    def test_values(self):
        for changes, parts in (
                ({"max_updates": "ten"}, ("--max-updates", "ten")),
                ({"lr": "fast"}, ("--lr", "fast", "not a number")),
                ({"lr": -1}, ("lr must be above 0",)),
                ({"precision": "fp64"}, ("--precision", "fp32", "bf16", "auto")),
                ({"subwords": "words"}, ("--subwords", "unigram", "bpe")),
                ({"dropout": 1.5}, ("dropout", "below 1")),
                ({"batch_tokens": 0}, ("batch-tokens",)),
                ({"log_every": 0}, ("log-every",)),
                ({"max_time": "soon"}, ("--max-time", "soon")),
                ({"vocab_size": 3}, ("vocab-size",)),
                ({"heads": 5}, ("dim 32 is not a multiple of heads 5", "--head-dim")),
                ({"heads": 4, "kv_heads": 3}, ("kv-heads",)),
                ({"positions": "learned", "max_positions": 0}, ("max-positions",))):
            with self.subTest(**changes):
                self.assert_both_refused(2, *parts, **changes)
                self.assertFalse((self.folder / "new").exists(), "nothing is made before the flags are checked")
        result = self.run_program("seq2seq-train", "--threads", -1, model="new", train_src="train.src",
                                  train_tgt="train.tgt", code=None)
        self.assert_refused(result, 2, "--threads: '-1' is not a whole number from 0")

    def test_contradictions(self):
        for changes, parts in (
                ({"train_tsv": "train.tsv"}, ("--train-tsv", "--train-src")),
                ({"train_src": None, "train_tgt": None}, ("no training text", "--train-src")),
                ({"train_tgt": None}, ("--train-src names 1", "--train-tgt 0")),
                ({"train_src": ["train.src", "train.src"]}, ("--train-src names 2", "--train-tgt 1")),
                ({"valid_src": "train.src"}, ("--valid-src", "--valid-tgt", "together")),
                ({"vocab_src": "a"}, ("--vocab-src", "--vocab-tgt", "together")),
                ({"vocab": "a", "vocab_src": "b", "vocab_tgt": "c"}, ("--vocab stands instead",)),
                ({"lr_scheduler": "cosine", "max_updates": 0}, ("cosine", "--max-updates")),
                ({"model": None}, ("--model",))):
            with self.subTest(**changes):
                result = self.train(code=None, **({"model": "new"} | changes))
                self.assert_refused(result, 2, *parts)
                self.assertFalse((self.folder / "new").exists())

    def test_tables_tied_without_a_shared_vocabulary(self):
        result = self.train(code=None, model="new", shared_vocab=False, tie="all")
        self.assert_refused(result, 2, "--tie")

    def test_unknown_flags(self):
        result = self.run_program("seq2seq-train", "--train-scr", "train.src", code=None)
        self.assert_refused(result, 2, "unknown flag --train-scr", "did you mean --train-src?")

        for words, nearest in ((["--max-udpates", 5], "--max-updates"), (["--no-share-vocab"], "--no-shared-vocab"),
                               (["--learning-rat=1"], None)):
            result = self.run_program("seq2seq-train", *words, code=None)
            self.assert_refused(result, 2, f"unknown flag {str(words[0]).split('=')[0]}",
                                f"did you mean {nearest}?" if nearest else "--help")
        self.assert_refused(self.run_program("seq2seq-train", "stray", "--model", "m", code=None), 2, "stray")

    def test_vocabulary_of_another_kind(self):
        for name, content in (("words.txt", "the\ncat\n" * 50), ("empty", ""), ("noise", os.urandom(4000)),
                              ("checkpoint", (self.folder / "m/best.safetensors").read_bytes())):
            with self.subTest(name):
                self.write(name, content)
                result = self.train(code=None, model="new", vocab=name, vocab_size=None)
                self.assert_refused(result, 3, name)
                self.assertEqual([*(self.folder / "new").glob("*.safetensors")], [])
        too_long = "x" * 300
        self.assert_refused(self.train(code=None, model="new", vocab=too_long, vocab_size=None), 3, too_long,
                            "File name too long")
        self.assert_refused(self.train(code=None, model="new", init_from=too_long, vocab_size=None), 4, too_long,
                            "File name too long")

    def test_vocabulary_too_small_for_the_alphabet(self):
        result = self.train(code=None, model="new", vocab_size=8)
        self.assert_refused(result, 3, "vocabulary of 8 pieces", "different characters", "larger")


class SettingsFiles(BadInputTest):
    def test_mistakes_are_named_with_their_line(self):
        for text, line, parts in (
                ("lr = 1e-3\n\nwarmpu = 5\n", 3, ("unknown key 'warmpu'", "did you mean warmup?")),
                ("# no such thing here\ntranslate = true\n", 2, ("unknown key 'translate'",)),
                ("config = \"other.toml\"\n", 1, ("unknown key 'config'",)),
                ("lr = \"fast\"\n", 1, ("lr", "'fast' is not a number")),
                ("heads = 2\nheads = 2\n", 2, ("'heads'", "redefine")),
                ("max_updates = 3\nmax-updates = 3\n", 2, ("max-updates", "second time")),
                ("tie = \"some\"\n", 1, ("tie", "none", "output", "all")),
                ("restart = \"yes\"\n", 1, ("restart", "neither true nor false")),
                ("lr = [1e-3, 1e-4]\n", 1, ("lr", "one value")),
                ("lr\n", 1, ("expected '='",)),
                ("\n[training]\nlr = 1\n", 2, ("[section]",)),
                ("model = \"m\n", 1, ("parsing string",))):
            with self.subTest(text):
                self.write("bad.toml", text)
                self.assert_both_refused(2, f"bad.toml:{line}: ", *parts, config="bad.toml")
                self.assertFalse((self.folder / "new").exists())
        self.assert_both_refused(3, "none.toml", "No such file", config="none.toml")

    def test_printed_settings_can_be_read_back(self):
        settings = {"train_src": ["a b.src", 'quote".src'], "train_tgt": ["ä.tgt", "back\\slash.tgt"], "model": "new",
                    "lr": 0.1 + 0.2, "shared_vocab": False, "tie": "none", "max_time": "1.5h", "label_smoothing": 0,
                    "precision": "bf16", "max_updates": "100k"}
        printed = self.train(dump_config=True, **settings)
        self.assertEqual(printed.err, "")
        self.assertFalse((self.folder / "new").exists())
        for line in ("lr = 0.30000000000000004", "shared-vocab = false", 'precision = "bf16"', 'max-time = "1.5h"'):
            self.assertIn(line, printed.lines)
        self.write("printed.toml", printed.out)
        again = self.run_program("seq2seq-train", config="printed.toml", dump_config=True)
        self.assertEqual(again.out, printed.out)
        changed = self.run_program("seq2seq-train", "--lr", 0.5, config="printed.toml", dump_config=True)
        self.assertEqual(changed.out, printed.out.replace(b"lr = 0.30000000000000004", b"lr = 0.5"))

    def test_a_run_from_a_settings_file_equals_that_from_flags(self):
        """And the one that a run leaves in its directory describes it whole."""
        self.write("settings.toml", self.train(dump_config=True, model="new").out)
        self.run_program("seq2seq-train", config="settings.toml")
        self.train(model="flags")
        self.run_program("seq2seq-train", config="flags/config.toml", model="again")
        for name in ("new", "again"):
            assert_same_tensors(self, self.folder / "flags/last.safetensors", self.folder / name / "last.safetensors")


class TextNamedInAnotherWay(BadInputTest):
    def test_takes_the_place_of_the_text_before(self):
        self.write("train.tsv", lines("\t".join(pair) for pair in toy_pairs(300)))
        self.train(train_src=None, train_tgt=None, train_tsv="train.tsv", max_updates=12)
        self.assertEqual(state_of(self.folder / "m")["update"], 12)
        self.train(max_updates=16)
        self.assertEqual(state_of(self.folder / "m")["update"], 16)


if __name__ == "__main__":
    unittest.main()
