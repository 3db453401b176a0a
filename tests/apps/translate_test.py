"""translate: line for line, the same bytes in every company, and nothing half done."""
import json
import os
import re
import select
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from common import (BIN, LEARNING, PATIENCE, ProgramTest, Running, contents, drop_privileges, environment, flags,
                    limit_file_size, lines, read_safetensors, rewrite_metadata, temporaries, toy_pairs, write_pairs)

PAIRS = toy_pairs(1000)
UNSEEN = PAIRS[900:]
SOURCES = [source for source, _ in UNSEEN]


def setUpModule():
    """One model for all tests, which read it only."""
    global MODEL
    folder = tempfile.TemporaryDirectory(prefix="heed-test-")
    unittest.addModuleCleanup(folder.cleanup)
    MODEL = Path(folder.name).resolve() / "m"
    write_pairs(MODEL.parent, PAIRS[:900])
    settings = {"train_src": "train.src", "train_tgt": "train.tgt", "model": "m"} | LEARNING
    done = subprocess.run([BIN / "seq2seq-train", *flags(settings)], cwd=MODEL.parent, env=environment(),
                          capture_output=True, timeout=PATIENCE)
    if done.returncode != 0:
        raise AssertionError(done.stderr.decode())


class TranslateTest(ProgramTest):
    def translate(self, input=b"", code=0, **settings):
        return self.run_program("translate", input=input, code=code, **({"model": MODEL} | settings))

    def start(self, **settings):
        return Running(self, "translate", cwd=self.folder, **({"model": MODEL} | settings))

    def write(self, name, text):
        (self.folder / name).write_bytes(text.encode() if isinstance(text, str) else text)


class OtherThanText(TranslateTest):
    def test_is_refused_or_told(self):
        self.assert_refused(self.translate(b"\x1f\x8b\x08\0rest\n", code=None), 3, "stdin", "gzip", "zcat")
        self.assert_refused(self.translate("a b\n".encode("utf-16"), code=None), 3, "stdin", "UTF-16", "iconv")
        result = self.translate(b"the cat\nthe \xff cat\n\xff\n")
        self.assertEqual(len(result.lines), 3)
        self.assertIn("stdin:2: not UTF-8", result.err)
        self.assertEqual(result.err.count("not UTF-8"), 1)


class LineForLine(TranslateTest):
    def test_order_is_kept(self):
        """Though sentences are sorted by length inside."""
        found = self.translate(lines(SOURCES)).lines
        self.assertEqual(len(found), len(UNSEEN))
        self.assertGreater(sum(line == target for line, (_, target) in zip(found, UNSEEN)), 90)
        self.assertEqual(self.translate(lines(reversed(SOURCES)), buffer=16).lines, found[::-1])

    def test_as_many_lines_out_as_in(self):
        translations = self.translate(lines(SOURCES[:5])).lines
        for count in (0, 1, 3, 4, 5):
            for text in {lines(SOURCES[:count]), lines(SOURCES[:count])[:-1]}:
                with self.subTest(count=count, final_newline=text.endswith("\n")):
                    self.assertEqual(self.translate(text, buffer=4).out.decode(), lines(translations[:count]))

    def test_at_the_edges_of_the_usual_buffer(self):
        for count in (4095, 4096, 4097):
            for end in ("", "\n"):
                with self.subTest(count=count, final_newline=end == "\n"):
                    text = "\n" * (count - 1) + "the cat" + end
                    self.assertEqual(self.translate(text).out.decode(), "\n" * (count - 1) + "la kato\n")

    def test_blank_lines_come_back_empty(self):
        blank = ["", " ", "\t \t", "\r", "\u00a0", "\u3000\u2003"]
        text = lines(["the cat", *blank, "the dog"])
        self.assertEqual(self.translate(text).lines, ["la kato", *[""] * len(blank), "la hundo"])
        for text in ("\n", "\ufeff\n", " ", lines(blank)):
            with self.subTest(text):
                self.assertEqual(self.translate(text).out, b"\n" * max(1, text.count("\n")))
        result = self.translate(lines(["", "the cat", " "]), with_score=True, n_best=2)
        self.assertEqual(result.lines[:2] + result.lines[4:], ["0.0000\t"] * 4)

    def test_carriage_returns_and_byte_order_mark_are_dropped(self):
        self.assertEqual(self.translate("\ufeffthe cat\r\n\r\nthe dog\r\n").lines, ["la kato", "", "la hundo"])
        self.assertEqual(self.translate("\ufeffthe cat\r").lines, ["la kato"])

    def test_only_line_feeds_end_lines(self):
        odd = ["the\u2028cat", "the\u2029cat", "the\x85cat", "the\x0bcat", "the\x0ccat", "the\rcat", "the\0cat"]
        self.assertEqual(len(self.translate(lines(odd)).out.decode().split("\n")), len(odd) + 1)

    def test_invalid_utf8_gives_a_line_too(self):
        result = self.translate(b"the \xff\xfe cat\n\xc3\nthe cat\n")
        self.assertEqual(result.out.decode().split("\n")[2:], ["la kato", ""])
        self.assertEqual(result.out.count(b"\n"), 3)


