"""seq2seq-score: numbers and signatures of sacreBLEU 2.6, and what it says to input that is wrong."""
import gzip
import json
import os
import subprocess
import unittest
from pathlib import Path

from common import BIN, ProgramTest, Running, lines

HYPOTHESES = ["The cat sat on the mat, didn't it?", "It costs 3.50 € — or 4,000 ¥.",
              "A man in a red coat sells apples .", "", "Größe ÄNDERT sich nicht!"]
REFERENCES = ["The cat sat on the mat, did it not?", "It costs 3.50 €, or 4,000 ¥.",
              "A man in a red coat sells apples.", "Nothing was said.", "Größe ändert sich nie!"]
OTHER_REFERENCES = ["A cat was sitting on the mat, wasn't it?", "The price is 3.50 € or 4,000 ¥.",
                    "A red-coated man is selling apples.", "No word.", "Die Größe ändert sich nicht!"]

# References, flags, and the line that sacreBLEU 2.6.0 prints.
PRINTED = [
    (1, {}, "BLEU|nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:2.6.0 = "
     "59.0 87.9/69.0/64.0/57.1 (BP = 0.859 ratio = 0.868 hyp_len = 33 ref_len = 38)"),
    (1, {"lowercase": True}, "BLEU|nrefs:1|case:lc|eff:no|tok:13a|smooth:exp|version:2.6.0 = "
     "61.8 90.9/75.9/68.0/57.1 (BP = 0.859 ratio = 0.868 hyp_len = 33 ref_len = 38)"),
    (1, {"tokenize": "intl"}, "BLEU|nrefs:1|case:mixed|eff:no|tok:intl|smooth:exp|version:2.6.0 = "
     "58.5 82.9/64.5/59.3/52.2 (BP = 0.918 ratio = 0.921 hyp_len = 35 ref_len = 38)"),
    (2, {}, "BLEU|nrefs:2|case:mixed|eff:no|tok:13a|smooth:exp|version:2.6.0 = "
     "64.4 90.9/79.3/68.0/57.1 (BP = 0.886 ratio = 0.892 hyp_len = 33 ref_len = 37)"),
    (2, {"tokenize": "char", "lowercase": True}, "BLEU|nrefs:2|case:lc|eff:no|tok:char|smooth:exp|version:2.6.0 = "
     "90.5 99.0/96.7/94.3/91.7 (BP = 0.949 ratio = 0.950 hyp_len = 96 ref_len = 101)"),
    (2, {"tokenize": "none"}, "BLEU|nrefs:2|case:mixed|eff:no|tok:none|smooth:exp|version:2.6.0 = "
     "55.1 82.8/68.0/52.4/41.2 (BP = 0.933 ratio = 0.935 hyp_len = 29 ref_len = 31)"),
    (1, {"metrics": "chrf"}, "chrF2|nrefs:1|case:mixed|eff:yes|nc:6|nw:0|space:no|version:2.6.0 = 68.8"),
    (2, {"metrics": "chrf", "lowercase": True},
     "chrF2|nrefs:2|case:lc|eff:yes|nc:6|nw:0|space:no|version:2.6.0 = 78.6"),
    (2, {"metrics": "chrf++"}, "chrF2++|nrefs:2|case:mixed|eff:yes|nc:6|nw:2|space:no|version:2.6.0 = 70.7"),
    (1, {"metrics": "chrf", "chrf_beta": 1, "chrf_char_order": 4},
     "chrF1|nrefs:1|case:mixed|eff:yes|nc:4|nw:0|space:no|version:2.6.0 = 75.2"),
]


class ScoreTest(ProgramTest):
    """With translations in `out` and references in `ref` and `ref2`."""

    def setUp(self):
        super().setUp()
        for name, texts in (("out", HYPOTHESES), ("ref", REFERENCES), ("ref2", OTHER_REFERENCES)):
            self.write(name, lines(texts))

    def write(self, name, text):
        (self.folder / name).write_bytes(text.encode() if isinstance(text, str) else text)

    def score(self, code=0, **changes):
        return self.run_program("seq2seq-score", code=code, **({"hypothesis": "out", "references": "ref"} | changes))


