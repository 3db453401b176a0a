"""--arch lstm and gru: trained, translated with, looked into and inspected as Transformers are."""
import json
import unittest

from common import LEARNING, ProgramTest, lines, make_folder, metrics_of, read_safetensors, toy_pairs, write_pairs

PAIRS = toy_pairs(1000)
SOURCES = [source for source, _ in PAIRS[900:]]
# Enough for an LSTM to translate nearly all of the toy language without a mistake.
RECURRENT = LEARNING | {"arch": "lstm", "max_updates": 300, "valid_every": 300}


class Recurrent(ProgramTest):
    @classmethod
    def setUpClass(cls):
        """Models for all tests, which read them only."""
        cls.shared = make_folder(cls)
        write_pairs(cls.shared, PAIRS[:900])
        for name, changes in (("lstm", {}), ("unseeing", {"rnn_attention": "none", "max_updates": 30, "valid_every": 30}),
                              ("transformer", {"arch": "transformer", "max_updates": 150, "valid_every": 150})):
            cls.train_in(cls(), cls.shared, name, **(RECURRENT | changes))

    def train_in(self, folder, name, **settings):
        return self.run_program("seq2seq-train", cwd=folder, train_src=self.shared / "train.src",
                                train_tgt=self.shared / "train.tgt", model=name, **settings)

    def translate(self, text, model="lstm", code=0, **settings):
        models = [self.shared / name for name in model.split()]
        return self.run_program("translate", input=text, code=code, model=models, **settings)

    def test_toy_language_is_learned(self):
        """At least 90 of 100 unseen sentences come out without a mistake."""
        found = self.translate(lines(SOURCES)).lines
        self.assertGreaterEqual(sum(one == target for one, (_, target) in zip(found, PAIRS[900:], strict=True)), 90)
        self.assertGreater(float(metrics_of(self.shared / "lstm")[-1][7]), 90)

    def test_same_bytes_in_company_and_alone(self):
        for model in ("lstm", "unseeing"):
            for precision in ("fp32", "bf16"):
                with self.subTest(model=model, precision=precision):
                    settings = {"model": model, "with_score": True, "beam_size": 4, "n_best": 4, "precision": precision}
                    alone = self.translate(lines(SOURCES[:40]), buffer=1, **settings)
                    self.assertEqual(self.translate(lines(SOURCES[:40]), threads=2, **settings).out, alone.out)
                    self.assertEqual(len(alone.lines), 160)

    def test_scores_found_and_given_agree(self):
        found = self.translate(lines(SOURCES[:20]), with_score=True).lines
        (self.folder / "given").write_text(lines(line.split("\t")[1] for line in found))
        given = self.translate(lines(SOURCES[:20]), score_ref="given").lines
        for ours, theirs in zip(found, given, strict=True):
            self.assertAlmostEqual(float(ours.split("\t")[0]), float(theirs.split("\t")[0]), delta=2e-4)

    def test_attention_looks_at_the_words(self):
        found = self.translate("the red cat\n", alignment="hard", attention="maps", json=True)
        best = json.loads(found.out)["translations"][0]
        self.assertEqual(best["text"], "la kato rugo")
        self.assertEqual(len(best["alignment"]), 3)
        record = json.loads((self.folder / "maps/00001.json").read_text())
        self.assertEqual((len(record["cross"]), len(record["cross"][0])), (1, 1))
        self.assertEqual((record["encoder"], record["decoder"]), ([], []))
        self.translate("the red cat\n", attention="page.html")
        self.assertIn("<svg", (self.folder / "page.html").read_text())

    def test_without_attention_there_is_nothing_to_see(self):
        self.assertEqual(len(self.translate(lines(SOURCES), model="unseeing").lines), 100)
        refused = self.translate("the cat\n", model="unseeing", code=None, alignment="hard")
        self.assert_refused(refused, 2, "--rnn-attention none", "no attention")
        for changes in ({"alignment": "hard"}, {"attention": "page.html"}, {"replace_unk": True}):
            before_any_line = self.translate("", model="unseeing", code=None, **changes)
            self.assert_refused(before_any_line, 2, "--rnn-attention none", "no attention")

    def test_translates_together_with_a_transformer(self):
        self.train_in(self.folder, "other", **(RECURRENT | {"arch": "transformer", "vocab": self.vocabulary(), "max_updates": 4}))
        self.train_in(self.folder, "another", **(RECURRENT | {"arch": "gru", "vocab": self.vocabulary(), "max_updates": 4}))
        both = [self.folder / "other", self.folder / "another"]
        self.assertEqual(len(self.run_program("translate", model=both, input=lines(SOURCES[:5])).lines), 5)

    def vocabulary(self):
        (self.folder / "vocabulary.model").write_bytes(
            read_safetensors(self.shared / "lstm/best.safetensors")[1]["subwords.source"][2])
        return self.folder / "vocabulary.model"

    def test_goes_on_from_another_model(self):
        result = self.train_in(self.folder, "tuned", **{name: value for name, value in RECURRENT.items() if name not in
                               ("arch", "vocab_size")} | {"init_from": self.shared / "lstm", "max_updates": 2})
        self.assertIn("LSTM, 1+1 layers, 64 wide, general attention with input feeding", result.err)
        metadata = read_safetensors(self.folder / "tuned/best.safetensors")[0]
        self.assertEqual(metadata["kind"], "lstm")

    def test_inspected_and_averaged(self):
        out = self.run_program("heed-inspect", model=self.shared / "lstm").out.decode()
        self.assertIn("a translation model (lstm), which `translate` opens", out)
        self.assertIn("rnn-attention general", out)
        self.assertNotIn("heads", out)
        files = [self.shared / "lstm" / name for name in ("best.safetensors", "last.safetensors")]
        self.run_program("heed-average", model=files, output=self.folder / "mean")
        self.assertEqual(self.run_program("translate", model=self.folder / "mean", input="the red cat\n").lines, ["la kato rugo"])
        mixed = self.run_program("heed-average", model=[files[0], self.shared / "transformer"], output=self.folder / "no", code=None)
        self.assert_refused(mixed, 2, "other networks")


if __name__ == "__main__":
    unittest.main()