class SameBytes(TranslateTest):
    """A sentence's translations and scores, in company and alone."""

    COUNTS = (2, 3, 4, 5, 7, 8, 11, 12, 15, 16, 17, 31, 33, 64)

    def compare(self, **settings):
        sentences = SOURCES[:64]
        settings |= {"with_score": True, "n_best": settings["beam_size"]}
        alone = self.translate(lines(sentences), buffer=1, **settings).lines
        n_best = settings["n_best"]
        expected, text = [], []
        # Blank lines fill a read-ahead of 64 up, so that each has one batch of so many sentences.
        for count in self.COUNTS:
            text += sentences[64 - count:] + [""] * (64 - count)
            expected += alone[(64 - count) * n_best:] + ["0.0000\t"] * ((64 - count) * n_best)
        found = self.translate(lines(text), buffer=64, batch_tokens=100000, **settings).lines
        self.assertEqual(len(found), len(expected))
        self.assertEqual([pair for pair in zip(expected, found) if pair[0] != pair[1]], [])

    def test_with_every_number_of_neighbours(self):
        precisions = ["fp32", "bf16"]
        if self.translate("the cat\n", precision="int8", code=None).code == 0:  # not on every processor
            precisions.append("int8")
        for threads in (1, 2):
            for precision in precisions:
                for beam_size in (1, 4, 5):
                    with self.subTest(threads=threads, precision=precision, beam_size=beam_size):
                        self.compare(threads=threads, precision=precision, beam_size=beam_size)

    def test_with_any_number_of_threads_and_with_and_without_a_cache(self):
        text = lines(SOURCES + SOURCES[:20])
        expected = self.translate(text, with_score=True, threads=1, batch_tokens=200, cache=False).out
        for settings in ({"threads": 2}, {"threads": 3}, {"threads": 2, "cache": False}):
            with self.subTest(**settings):
                self.assertEqual(self.translate(text, with_score=True, batch_tokens=200, **settings).out, expected)

    def test_in_batches_of_every_size(self):
        """Where batch-tokens, not the read-ahead, says how many translate together."""
        settings = {"with_score": True, "n_best": 4}
        expected = self.translate(lines(SOURCES), buffer=1, **settings).out
        for sentence in (5, 70):
            found = self.translate(SOURCES[sentence], **settings).lines
            self.assertEqual(lines(found), lines(expected.decode().splitlines()[4 * sentence:4 * sentence + 4]))
        for batch_tokens in (150, 400):
            self.assertEqual(self.translate(lines(SOURCES), batch_tokens=batch_tokens, **settings).out, expected)


class Search(TranslateTest):
    def test_several_translations_in_decreasing_order(self):
        best = self.translate(lines(SOURCES[:20]), beam_size=5, with_score=True).lines
        found = self.translate(lines(SOURCES[:20]), beam_size=5, with_score=True, n_best=3).lines
        self.assertEqual(len(found), 60)
        self.assertEqual(found[::3], best)
        for line in found:
            self.assertRegex(line, r"^-\d+\.\d{4}\t[^\t]+$")
        for begin in range(0, 60, 3):
            scores = [float(line.split("\t")[0]) for line in found[begin:begin + 3]]
            self.assertEqual(scores, sorted(scores, reverse=True))
            self.assertEqual(len(set(found[begin:begin + 3])), 3)
        without = self.translate(lines(SOURCES[:20]), beam_size=5, n_best=3).lines
        self.assertEqual(without, [line.split("\t")[1] for line in found])

    def test_settings_reach_the_search(self):
        score = lambda **settings: self.translate(SOURCES[0], with_score=True, **settings).lines[0].split("\t")
        greedy, normalised = score(beam_size=1), score()
        plain = score(length_penalty=0)
        self.assertLess(float(plain[0]), float(normalised[0]))
        self.assertEqual(greedy[1], normalised[1])
        tokens = lambda **settings: int(re.search(r"tokens=(\d+)", self.translate(
            max(SOURCES, key=len), stats=True, **settings).err)[1])
        self.assertGreater(tokens(), 11)
        self.assertLessEqual(tokens(max_length_ratio=0.01), 11, "ten tokens and the end mark are always allowed")

    def test_wider_beam_finds_better(self):
        """Also where the ends of poor hypotheses fill the beam before a good one is complete."""
        total = lambda beam_size: sum(float(line.split("\t")[0]) for line in self.translate(
            lines(SOURCES), with_score=True, beam_size=beam_size, length_penalty=0).lines)
        self.assertGreaterEqual(total(5), total(1))


class Drawn(TranslateTest):
    HOT = {"sample": True, "temperature": 5}

    def test_seed_and_line_say_what_is_drawn(self):
        found = self.translate(lines(SOURCES[:20]), **self.HOT).lines
        self.assertEqual(self.translate(lines(SOURCES[:20]), **self.HOT).lines, found)
        self.assertEqual(self.translate(lines(SOURCES[19::-1]), buffer=3, **self.HOT).lines, found[::-1])
        other = self.translate(lines(SOURCES[:20]), seed=2, **self.HOT).lines
        self.assertGreater(sum(a != b for a, b in zip(found, other)), 10)
        self.assertGreater(sum(a != b for a, b in zip(found, self.translate(lines(SOURCES[:20])).lines)), 10)

    def test_several_without_a_wider_beam(self):
        found = self.translate(SOURCES[0], n_best=9, with_score=True, **self.HOT).lines
        self.assertEqual(len(found), 9)
        scores = [float(line.split("\t")[0]) for line in found]
        self.assertEqual(scores, sorted(scores, reverse=True))
        self.assertGreater(len(set(found)), 3)

    def test_from_the_best_token_alone(self):
        greedy = self.translate(lines(SOURCES[:9]), beam_size=1).lines
        self.assertEqual(self.translate(lines(SOURCES[:9]), top_k=1, **self.HOT).lines, greedy)
        self.assertEqual(self.translate(lines(SOURCES[:9]), top_p=0.01, sample=True).lines, greedy)