class Numbers(ScoreTest):
    def test_lines_of_sacrebleu(self):
        for references, settings, line in PRINTED:
            with self.subTest(references=references, **settings):
                result = self.score(**({"references": ["ref", "ref2"][:references], "metrics": "bleu"} | settings))
                self.assertEqual(result.lines, [line])
                self.assertEqual(result.err, "")

    def test_bleu_and_chrf_unless_told_otherwise(self):
        """Of a stored set in many scripts with two references."""
        stored = json.loads((Path(__file__).resolve().parents[1] / "text/scores.json").read_text())["printed"]
        self.write("many", lines(stored["hypotheses"]))
        for place, reference in enumerate(stored["references"]):
            self.write(f"many{place}", lines(reference))
        settings = {"hypothesis": "many", "references": ["many0", "many1"]}
        self.assertEqual(self.score(**settings).out.decode(), stored["text"])
        self.assertEqual(json.loads(self.score(json=True, **settings).out), json.loads(stored["json"]))

    def test_bare_numbers(self):
        result = self.score(metrics=["chrf++", "bleu", "chrf"], score_only=True)
        self.assertEqual(result.lines, ["69.2", "59.0", "68.8"])

    def test_a_perfect_translation(self):
        self.assertEqual(self.score(references="out", score_only=True).lines, ["100.0", "100.0"])


class Start(unittest.TestCase):
    def test_libtorch_is_not_loaded(self):
        """Which takes longer to start than scoring does."""
        for program in ("seq2seq-score", "heed-inspect"):
            loaded = subprocess.run(["ldd", BIN / program], check=True, capture_output=True, text=True).stdout
            self.assertNotIn("torch", loaded, program)


class Paired(ScoreTest):
    def test_two_systems(self):
        """With the figures that are checked by unit tests, as the program prints them."""
        place = Path(__file__).resolve().parents[1] / "text/paired_scores.json"
        data = json.loads(place.read_text())
        for name, texts in (("ref", data["references"]), ("a", data["systems"][0]), ("b", data["systems"][1])):
            (self.folder / name).write_text("".join(line + "\n" for line in texts))
        result = self.run_program("seq2seq-score", hypothesis="a", references="ref", paired="b", threads=None)
        lines = result.lines
        self.assertEqual(len(lines), 6)
        self.assertRegex(lines[1], rf"^  a  {data['bleu'][0]['score']:.1f} \(\d+\.\d \+- \d+\.\d\)  baseline$")
        self.assertRegex(lines[2], rf"^  b  {data['bleu'][1]['score']:.1f} \(\d+\.\d \+- \d+\.\d\)  p = 0\.\d{{4}}$")
        found = json.loads(self.run_program("seq2seq-score", hypothesis="a", references="ref", paired="b", json=True).out)
        self.assertEqual([(row["system"], "p_value" in row) for row in found],
                         [("a", False), ("b", True)] * 2)


class Files(ScoreTest):
    def test_standard_input(self):
        expected = self.score().out
        text = lines(HYPOTHESES)
        for settings in ({"hypothesis": None}, {"hypothesis": "-"}):
            self.assertEqual(self.score(input=text, **settings).out, expected)

    def test_pipe(self):
        os.mkfifo(self.folder / "pipe")
        running = Running(self, "seq2seq-score", cwd=self.folder, hypothesis="out", references="pipe")
        (self.folder / "pipe").write_text(lines(REFERENCES))
        self.assertEqual(running.wait(), 0, running.err)
        self.assertEqual(running.process.stdout.read(), self.score().out)

    def test_carriage_returns_byte_order_mark_and_no_last_newline(self):
        expected = self.score().out
        self.write("dos", "\ufeff" + "\r\n".join(HYPOTHESES))
        self.assertEqual(self.score(hypothesis="dos").out, expected)
        self.write("dos.ref", "\ufeff" + "\r\n".join(REFERENCES) + "\r\n")
        self.assertEqual(self.score(references="dos.ref").out, expected)

    def test_line_separators_of_unicode_do_not_split(self):
        self.write("odd", lines(["\u2028".join(HYPOTHESES[0].split(" ", 1))] + HYPOTHESES[1:]))
        self.assertEqual(self.score(hypothesis="odd").out, self.score().out)

    def test_invalid_utf8_is_replaced_with_a_warning(self):
        self.write("odd", lines(HYPOTHESES).encode().replace(b"cat", b"c\xffat"))
        result = self.score(hypothesis="odd")
        self.assertIn("warning: odd: 1 ill-formed UTF-8", result.err)
        self.write("replaced", lines(HYPOTHESES).replace("cat", "c\ufffdat"))
        self.assertEqual(result.out, self.score(hypothesis="replaced").out)


