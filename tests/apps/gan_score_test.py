"""gan-score: what the scores tell apart, the protocol beside them, the kept features, and input that is wrong."""
import array
import importlib.util
import json
import random
import re
import shutil
import struct
import subprocess
import tarfile
import tempfile
import unittest
import zlib
from pathlib import Path

from common import BIN, ProgramTest, contents, temporaries

LINE = re.compile(r"(\S+) +(-?[0-9.]+)(?: \+- ([0-9.]+))? +\((.*)\)")
SCRIPT = Path(__file__).resolve().parents[2] / "data/inception_to_safetensors.py"


def write_png(path, width, height, pixels, channels=3):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    row = width * channels
    kind = {1: 0, 3: 2, 4: 6}[channels]
    lines = b"".join(b"\0" + pixels[y * row:(y + 1) * row] for y in range(height))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0)) +
                     chunk(b"IDAT", zlib.compress(lines, 1)) + chunk(b"IEND", b""))


def write_noise(folder, count, side=32, seed=1, channels=3):
    draw = random.Random(seed)
    for number in range(count):
        write_png(folder / f"{number:04}.png", side, side, draw.randbytes(side * side * channels), channels)


def inception_shapes():
    spec = importlib.util.spec_from_file_location("inception_to_safetensors", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.expected_shapes()


def write_inception(path, shapes):
    """Small random weights; batch normalisation that changes little."""
    pattern = random.Random(4)
    noise = array.array("f", [pattern.uniform(-0.1, 0.1) for _ in range(4099)]).tobytes()
    header, parts, offset = {}, [], 0
    for name, shape in sorted(shapes.items()):
        size = 4
        for side in shape:
            size *= side
        one = name.endswith(("running_var", "bn.weight"))
        parts.append(struct.pack("<f", 1) * (size // 4) if one else (noise * (size // len(noise) + 1))[:size])
        header[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [offset, offset + size]}
        offset += size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(parts))


def setUpModule():
    """For all tests, which read them only: demo pictures of two seeds, 600 each, noise, and a model hardly trained."""
    global PLACE
    folder = tempfile.TemporaryDirectory(prefix="heed-test-")
    unittest.addModuleCleanup(folder.cleanup)
    PLACE = Path(folder.name).resolve()
    for name, seed in (("one", 1), ("two", 2)):
        subprocess.run([BIN / "make_demo_data", "images", "--count", "600", "--seed", str(seed), PLACE / name],
                       check=True, capture_output=True)
    write_noise(PLACE / "noise", 520)
    subprocess.run([BIN / "gan-train", "--data", PLACE / "one", "--model", PLACE / "model", "--cond", "--max-updates",
                    "2", "--batch", "8", "--g-width", "8", "--d-width", "8", "--threads", "1"],
                   check=True, capture_output=True)


class GanScoreTest(ProgramTest):
    def path(self, name):
        return PLACE / name

    def score(self, data="two", ref="one", code=0, **settings):
        words = {"data": data and self.path(data), "ref": ref and self.path(ref)}
        return self.run_program("gan-score", code=code, **(words | settings))

    def numbers(self, result):
        """name -> (value, deviation, protocol)."""
        found = {}
        for line in result.lines:
            match = LINE.fullmatch(line)
            self.assertTrue(match, line)
            name, value, deviation, protocol = match.groups()
            found[name] = (float(value), float(deviation) if deviation else None, protocol)
        return found


class Scores(GanScoreTest):
    def test_other_pictures_are_farther_than_pictures_of_one_kind(self):
        alike = self.numbers(self.score())
        self.assertEqual(list(alike), ["rfid", "rkid", "rprecision", "rrecall"])
        unlike = self.numbers(self.score(data="noise"))
        self.assertLess(abs(alike["rkid"][0]), 4 * alike["rkid"][1])
        self.assertGreater(unlike["rkid"][0], 10 * unlike["rkid"][1])
        self.assertGreater(unlike["rfid"][0], 20 * alike["rfid"][0])
        self.assertGreater(min(alike["rprecision"][0], alike["rrecall"][0]), 0.7)
        self.assertEqual((unlike["rprecision"][0], unlike["rrecall"][0]), (0, 0))

    def test_one_picture_again_and_again_is_good_but_not_varied(self):
        picture = sorted(self.path("one").rglob("*.png"))[100]
        (self.folder / "copies").mkdir()
        for number in range(20):
            shutil.copy(picture, self.folder / "copies" / f"{number}.png")
        found = self.numbers(self.score(data=self.folder / "copies", metrics="pr"))
        self.assertEqual(found["rprecision"][0], 1)
        self.assertLess(found["rrecall"][0], 0.05)

    def test_a_folder_against_itself(self):
        result = self.score(data="one")
        found = self.numbers(result)
        self.assertIn("warning: --data and --ref hold the same pictures", result.err)
        self.assertLess(abs(found["rfid"][0]), 0.001)
        self.assertLessEqual(found["rkid"][0], 0)
        self.assertEqual((found["rprecision"][0], found["rrecall"][0]), (1, 1))

    def test_the_protocol_is_beside_every_number(self):
        for name, (_, deviation, protocol) in self.numbers(self.score(seed=3)).items():
            for part in ("random features v1, 512 wide", "600 pictures against 600", "32x32 colour", "center-crop",
                         "seed 3"):
                self.assertIn(part, protocol, name)
            self.assertEqual(deviation is not None, name == "rkid")
            method = {"rfid": "covariance by N - 1", "rprecision": "3 nearest neighbours",
                      "rrecall": "3 nearest neighbours",
                      "rkid": "cubic kernel, unbiased, whole sets, deviation over 100 subsets of 300"}[name]
            self.assertIn(method, protocol)

    def test_json_holds_the_same(self):
        found, objects = self.numbers(self.score()), json.loads(self.score(json=True).out)
        self.assertEqual([item["name"] for item in objects], list(found))
        for item in objects:
            self.assertAlmostEqual(item["score"], found[item["name"]][0], delta=6e-4)
            self.assertEqual((item["network"], item["width"], item["pictures"], item["reference_pictures"]),
                             ("random features v1", 512, 600, 600))
            self.assertEqual((item["size"], item["channels"], item["fit"], item["seed"]), ("32x32", 3, "center-crop", 0))
            self.assertIn(item["method"], found[item["name"]][2])
            self.assertEqual("deviation" in item, item["name"] == "rkid")

    def test_the_same_each_time_and_from_an_archive(self):
        expected = self.score().out
        self.assertEqual(self.score().out, expected)
        with tarfile.open(self.folder / "two.tar.gz", "w:gz") as archive:
            archive.add(self.path("two"), "two")
        self.assertEqual(self.score(data=self.folder / "two.tar.gz").out, expected)

    def test_a_number_of_pictures_is_drawn_by_seed(self):
        few = {"metrics": "kid", "n": 100}
        first = self.score(**few)
        self.assertIn("100 pictures against 100", first.out.decode())
        self.assertEqual(self.score(**few).out, first.out)
        self.assertNotEqual(self.numbers(self.score(seed=1, **few))["rkid"], self.numbers(first)["rkid"])
        # Not the first ones of the first class.
        self.assertGreater(self.numbers(self.score(data="two", ref="one", n=60, metrics="pr"))["rrecall"][0], 0.3)
        self.assertIn("600 pictures against 600", self.score(metrics="kid", n=0).out.decode())

    def test_metrics_by_name(self):
        for words, names in ((["kid"], ["rkid"]), (["pr,fid"], ["rfid", "rprecision", "rrecall"]),
                             (["fid", "kid"], ["rfid", "rkid"])):
            with self.subTest(words=words):
                self.assertEqual(list(self.numbers(self.score(metrics=words))), names)

    def test_size_and_channels(self):
        write_noise(self.folder / "odd", 8, side=20)
        write_noise(self.folder / "grey", 8, side=24, channels=1)
        for ref, changes, part in (("odd", {}, "20x20 colour"), ("odd", {"size": 16}, "16x16 colour"),
                                   ("grey", {}, "24x24 colour"), ("grey", {"channels": 1}, "24x24 grey"),
                                   ("odd", {"size": "12x18", "fit": "resize"}, "12x18 colour, resize")):
            with self.subTest(ref=ref, **changes):
                result = self.run_program("gan-score", data=self.path("two/disc"), ref=self.folder / ref,
                                          metrics="kid", **changes)
                self.assertIn(part, result.out.decode())


class TooFew(GanScoreTest):
    def test_fid_is_left_out_with_a_warning(self):
        result = self.score(data="one/disc", ref="two")
        self.assertEqual(list(self.numbers(result)), ["rkid", "rprecision", "rrecall"])
        self.assertRegex(result.err, r"warning: rfid needs at least 512 .*/one/disc has 75: left out; rkid is unbiased")

    def test_fid_that_was_asked_for_is_refused(self):
        self.assert_refused(self.score(data="one/disc", code=None, metrics=["fid", "kid"]), 3,
                            "rfid needs at least 512", "one/disc has 75", "--metrics kid")
        self.assert_refused(self.score(code=None, metrics="fid", n=500), 2, "rfid needs at least 512", "raise --n",
                            "--metrics kid")

    def test_n_of_one_and_of_three(self):
        self.assert_refused(self.score(code=None, n=1), 2, "--n 1", "raise --n")
        self.assert_refused(self.score(code=None, metrics="pr", n=3), 2, "more than 3", "has 3 under --n 3", "raise --n")

    def test_a_kid_below_zero_is_foretold_where_it_is_asked_for(self):
        same = {"data": "one/disc", "ref": "one/disc"}
        self.assertIn("an unbiased kid", self.score(metrics="kid", **same).err)
        self.assertNotIn("kid", self.score(metrics="pr", **same).err)

    def test_a_handful(self):
        write_noise(self.folder / "three", 3)
        write_noise(self.folder / "single", 1)
        three = self.run_program("gan-score", data=self.folder / "three", ref=self.path("one"))
        self.assertEqual(list(self.numbers(three)), ["rkid"])
        refused = self.run_program("gan-score", code=None, data=self.folder / "three", ref=self.path("one"),
                                   metrics="pr")
        self.assert_refused(refused, 3, "rprecision", "more than 3", "--metrics kid")
        self.assert_refused(self.run_program("gan-score", code=None, data=self.folder / "single",
                                             ref=self.path("one")), 3, "single", "one picture is too few")


class BadInput(GanScoreTest):
    def test_flags(self):
        for changes, parts in (
                ({"ref": None}, ("missing --ref DIR",)),
                ({"data": None}, ("--data", "--model")),
                ({"model": "m"}, ("--data and --model", "one of them")),
                ({"metrics": ["kid", "is"]}, ("'is'", "fid, kid or pr")),
                ({"metrics": "kid,"}, ("''", "fid, kid or pr")),
                ({"n": "20M"}, ("n must be", "20000000")),
                ({"n": -1}, ("--n", "-1")),
                ({"channels": 4}, ("--channels 4", "white")),
                ({"fit": "random-crop"}, ("random-crop", "center-crop")),
                ({"size": "big"}, ("--size", "big")),
                ({"size": 6}, ("6x6", "at least 8")),
                ({"stats-cache": ""}, ("--stats-cache",)),
                ({"metric": "kid"}, ("unknown flag --metric", "did you mean --metrics?"))):
            with self.subTest(**changes):
                self.assert_refused(self.score(code=None, **changes), 2, *parts)

    def test_folders(self):
        (self.folder / "empty").mkdir()
        for changes, part in (({"data": "none"}, "none"), ({"ref": "none"}, "none")):
            self.assert_refused(self.score(code=None, **changes), 3, part)
        self.assert_refused(self.run_program("gan-score", code=None, data=self.folder / "empty",
                                             ref=self.path("one")), 3, "empty")

    def test_files_that_are_no_models_or_weights(self):
        (self.folder / "text").write_text("no model")
        self.assert_refused(self.score(data=None, model="none", code=None), 4, "none")
        self.assert_refused(self.score(data=None, model="text", code=None), 4, "text")
        self.assert_refused(self.score(features="none", code=None), 4, "none", "inception_to_safetensors.py")
        self.assert_refused(self.score(features="text", code=None), 4, "text")


class Inception(GanScoreTest):
    def test_weights_give_the_names_without_r(self):
        shapes = inception_shapes()
        write_inception(self.folder / "inception.safetensors", shapes)
        write_noise(self.folder / "few", 5)
        settings = {"data": self.folder / "few", "ref": self.folder / "few", "features": "inception.safetensors"}
        result = self.run_program("gan-score", **settings)
        found = self.numbers(result)
        self.assertEqual(list(found), ["kid", "precision", "recall"])
        self.assertIn("fid needs at least 2,048 pictures", result.err)
        for _, _, protocol in found.values():
            self.assertRegex(protocol, "Inception-v3, weights [0-9a-f]{8}, 2,048 wide; .*TensorFlow 1 bilinear to 299x299")
        self.assert_refused(self.run_program("gan-score", code=None, metrics="fid", **settings), 3, "2,048")

        missing = dict(shapes)
        del missing["Mixed_7a.branch3x3_2.bn.running_mean"]
        odd = shapes | {"Conv2d_2a_3x3.conv.weight": (32, 32, 3, 1)}
        for name, weights, parts in (("missing", missing, ("'Mixed_7a.branch3x3_2.bn.running_mean'", "missing")),
                                     ("odd", odd, ("'Conv2d_2a_3x3.conv.weight'", "[32, 32, 3, 1]",
                                                   "[32, 32, 3, 3]"))):
            write_inception(self.folder / name, weights)
            refused = self.run_program("gan-score", code=None, **(settings | {"features": name}))
            self.assert_refused(refused, 4, name, *parts)


class Models(GanScoreTest):
    def setUp(self):
        super().setUp()
        self.model = self.folder / "m"
        shutil.copytree(PLACE / "model", self.model)
        self.cache = self.model / "reference-features.safetensors"

    def score_model(self, ref="one", code=0, **settings):
        return self.score(data=None, ref=ref, code=code, model=self.model, **settings)

    def test_scores_of_a_model_and_of_its_pictures(self):
        found = self.numbers(self.score_model())
        self.assertEqual(list(found), ["rfid", "rkid", "rprecision", "rrecall"])
        # Hardly trained, it is as far from the pictures as it looks.
        self.assertGreater(found["rkid"][0], 4 * found["rkid"][1])
        self.assertIn("600 pictures against 600; 32x32 colour", found["rkid"][2])
        self.run_program("sample", model=self.model, output=self.folder / "drawn", n=600, threads=None)
        drawn = self.numbers(self.run_program("gan-score", data=self.folder / "drawn", ref=self.path("one")))
        self.assertAlmostEqual(drawn["rkid"][0], found["rkid"][0], delta=0.2 * found["rkid"][0])
        self.assertNotEqual(self.score_model(seed=1).out, self.score_model().out)

    def test_features_of_the_reference_are_kept_beside_the_model(self):
        before = self.score_model()
        self.assertTrue(self.cache.exists())
        self.assertEqual(temporaries(self.model), [])
        kept = self.cache.read_bytes()
        again = self.score_model()
        self.assertEqual(again.out, before.out)
        self.assertEqual(self.cache.read_bytes(), kept)

    def test_kept_features_are_used(self):
        """Exchanged for others of the same shape under the same key, they change the score."""
        self.score_model(metrics="kid")
        mine = self.cache.read_bytes()
        (length,) = struct.unpack_from("<Q", mine)
        header = json.loads(mine[8:8 + length])
        del header["__metadata__"]["checksums"]
        text = json.dumps(header).encode()
        text += b" " * (-len(text) % 8)
        zeros = bytes(len(mine) - 8 - length)
        before = self.score_model(metrics="kid")
        self.cache.write_bytes(struct.pack("<Q", len(text)) + text + zeros)
        changed = self.score_model(metrics="kid")
        self.assertNotEqual(changed.out, before.out)

    def test_a_damaged_or_other_file_is_made_anew(self):
        expected = self.score_model().out
        good = self.cache.read_bytes()
        flipped = bytearray(good)
        flipped[-5] ^= 1
        for damaged in (bytes(flipped), good[:1000], b"", b"text"):
            self.cache.write_bytes(damaged)
            result = self.score_model()
            self.assertEqual(result.out, expected)
            self.assertRegex(result.err, "warning: .*reference-features.safetensors.*made anew")
            self.assertEqual(self.cache.read_bytes(), good)
        other = self.score_model(ref="two", metrics="kid")
        self.assertRegex(other.err, "reference-features.safetensors: holds features of other pictures")
        self.assertNotEqual(self.cache.read_bytes(), good)
        self.assertEqual(self.score_model().out, expected)

    def test_where_features_are_kept(self):
        before = contents(self.model)
        plain = self.score_model(**{"stats-cache": "none"}).out
        self.assertEqual(contents(self.model), before)
        self.assertEqual(self.score_model(**{"stats-cache": "here"}).out, plain)
        self.assertEqual(contents(self.model), before)
        self.assertTrue((self.folder / "here").exists())
        unwritable = self.score_model(**{"stats-cache": "no/such/folder/file"})
        self.assertEqual(unwritable.out, plain)
        self.assertIn("warning: the features of the reference are not kept", unwritable.err)

    def test_a_folder_keeps_nothing_unless_told(self):
        before = sorted(contents(self.folder))
        self.score()
        self.assertEqual(sorted(contents(self.folder)), before)
        self.score(**{"stats-cache": "kept"})
        self.assertTrue((self.folder / "kept").exists())

    def test_flags_that_contradict_the_model(self):
        self.assert_refused(self.score_model(size=16, code=None), 2, "--size 16", "32x32")
        self.assert_refused(self.score_model(channels=1, code=None), 2, "--channels 1", "colour")


if __name__ == "__main__":
    unittest.main()