class Guided(TranslateTest):
    def test_penalties_reach_the_search(self):
        source = "the cat sees the cat"
        self.assertEqual(self.translate(source).lines[0].split().count("kato"), 2)
        tokens = lambda **changes: json.loads(self.translate(source, json=True, **changes).out)["translations"][0]["tokens"]
        self.assertLess(len(set(tokens())), len(tokens()))
        once = tokens(no_repeat_ngram=1)
        self.assertEqual(len(set(once)), len(once))
        self.assertNotEqual(tokens(repetition_penalty=50), tokens())

    def test_prefix(self):
        self.write("prefix", "un\n\nla hundo\n")
        found = self.translate("the cat\nthe cat\nthe cat\n", prefix="prefix").lines
        self.assertTrue(found[0].startswith("un "), found)
        self.assertEqual(found[1], "la kato")
        self.assertTrue(found[2].startswith("la hundo"), found)
        for count, part in ((2, "ends after line 3"), (0, "has more lines than stdin")):
            self.assertIn(part, self.translate("the cat\n" * (2 + count), code=3, prefix="prefix").err)

    def test_prefix_that_the_vocabulary_cannot_write(self):
        self.write("prefix", "\nla \u4e00\n\u4e00 \u4e01\n")
        for changes in ({}, {"replace_unk": True}):
            found = self.translate("the cat\nthe cat\nthe cat\n", prefix="prefix", **changes)
            self.assertTrue(found.lines[1].startswith("la \u4e00"), found.lines)
            self.assertTrue(found.lines[2].startswith("\u4e00 \u4e01"), found.lines)
            self.assertEqual(found.err.count("letters that the model does not know"), 1)
            self.assertIn("prefix:2:", found.err)

    def test_unknown_tokens_are_seen_in_the_text(self):
        found = json.loads(self.translate("the cat\n", sample=True, temperature=100, n_best=100, json=True,
                                          allow_unk=True).out)["translations"]
        self.assertTrue(any("<unk>" in one["tokens"] for one in found))
        for one in found:
            self.assertEqual(one["tokens"].count("<unk>"), one["text"].count("\u2047"))

    def test_unknown_tokens_become_source_words(self):
        """The model was never shown any; by chance alone each token comes some time."""
        drawn = {"sample": True, "temperature": 100, "n_best": 100, "json": True}
        plain, replaced = (json.loads(self.translate("the cat\n", **drawn, **changes).out)["translations"]
                           for changes in ({"allow_unk": True}, {"replace_unk": True}))
        gaps = 0
        for without, with_words in zip(plain, replaced):
            self.assertEqual(without["tokens"], with_words["tokens"])
            if "<unk>" not in without["tokens"]:
                self.assertEqual(without["text"], with_words["text"])
                continue
            gaps += 1
            self.assertNotEqual(without["text"], with_words["text"])
            self.assertRegex(with_words["text"], "the|cat")
        self.assertGreater(gaps, 5)

    def test_glossary(self):
        self.write("terms", "dog\tbirdo\ncat\tkato\n")
        text = "the red dog sees the cat\nthe house\nthe doghouse\n"
        found = self.translate(text, glossary="terms").lines
        self.assertIn("birdo", found[0].split())
        self.assertIn("kato", found[0].split())
        self.assertEqual(found[1:], self.translate(text).lines[1:])
        self.write("odd", "dog\t\u4e00\n")
        odd = self.translate(text, glossary="odd")
        self.assertIn("cannot be written with the model's vocabulary", odd.err)
        self.assertEqual(odd.lines, self.translate(text).lines)
        self.write("bad", "dog birdo\n")
        self.assert_refused(self.translate(text, glossary="bad", code=None), 3, "bad:1", "one tab")
        self.assert_refused(self.translate(text, glossary="terms", sample=True, code=None), 2, "--glossary guides a search")

    def test_scores_of_given_translations(self):
        found = [line.split("\t") for line in self.translate(lines(SOURCES[:20]), with_score=True).lines]
        self.write("given", lines(text for _, text in found))
        given = [line.split("\t") for line in
                 self.translate(lines(SOURCES[:20]), score_ref="given").lines]
        self.assertEqual([text for _, text in given], [text for _, text in found])
        for (a, _), (b, _) in zip(found, given):
            self.assertAlmostEqual(float(a), float(b), delta=2e-4)
        self.write("wrong", lines(text for _, text in found[::-1]))
        wrong = [float(line.split("\t")[0]) for line in
                 self.translate(lines(SOURCES[:20]), score_ref="wrong", with_score=True).lines]
        self.assertGreater(sum(w < float(g) for w, (g, _) in zip(wrong, given)), 15)

    def test_word_scores_and_json(self):
        plain = self.translate(lines(SOURCES[:5]), with_score=True, length_penalty=0).lines
        for line, worded in zip(plain, self.translate(lines(SOURCES[:5]), word_scores=True, length_penalty=0).lines):
            score, text = line.split("\t")
            found_text, words = worded.split("\t")
            words = [word.rsplit(":", 1) for word in words.split(" ")]
            self.assertEqual((found_text, [word for word, _ in words]), (text, [*text.split(), "</s>"]))
            self.assertAlmostEqual(sum(float(value) for _, value in words), float(score), delta=2e-3)
        records = [json.loads(line) for line in
                   self.translate(lines([*SOURCES[:5], ""]), json=True, n_best=2, length_penalty=0).lines]
        self.assertEqual([record["source"] for record in records], [*SOURCES[:5], ""])
        for line, record in zip(plain, records):
            best = record["translations"][0]
            self.assertEqual(f"{best['score']:.4f}\t{best['text']}", line)
            self.assertEqual(best["flags"], [])
            self.assertEqual(len(record["translations"]), 2)

    def test_attention_and_alignment(self):
        found = [line.split("\t") for line in
                 self.translate(lines(["the red cat", "", "the dog"]), alignment="hard", attention="maps").lines]
        self.assertEqual([line[0] for line in found], ["la kato rugo", "", "la hundo"])
        self.assertEqual(found[1][1:], [""])
        self.assertEqual([line[1] for line in found], ["0-0 2-1 1-2", "", "0-0 1-1"])
        self.assertEqual(sorted(path.name for path in (self.folder / "maps").iterdir()),
                         ["00001.json", "00001.svg", "00003.json", "00003.svg"])
        record = json.loads((self.folder / "maps/00003.json").read_text())
        self.assertEqual(record["source"][-1], "</s>")
        self.assertEqual(len(record["mean"]), len(record["target"]))
        ElementTree.fromstring((self.folder / "maps/00001.svg").read_text())
        self.translate("the cat\nthe dog\n", attention="page.html")
        self.assertEqual((self.folder / "page.html").read_text().count("<h2>"), 2)
        numbers = self.translate("\n".join(["the cat"] * 70), attention="all.json", buffer=1)
        self.assertEqual(len(numbers.lines), 70)
        self.assertEqual([json.loads(line)["line"] for line in (self.folder / "all.json").read_text().splitlines()],
                         list(range(1, 71)))
        record = json.loads(self.translate("the red cat", alignment="soft", json=True).out)["translations"][0]
        self.assertGreaterEqual(len(record["alignment"]), 3)
        soft = self.translate("the red cat", alignment="soft").lines[0].split("\t")[1]
        self.assertRegex(soft, r"^\d-\d:\d\.\d\d( \d-\d:\d\.\d\d)*$")

    def test_ensemble(self):
        """Of a model with itself it is the model; one of another vocabulary is refused, one of the same is welcome."""
        text = lines(SOURCES[:20])
        alone, twice = (self.translate(text, model=models, with_score=True).lines for models in (MODEL, [MODEL, MODEL]))
        self.assertEqual([line.split("\t")[1] for line in alone], [line.split("\t")[1] for line in twice])
        for a, b in zip(alone, twice):
            self.assertAlmostEqual(float(a.split("\t")[0]), float(b.split("\t")[0]), delta=2e-4)
        write_pairs(self.folder, toy_pairs(200))
        self.train(vocab_size=60, max_updates=1)
        self.assert_refused(self.translate(text, model=[MODEL, self.folder / "m"], code=None), 2, "vocabularies")
        self.train(model="same", vocab=MODEL, max_updates=1)
        self.assertNotEqual(self.translate(text, model=[MODEL, "same"]).lines, alone)

    def test_shortlist(self):
        """Tokens that do not belong to the words of a line cannot come, those that do translate it."""
        found = self.translate(lines(SOURCES), shortlist=True).lines
        self.assertGreater(sum(line == target for line, (_, target) in zip(found, UNSEEN)), 90)
        words = {word for source, _ in PAIRS for word in source.split()}
        scores = [self.translate(lines(sorted(words)), with_score=True, **more).lines for more in ({}, {"shortlist": True})]
        self.assertNotEqual(*scores)
        write_pairs(self.folder, toy_pairs(200))
        self.train(max_updates=1, shortlist=0)
        self.assert_refused(self.translate("the cat\n", model="m", shortlist=True, code=None), 2,
                            "no lexical shortlist", "leave --shortlist out")

    def test_fastest_number_type(self):
        found = self.translate(lines(SOURCES), precision="auto", with_score=True)
        chosen = re.search("--precision auto chose (fp32|bf16|int8): ", found.err)[1]
        self.assertEqual(found.out, self.translate(lines(SOURCES), precision=chosen, with_score=True).out)

    def test_contradictions(self):
        self.write("text", "la kato\n")
        for changes, part in (({"json": True, "with_score": True}, "--json holds all scores"),
                              ({"score_ref": "text", "n_best": 2}, "--score-ref translates nothing"),
                              ({"score_ref": "text", "sample": True}, "--score-ref translates nothing"),
                              ({"score_ref": "text", "replace_unk": True}, "--score-ref translates nothing"),
                              ({"model": [MODEL, MODEL], "replace_unk": True}, "one model only"),
                              ({"model": [MODEL, MODEL], "alignment": "hard"}, "one model only"),
                              ({"score_ref": "text", "no_repeat_ngram": 2}, "--score-ref translates nothing"),
                              ({"score_ref": "text", "shortlist": True}, "--score-ref translates nothing"),
                              ({"prefix": "-"}, "stdin can be read once"),
                              ({"glossary": "-"}, "stdin can be read once"),
                              ({"attention": "a.json", "output": "a.json"}, "same file"),
                              ({"alignment": "hard", "n_best": 2}, "--alignment is of the best"),
                              ({"temperature": 0}, "leave --sample out"), ({"temperature": 2}, "say --sample"),
                              ({"seed": 2}, "say --sample"), ({"sample": True, "beam_size": 2}, "without a beam"),
                              ({"top_k": 5}, "say --sample"), ({"top_p": 0.5}, "say --sample"),
                              ({"top_p": 0}, "top-p"), ({"top_k": -1}, "top-k"), ({"no_repeat_ngram": -1}, "ngram"),
                              ({"repetition_penalty": 0}, "repetition-penalty")):
            with self.subTest(**changes):
                self.assert_refused(self.translate("the cat\n", code=None, **changes), 2, part)