class BadInput(ScoreTest):
    def test_unequal_line_counts(self):
        self.write("short", lines(REFERENCES[:-1]))
        self.assert_refused(self.score(code=None, references="short"), 3, "short has 4 lines", "out has 5")
        self.assert_refused(self.score(code=None, references=["ref", "short"]), 3, "short has 4 lines", "out has 5")
        result = self.score(code=None, hypothesis="-", input=lines(HYPOTHESES[:3]))
        self.assert_refused(result, 3, "ref has 5 lines", "standard input has 3")
        self.write("long", lines(HYPOTHESES) + "\n")
        self.assert_refused(self.score(code=None, hypothesis="long"), 3, "ref has 5 lines", "long has 6")

    def test_files(self):
        self.write("empty", "")
        for changes, parts in (
                ({"hypothesis": "none"}, ("none", "No such file")),
                ({"references": ["ref", "none"]}, ("none", "No such file")),
                ({"references": self.folder}, (self.folder, "directory")),
                ({"hypothesis": "empty"}, ("empty", "is empty")),
                ({"references": "empty"}, ("empty", "is empty")),
                ({"hypothesis": "-"}, ("standard input", "is empty"))):
            with self.subTest(**changes):
                self.assert_refused(self.score(code=None, **changes), 3, *parts)

    def test_other_than_text(self):
        self.write("ref.gz", gzip.compress(lines(REFERENCES).encode()))
        for changes in ({"references": "ref.gz"}, {"hypothesis": "ref.gz"}, {"paired": "ref.gz"}):
            with self.subTest(**changes):
                self.assert_refused(self.score(code=None, **changes), 3, "ref.gz: is gzip-compressed", "zcat")
        self.write("wide", lines(REFERENCES).encode("utf-16"))
        self.assert_refused(self.score(code=None, references="wide"), 3, "wide: is UTF-16", "iconv")

    def test_flags(self):
        for changes, parts in (
                ({"references": None}, ("--references",)),
                ({"metrics": ["bleu", "ter"]}, ("'ter'", "bleu, chrf or chrf++")),
                ({"tokenize": "zh"}, ("--tokenize", "13a", "intl", "char", "none")),
                ({"chrf_beta": 0}, ("beta",)),
                ({"chrf_char_order": "six"}, ("--chrf-char-order", "six")),
                ({"resamples": 100}, ("--resamples and --seed are about --paired",)),
                ({"seed": 2}, ("--resamples and --seed are about --paired",)),
                ({"score_only": True, "json": True}, ("--score-only and --json contradict",)),
                ({"tokenise": "intl"}, ("unknown flag --tokenise", "did you mean --tokenize?"))):
            with self.subTest(**changes):
                self.assert_refused(self.score(code=None, **changes), 2, *parts)

    def test_results_that_cannot_be_written(self):
        with open("/dev/full", "wb") as full:
            running = Running(self, "seq2seq-score", cwd=self.folder, hypothesis="out", references="ref", stdout=full)
        self.assertEqual(running.wait(), 3)
        self.assertIn("error: cannot write to standard output", running.err)

    def test_closed_pipe_ends_quietly(self):
        reading, writing = os.pipe()
        os.close(reading)
        running = Running(self, "seq2seq-score", cwd=self.folder, hypothesis="out", references="ref", stdout=writing)
        os.close(writing)
        self.assertEqual(running.wait(), 141)
        self.assertEqual(running.err, "")


if __name__ == "__main__":
    unittest.main()