class LongLines(TranslateTest):
    def test_are_cut_with_a_warning_that_names_them(self):
        long = "the red cat sees the blue dog the big bird likes the old house"
        text = lines(["the cat", long, "the dog", "", long + " likes a new car", "a car"])
        for settings in ({}, {"buffer": 2}):
            result = self.translate(text, max_length=16, **settings)
            self.assertEqual(re.findall(r"^warning: stdin:(\d+): longer than 16 pieces and was cut", result.err, re.M),
                             ["2", "5"])
            self.assertEqual(result.lines[0::2][:2] + result.lines[3:4] + result.lines[5:],
                             ["la kato", "la hundo", "", "un auto"])
            self.assertEqual(result.lines[1], result.lines[4], "what is cut off does not count")
        self.assertEqual(self.translate(text).err, "")

    def test_of_a_file_are_named_with_it(self):
        self.write("text", lines(["the cat", "the red cat sees the blue dog"]))
        running = self.start(input="text", max_length=4)
        self.assertEqual(len(running.process.stdout.read().splitlines()), 2)
        self.assertEqual(running.wait(), 0)
        self.assertIn("warning: text:2: longer than 4 pieces", running.err)


    def test_where_positions_end_before_the_limit(self):
        write_pairs(self.folder, PAIRS[:300])
        self.train(positions="learned", max_positions=11, max_length=10, max_updates=2, valid_every=2)
        model = self.folder / "m"
        result = self.translate(lines(["the cat", "the red cat sees the blue dog " * 2]), model=model)
        self.assertIn("warning: stdin:2: longer than 10 pieces and was cut (the model's positions end there)", result.err)
        self.write("prefix", "\n" + "la kato rugo vidas la hundo bluo " * 2 + "\n")
        self.assert_refused(self.translate("the cat\nthe cat\n", model=model, prefix="prefix", code=None), 3,
                            "the prefix in line 2 has", "this model can take 10")


class Interactive(TranslateTest):
    def answer(self, running, line):
        running.process.stdin.write(line.encode())
        running.process.stdin.flush()
        ready, _, _ = select.select([running.process.stdout], [], [], PATIENCE)
        self.assertTrue(ready, "no answer: " + running.err)
        return running.process.stdout.readline().decode()

    def test_each_line_is_answered_at_once(self):
        running = self.start(interactive=True, stdin=subprocess.PIPE)
        for line, answer in (("the cat\n", "la kato\n"), ("\n", "\n"), ("a red car\n", "un auto rugo\n")):
            self.assertEqual(self.answer(running, line), answer)
        running.process.stdin.close()
        self.assertEqual(running.wait(), 0)
        self.assertEqual(running.process.stdout.read(), b"")
        self.assertEqual(running.err, "")

    def test_is_stopped_while_it_waits(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            running = self.start(interactive=True, stdin=subprocess.PIPE)
            self.assertEqual(self.answer(running, "the cat\n"), "la kato\n")
            running.signal(number)
            self.assertEqual(running.wait(), 128 + number, running.err)
            self.assertEqual(running.err, "")


class Stats(TranslateTest):
    LINE = (r"stats: lines=(\d+) tokens=(\d+) cut_lines=(\d+) bad_utf8_lines=(\d+) seconds=(\d+\.\d+) "
            r"tokens_per_second=(\d+\.\d+) peak_rss_mb=(\d+\.\d+)\n")

    def test_one_line_on_stderr(self):
        text = lines(["", *SOURCES[:30], " "])
        result = self.translate(text, stats=True)
        found = re.fullmatch(self.LINE, result.err)
        self.assertTrue(found, result.err)
        sentences, tokens, *troubles = map(int, found.groups()[:4])
        seconds, speed, memory = map(float, found.groups()[4:])
        self.assertEqual((sentences, troubles), (32, [0, 0]))
        self.assertGreater(tokens, sum(len(target.split()) + 1 for _, target in UNSEEN[:30]) - 1)
        self.assertLess(tokens, sum(len(target) + 2 for _, target in UNSEEN[:30]))
        self.assertAlmostEqual(speed, tokens / seconds, delta=speed * 0.1)
        self.assertTrue(30 < memory < 4000, memory)
        self.assertEqual(result.out, self.translate(text).out)
        self.assertEqual(self.translate(text).err, "")

    def test_count_trouble_over_all_that_is_read_ahead(self):
        text = (b"the red cat sees the blue dog the big bird likes the old house\n" + b"the \xff cat\nthe cat\n") * 3
        result = self.translate(text, stats=True, max_length=16, buffer=4)
        self.assertEqual(re.search(self.LINE, result.err).groups()[2:4], ("3", "3"))

    def test_of_nothing(self):
        found = re.fullmatch(self.LINE, self.translate(stats=True).err)
        self.assertEqual(found.groups()[:4], ("0", "0", "0", "0"))


class Files(TranslateTest):
    def run_files(self, *words, **settings):
        return self.run_program("translate", *words, **({"model": MODEL} | settings))

    def test_from_file_to_file(self):
        self.write("text", lines(SOURCES[:9]))
        result = self.run_files("--input", "text", "--output", "out")
        self.assertEqual(result.out, b"")
        self.assertEqual((self.folder / "out").read_bytes(), self.translate(lines(SOURCES[:9])).out)
        self.run_files("-i", "text", "-o", "out")
        self.assertEqual(temporaries(self.folder), [])

    def test_what_is_read_is_not_written_over(self):
        self.write("text", lines(SOURCES[:9]))
        os.symlink("text", self.folder / "link")
        for flag in ("--input", "--prefix", "--score-ref", "--glossary"):
            refused = self.run_files(flag, "text", "--output", "link", code=None)
            self.assert_refused(refused, 2, f"--output names the same file as {flag}: link")
        self.assertEqual((self.folder / "text").read_bytes(), lines(SOURCES[:9]).encode())

    def test_from_an_empty_file_comes_an_empty_file(self):
        self.write("text", "")
        self.run_files("--input", "text", "--output", "out")
        self.assertEqual((self.folder / "out").read_bytes(), b"")

    def test_output_appears_only_complete(self):
        """Stopped while it waits for more, and in the midst of work."""
        self.write("kept", "from before\n")
        self.write("text", lines(SOURCES) * 400)
        for output in ("out", "kept"):
            for source in ({"stdin": subprocess.PIPE}, {"input": "text"}):
                with self.subTest(output=output, source=list(source)):
                    running = self.start(output=output, buffer=1, **source)
                    if running.process.stdin:
                        running.process.stdin.write(lines(SOURCES[:3]).encode())
                        running.process.stdin.flush()
                    begun = lambda: any(path.stat().st_size > 0 for path in self.folder.glob(".*.tmp-*"))
                    self.assertTrue(running.wait_until(lambda: temporaries(self.folder) and
                                                       (begun() or running.process.stdin)), running.err)
                    self.assertFalse((self.folder / "out").exists())
                    running.signal(signal.SIGTERM)
                    self.assertEqual(running.wait(), 143, running.err)
                    self.assertFalse((self.folder / "out").exists())
                    self.assertEqual((self.folder / "kept").read_text(), "from before\n")
                    self.assertEqual(temporaries(self.folder), [])

    def test_is_stopped_amid_what_it_has_read_ahead(self):
        """Minutes of work: what sends SIGTERM waits for seconds only, then kills and leaves a temporary."""
        self.write("text", lines(SOURCES) * 2000)
        running = self.start(input="text", output="out", buffer=200_000, batch_tokens=20, cache=False)
        self.assertTrue(running.wait_until(lambda: temporaries(self.folder)), running.err)
        time.sleep(1)
        running.signal(signal.SIGTERM)
        self.assertEqual(running.process.wait(15), 143)
        self.assertEqual((temporaries(self.folder), (self.folder / "out").exists()), ([], False))

    def test_output_that_a_disk_has_no_room_for_leaves_what_was_there(self):
        """Noticed amid the work, or only at its end, when what was gathered is written."""
        self.write("kept", "from before\n")
        self.write("few", lines(SOURCES))
        self.write("many", lines(SOURCES) * 100)
        for text in ("few", "many"):
            for output in ("out", "kept"):
                with self.subTest(text=text, output=output):
                    result = self.run_files("--input", text, "--output", output, code=None,
                                            before=limit_file_size(1000))
                    self.assert_refused(result, 3, f"cannot write {output}", "File too large")
                    self.assertFalse((self.folder / "out").exists())
                    self.assertEqual((self.folder / "kept").read_text(), "from before\n")
                    self.assertEqual(temporaries(self.folder), [])

    def test_killed_amid_its_output_it_leaves_what_was_there(self):
        """And the same command gives all of it."""
        self.write("text", lines(SOURCES) * 400)
        expected = self.translate(lines(SOURCES)).out * 400
        for before in (None, "from before\n"):
            with self.subTest(before=before):
                out = self.folder / "out"
                out.unlink(missing_ok=True)
                if before:
                    self.write("out", before)
                running = self.start(input="text", output="out", buffer=10)
                self.assertTrue(running.wait_until(lambda: any(path.stat().st_size > 0
                                                               for path in self.folder.glob(".*.tmp-*"))), running.err)
                running.signal(signal.SIGKILL)
                self.assertEqual(running.wait(), -signal.SIGKILL, running.err)
                self.assertEqual(out.read_text() if out.exists() else None, before)
                self.run_files("--input", "text", "--output", "out")
                self.assertEqual(out.read_bytes(), expected)

    def test_output_to_devices_and_pipes(self):
        self.assertEqual(self.translate("the cat\n", output="/dev/null").out, b"")
        self.assertTrue(Path("/dev/null").is_char_device())
        self.assertEqual(self.translate("the cat\n", output="/dev/stdout").out, b"la kato\n")
        os.mkfifo(self.folder / "pipe")
        self.write("text", "the cat\n")
        running = self.start(input="text", output="pipe")
        self.assertEqual((self.folder / "pipe").read_text(), "la kato\n")
        self.assertEqual(running.wait(), 0, running.err)
        self.assertTrue((self.folder / "pipe").is_fifo())

    def test_full_disk(self):
        self.write("few", "the cat\n")
        self.write("many", lines(SOURCES) * 10)
        for text in ("few", "many"):
            result = self.run_files("--input", text, "--output", "/dev/full", code=None)
            self.assert_refused(result, 3, "cannot write the translations to /dev/full", "the disk full")
            with open("/dev/full", "wb") as full:
                running = self.start(input=text, stdout=full)
            self.assertEqual(running.wait(), 3)
            self.assertIn("error: cannot write the translations to stdout", running.err)

    def test_closed_pipe_ends_quietly(self):
        self.write("text", lines(SOURCES) * 20)
        running = self.start(input="text", buffer=16)
        self.assertEqual(running.process.stdout.readline().decode().rstrip("\n"), UNSEEN[0][1])
        running.process.stdout.close()
        self.assertEqual(running.wait(), 141)
        self.assertEqual(running.err, "")

    def test_bad_places(self):
        self.write("secret", "the cat\n")
        (self.folder / "secret").chmod(0)
        (self.folder / "closed").mkdir(mode=0o555)
        for words, parts in (
                (("--input", "none"), ("none",)),
                (("--input", self.folder), (self.folder, "is a directory")),
                (("--input", "secret"), ("secret",)),
                (("--output", "none/out"), ("none/out", "No such file")),
                (("--output", "closed/out"), ("closed/out", "Permission denied")),
                (("--output", self.folder), (self.folder, "not a regular file"))):
            with self.subTest(words):
                result = self.run_files(*words, code=None, before=drop_privileges)
                self.assert_refused(result, 3, *parts)


class SkipDone(TranslateTest):
    DONE = "--skip-done: out is finished already (out.done.json)"

    def setUp(self):
        super().setUp()
        self.write("text", lines(SOURCES[:9]))
        self.settings = {"input": "text", "output": "out", "skip_done": True, "max_length": 500}
        self.assertFalse(self.is_skipped())
        self.output = (self.folder / "out").read_bytes()

    def run_files(self, code=0, **changes):
        return self.run_program("translate", *flags({"model": MODEL} | self.settings | changes), code=code)

    def is_skipped(self, **changes):
        """Whether there was nothing to do; if there was, that it is done then."""
        before = contents(self.folder)
        skipped = self.DONE in self.run_files(**changes).err
        if skipped:
            self.assertEqual(contents(self.folder), before)
        else:
            self.assertIn(self.DONE, self.run_files(**changes).err)
        return skipped

    def test_skips_what_is_the_same(self):
        self.assertEqual(self.output, self.translate(lines(SOURCES[:9])).out)
        self.assertEqual(json.loads((self.folder / "out.done.json").read_text())["lines"], 9)
        (self.folder / "text").rename(self.folder / "moved")
        shutil.copy(MODEL / "best.safetensors", self.folder / "copy")
        for changes in ({}, {"input": "moved"}, {"model": "copy"}, {"threads": 2, "buffer": 3, "batch_tokens": 100,
                                                                     "cache": False, "stats": True, "verify": False}):
            with self.subTest(**changes):
                self.assertTrue(self.is_skipped(**({"input": "moved"} | changes)))

    def test_translates_anew_what_is_not(self):
        shutil.copy(MODEL / "best.safetensors", self.folder / "other")
        rewrite_metadata(self.folder / "other", changed="yes")
        self.write("terms", "dog\tbirdo\n")
        self.write("prefix", "\n" * 9)
        for changes in ({"model": "other"}, {"beam_size": 2}, {"with_score": True}, {"length_penalty": 0.5},
                        {"precision": "bf16"}, {"max_length": 12}, {"glossary": "terms"}, {"prefix": "prefix"},
                        {"shortlist": True}, {"sample": True}, {"sample": True, "seed": 2}):
            with self.subTest(**changes):
                self.assertFalse(self.is_skipped(**changes))
        self.settings["glossary"] = "terms"
        self.assertFalse(self.is_skipped())
        self.write("terms", "dog\tkato\n")
        self.assertFalse(self.is_skipped())
        self.write("text", lines(SOURCES[1:10]))
        self.assertFalse(self.is_skipped())
        self.assertEqual((self.folder / "out").read_bytes().count(b"\n"), 9)

    def test_output_that_is_not_what_was_finished(self):
        for damage in (lambda path: path.unlink(), lambda path: path.write_bytes(self.output[:-1]),
                       lambda path: path.write_bytes(b"x" + self.output[1:]),
                       lambda path: path.with_name("out.done.json").unlink(),
                       lambda path: path.with_name("out.done.json").write_text("{"),
                       lambda path: path.with_name("out.done.json").write_text("[]")):
            damage(self.folder / "out")
            self.assertFalse(self.is_skipped())
            self.assertEqual((self.folder / "out").read_bytes(), self.output)

    def test_is_written_when_the_output_is(self):
        """A run that fails or is stopped leaves neither, one without --skip-done none."""
        for name in ("out", "out.done.json"):
            (self.folder / name).unlink()
        self.write("few", "\n")
        self.run_files(code=3, prefix="few")
        self.write("text", lines(SOURCES) * 400)
        running = self.start(**self.settings, buffer=1)
        self.assertTrue(running.wait_until(lambda: temporaries(self.folder)), running.err)
        running.signal(signal.SIGTERM)
        self.assertEqual(running.wait(), 143, running.err)
        self.write("text", lines(SOURCES[:9]))
        self.assertEqual([path.name for path in self.folder.glob("*out*")] + temporaries(self.folder), [])
        self.run_files(skip_done=None)
        self.assertEqual([path.name for path in self.folder.glob("*out*")], ["out"])

    def test_needs_files(self):
        for changes, part in (({"input": "-"}, "name them"), ({"output": "-"}, "name them"),
                              ({"prefix": "-"}, "leave - out"), ({"output": "text"}, "another file"),
                              ({"attention": "page.html"}, "--attention left out")):
            with self.subTest(**changes):
                self.assert_refused(self.run_files(code=None, **changes), 2, "--skip-done", part)


class BadModels(TranslateTest):
    def setUp(self):
        super().setUp()
        self.file = self.folder / "copy.safetensors"
        shutil.copy(MODEL / "best.safetensors", self.file)
        self.data = self.file.read_bytes()

    def assert_no_model(self, *parts, model="copy.safetensors", **settings):
        self.assert_refused(self.translate("the cat\n", code=None, model=model, **settings), 4, model, *parts)

    def test_missing(self):
        self.assert_no_model("no such model", model="none")
        (self.folder / "empty").mkdir()
        self.assert_no_model("no best.safetensors or last.safetensors", "seq2seq-train", model="empty")

    def test_what_stands_in(self):
        """A file, a directory without a best checkpoint, one named by a relative path."""
        self.assertEqual(self.translate("the cat\n", model="copy.safetensors").lines, ["la kato"])
        (self.folder / "young").mkdir()
        shutil.copy(MODEL / "last.safetensors", self.folder / "young")
        self.assertEqual(self.translate("the cat\n", model="young").lines, ["la kato"])

    def test_unreadable(self):
        self.file.chmod(0)
        self.addCleanup(self.file.chmod, 0o600)
        result = self.run_program("translate", model="copy.safetensors", code=None, before=drop_privileges)
        self.assert_refused(result, 4, "copy.safetensors", "ermission denied")

    def test_truncated(self):
        header = 8 + int.from_bytes(self.data[:8], "little")
        for length in (0, 7, 8, header // 2, header, header + 1, len(self.data) // 2, len(self.data) - 1):
            with self.subTest(length=length):
                self.file.write_bytes(self.data[:length])
                self.assert_no_model()
        self.file.write_bytes(self.data + b"\0")
        self.assert_no_model()

    def test_flipped_bytes(self):
        header = 8 + int.from_bytes(self.data[:8], "little")
        places = (0, 7, 9, header // 3, header - 40, header, (header + len(self.data)) // 2, len(self.data) - 1)
        for place in places:
            for mask in (0x01, 0x80):
                with self.subTest(place=place, mask=mask):
                    damaged = bytearray(self.data)
                    damaged[place] ^= mask
                    self.file.write_bytes(damaged)
                    self.assert_no_model()

    def test_files_of_other_kinds(self):
        for name, content in (("text", b"the cat\n" * 100), ("archive", b"PK\x03\x04" + bytes(4000)),
                              ("zeros", bytes(4000))):
            with self.subTest(name):
                self.file.write_bytes(content)
                self.assert_no_model()

    def test_models_of_other_kinds(self):
        rewrite_metadata(self.file)
        self.assertEqual(self.translate("the cat\n", model="copy.safetensors").lines, ["la kato"])
        for changes, parts in (
                ({"kind": "attention-gan"}, ("kind 'attention-gan'", "not a translation model", "`sample`")),
                ({"kind": "other"}, ("kind 'other'", "not a translation model")),
                ({"format": "pt"}, ("not a heed model",)),
                ({"format_version": "2"}, ("format version '2'", "reads version 1", "newer")),
                ({"options": "[]"}, ("options",)),
                ({"options": "{"}, ("options",))):
            with self.subTest(**changes):
                self.file.write_bytes(self.data)
                rewrite_metadata(self.file, **changes)
                self.assert_no_model(*parts)

    def test_options_that_do_not_fit_the_weights(self):
        """Neither is more memory asked for than the file has numbers."""
        options = read_safetensors(self.file)[0]["options"]
        for old, new in (('"dim":64', '"dim":1000000'), ('"dim":64', '"dim":32'), ('"heads":2', '"heads":5'),
                         ('"enc-layers":1', '"enc-layers":100000000'), ('"heads":2', '"heads":"two"')):
            with self.subTest(new):
                self.assertIn(old, options)
                self.file.write_bytes(self.data)
                rewrite_metadata(self.file, options=options.replace(old, new))
                self.assert_no_model()


class Flags(TranslateTest):
    def test_wrong_ones(self):
        for changes, parts in (
                ({"n_best": 5}, ("n-best", "--beam-size")),
                ({"n_best": 2, "beam_size": 1}, ("n-best", "--beam-size")),
                ({"n_best": 0}, ("n-best",)),
                ({"beam_size": 0}, ("beam-size",)),
                ({"buffer": 0}, ("buffer",)),
                ({"max_length": 0}, ("max-length",)),
                ({"batch_tokens": 0}, ("batch-tokens",)),
                ({"length_penalty": "nan"}, ("--length-penalty", "nan")),
                ({"precision": "fp16"}, ("--precision", "fp32", "bf16", "int8")),
                ({"device": "gpu"}, ("--device", "auto, cpu or cuda:N")),
                ({"model": None}, ("--model",)),
                ({"beem_size": 4}, ("unknown flag --beem-size", "did you mean --beam-size?"))):
            with self.subTest(**changes):
                self.assert_refused(self.translate("the cat\n", code=None, **changes), 2, *parts)

    def test_settings_file(self):
        self.write("settings.toml", self.translate(dump_config=True, beam_size=5, n_best=3, with_score=True).out)
        found = self.run_program("translate", config="settings.toml", input="the cat\n")
        self.assertEqual(found.out, self.translate("the cat\n", beam_size=5, n_best=3, with_score=True).out)
        self.assertEqual(len(self.run_program("translate", "--n-best", 2, config="settings.toml",
                                              input="the cat\n").lines), 2)
        self.write("bad.toml", "beam-size = 5\nbeams = 5\n")
        self.assert_refused(self.translate(code=None, config="bad.toml"), 2, "bad.toml:2: unknown key 'beams'")


if __name__ == "__main__":
    unittest.main()
