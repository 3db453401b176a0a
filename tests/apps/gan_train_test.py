"""gan-train and sample: from a folder of pictures to new ones, stopped anywhere, with whatever lies in the folder."""
import json
import math
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from common import (BIN, PATIENCE, ProgramTest, Running, assert_same_tensors, contents, drop_privileges, environment,
                    flags, limit_file_size, metrics_of, metrics_reach, read_safetensors, rewrite_metadata, state_of,
                    temporaries, toy_pairs, write_pairs)

ODD_PICTURES = Path(__file__).resolve().parents[1] / "image/pictures"

SMALL = {
    "size": 16, "g_width": 8, "d_width": 8, "g_max_width": 16, "d_max_width": 16, "latent": 8, "class_dim": 4,
    "gate_channels": 4, "batch": 8, "threads": 1, "max_updates": 12, "log_every": 2, "snap_every": 6, "save_every": 3,
    "reg_every": 4, "precision": "fp32", "held_out": 20,
}


def setUpModule():
    """Pictures of eight classes and one model of them for all tests, which read both only."""
    global PICTURES, MODEL
    folder = tempfile.TemporaryDirectory(prefix="heed-test-")
    unittest.addModuleCleanup(folder.cleanup)
    place = Path(folder.name).resolve()
    PICTURES, MODEL = place / "pictures", place / "m"
    subprocess.run([BIN / "make_demo_data", "images", PICTURES], check=True, capture_output=True, timeout=PATIENCE)
    for picture in PICTURES.rglob("*.png"):  # enough for a test
        if int("".join(filter(str.isdigit, picture.stem)) or 0) % 10:
            picture.unlink()
    settings = {"data": PICTURES, "model": MODEL, "cond": True} | SMALL
    done = subprocess.run([BIN / "gan-train", *flags(settings)], env=environment(), capture_output=True,
                          timeout=PATIENCE)
    if done.returncode != 0:
        raise AssertionError(done.stderr.decode())


def pictures_in(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*.png"))


class GanTest(ProgramTest):
    def settings(self, **changes):
        return {"data": PICTURES, "model": "m", "cond": True} | SMALL | changes

    def gan_train(self, code=0, cwd=None, before=None, **changes):
        return self.run_program("gan-train", code=code, cwd=cwd, before=before, **self.settings(**changes))

    def start(self, cwd, **changes):
        return Running(self, "gan-train", cwd=cwd, **self.settings(**changes))

    def sample(self, *words, code=0, **settings):
        return self.run_program("sample", *words, code=code, **({"model": MODEL} | settings))

    def place(self, name):
        folder = self.folder / name
        folder.mkdir()
        return folder


class Training(GanTest):
    def test_the_directory_explains_itself(self):
        self.gan_train()
        model = self.folder / "m"
        self.assertEqual(sorted(path.name for path in model.iterdir() if path.name != ".lock"),
                         ["best.safetensors", "config.toml", "last.1.safetensors", "last.safetensors", "metrics.csv",
                          "progress.gif", "samples", "samples.csv", "train.log"])
        self.assertEqual(pictures_in(model / "samples"), ["00000006.png", "00000012.png", "real.png"])
        self.assertTrue((model / "progress.gif").read_bytes().startswith(b"GIF89a"))
        grids = [line.split(",") for line in (model / "samples.csv").read_text().splitlines()]
        self.assertEqual([(row[0], row[4]) for row in grids],
                         [("update", "picture"), ("6", "00000006.png"), ("12", "00000012.png")])
        self.assertTrue(all(float(row[3]) > 0 for row in grids[1:]))
        rows = metrics_of(model)
        self.assertEqual([row[0] for row in rows[1:]], ["2", "4", "6", "8", "10", "12"])
        for name in ("d_loss", "g_loss", "real_logit", "fake_logit", "held_out_logit", "diversity"):
            column = rows[0].index(name)
            for row in rows[1:]:
                float(row[column])
        metadata, tensors = read_safetensors(model / "best.safetensors")
        self.assertEqual(json.loads(metadata["class_names"]),
                         ["cross", "disc", "heart", "moon", "ring", "square", "star", "triangle"])
        self.assertTrue(all(name.startswith("generator.") for name in tensors))
        log = (model / "train.log").read_text()
        for part in ("preset small", "generator of width 8", "rates 0.0003 and 0.0003", "until 12 updates",
                     "(random features v1, whitened; 380 pictures against 380 to train on)"):
            self.assertIn(part, log)

    def test_two_flags_are_enough_and_the_end_is_the_same_when_asked_again(self):
        result = self.run_program("gan-train", data=PICTURES, model="m", max_time="1s", threads=2)
        self.assertIn("class folders", result.err)
        self.assertIn("--max-time 1s reached", result.err)
        before = contents(self.folder / "m", without=("train.log",))
        result = self.run_program("gan-train", data=PICTURES, model="m", max_time="1s", threads=2)
        self.assertIn("this run is finished", result.err)
        self.assertIn("this run is finished", (self.folder / "m/train.log").read_text())
        self.assertEqual(contents(self.folder / "m", without=("train.log",)), before)
        result = self.run_program("gan-train", data=PICTURES, model="m", max_time="1s", threads=2, g_lr=1e-5)
        self.assertIn("the changed settings were not taken:\n  g-lr: ", result.err)
        self.assertNotIn("going on", result.err)

    def test_a_model_without_its_state_is_not_replaced_and_one_that_is_lost_is_made_again(self):
        self.gan_train(max_updates=3)
        model = self.folder / "m"
        best = (model / "best.safetensors").read_bytes()
        (model / "best.safetensors").unlink()
        self.assertIn("finished: --max-updates 3 reached", self.gan_train(max_updates=3).err)
        self.assertEqual((model / "best.safetensors").read_bytes(), best)
        for name in ("last", "last.1"):
            (model / f"{name}.safetensors").unlink()
        before = contents(model)
        self.assert_refused(self.gan_train(code=None, max_updates=3), 4, "m holds a model", "--init m", "--restart")
        self.assertEqual(contents(model), before)
        self.gan_train(model="n", init="m", max_updates=1)
        self.gan_train(restart=True, max_updates=1)

    def test_dry_run_writes_nothing(self):
        result = self.gan_train(dry_run=True, model=None)
        self.assertRegex(result.err, r"1,000 pictures take [0-9.]+ s \([0-9.]+ a second\); peak memory [0-9,]+ MB")
        self.assertRegex(result.err, r"takes [0-9.]+ s, one with gradient penalties [0-9.]+ s \(one in 4\)")
        self.assertRegex(result.err, r"generator [0-9,]+ weights, discriminator [0-9,]+")
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_every_loss_and_preset_trains(self):
        for number, changes in enumerate(({"loss": "hinge"}, {"loss": "nonsat"}, {"loss": "lsgan", "d_steps": 2},
                                          {"loss": "wgan-gp", "gamma": 10}, {"preset": "classic"},
                                          {"preset": "medium", "cond": None, "channels": 1},
                                          {"spectral_norm": True, "d_attn_res": "8", "d_gate_res": "all"},
                                          {"gate_res": "none"}, {"attn_res": "auto"}, {"extra_conv": True},
                                          {"precision": "bf16"}, {"ema_kimg": 0}, {"mirror": True, "fit": "pad"})):
            with self.subTest(changes):
                self.gan_train(model=f"m{number}", **({"max_updates": 4, "snap_every": 100} | changes))
                self.sample(model=f"m{number}", n=2, output=f"s{number}")
                self.assertEqual(len(pictures_in(self.folder / f"s{number}")), 2)

    def test_starts_from_another_model(self):
        self.gan_train(init=MODEL, max_updates=1, g_lr=1e-9, d_lr=1e-9)
        ours = read_safetensors(self.folder / "m/last.safetensors")[1]
        theirs = {name: read_safetensors(MODEL / f"{name}.safetensors")[1] for name in ("best", "last")}
        for network, file in (("generator.", "best"), ("discriminator.", "last")):
            name = next(name for name in ours if name.startswith(network) and name.endswith("conv1.weight"))
            self.assertNotEqual(ours[name][2], b"\0" * len(ours[name][2]))
            first = [memoryview(tensors[name][2]).cast("f") for tensors in (ours, theirs[file])]
            self.assertLess(max(abs(a - b) for a, b in zip(*first)), 1e-6)
        self.assert_refused(self.gan_train(code=None, model="n", init=MODEL, g_width=12), 2, "best.safetensors",
                            "g-width: 8 there, 12 here")
        self.assert_refused(self.gan_train(code=None, model="n", init="none"), 4, "none")

    def test_each_network_has_its_own_rate(self):
        """Adam's steps are of the size of the rate, whatever the gradient."""
        before = {"generator.": read_safetensors(MODEL / "best.safetensors")[1],
                  "discriminator.": read_safetensors(MODEL / "last.safetensors")[1]}
        for still, network in (("g_lr", "generator."), ("d_lr", "discriminator.")):
            rates = {"g_lr": 1e-2, "d_lr": 1e-2, still: 1e-30}
            self.gan_train(model=still, max_updates=1, init=MODEL, **rates)
            after = read_safetensors(self.folder / still / "last.safetensors")[1]
            for prefix, tensors in before.items():
                weights = [name for name in tensors if name.startswith(prefix) and name.endswith("conv1.weight")]
                same = [tensors[name][2] == after[name][2] for name in weights]
                self.assertEqual(all(same), prefix == network, (still, prefix))

    def test_kimg(self):
        result = self.gan_train(kimg=0.08, max_updates=None)
        self.assertIn("finished: --kimg 0.08 reached", result.err)
        self.assertEqual(metrics_of(self.folder / "m")[-1][0], "10")

    def test_the_same_command_goes_on_whatever_is_set_aside(self):
        self.gan_train(held_out=500, max_updates=3)
        samples = self.folder / "m/samples"
        shutil.copy(samples / "00000003.png", samples / "00000005.png")  # of updates that are yet to come
        result = self.gan_train(held_out=500, max_updates=6)
        self.assertIn("going on from update 3", result.err)
        self.assertEqual(pictures_in(samples), ["00000003.png", "00000006.png", "real.png"])

    def test_trouble_is_told_in_words(self):
        folder = self.place("copies")  # of one picture, which a generator that stands still never meets
        for number in range(40):
            shutil.copy(sorted(PICTURES.rglob("*.png"))[0], folder / f"{number}.png")
        result = self.gan_train(data=folder, cond=None, held_out=0, aug_p=0, gamma=0, g_lr=1e-30, d_lr=1e-2,
                                max_updates=80, snap_every=1000)
        self.assertRegex(result.err, r"warning: the discriminator wins: .* --gamma \(now 0.00, try 1.00\)")

    def test_diverged(self):
        result = self.gan_train(code=None, g_lr=1e30, d_lr=1e30, max_updates=500)
        self.assert_refused(result, 5, "--g-lr", "--gamma")
        self.assertIn("back to update 0 with half the learning rate (3 of at most 3 times)", result.err)
        metadata, tensors = read_safetensors(self.folder / "m/last.safetensors")
        self.assertEqual(json.loads(metadata["state"])["update"], 0)
        for name, tensor in tensors.items():
            if tensor[0] == "F32":
                self.assertTrue(all(map(math.isfinite, memoryview(tensor[2]).cast("f"))), name)
        self.assertEqual(pictures_in(self.folder / "m/samples"), ["real.png"])
        self.sample(model="m", n=1, output="out")


    def test_a_penalty_that_is_not_finite_is_skipped(self):
        result = self.gan_train(gamma=1e300, reg_every=4, max_updates=11)
        self.assertEqual(result.err.count("loss or gradient is not finite; skipped (1 in a row)"), 2)
        for row in metrics_of(self.folder / "m")[1:]:
            self.assertTrue(all(math.isfinite(float(field)) for field in row if field), row)
        for tensor in read_safetensors(self.folder / "m/last.safetensors")[1].values():
            if tensor[0] == "F32":
                self.assertTrue(all(map(math.isfinite, memoryview(tensor[2]).cast("f"))))


class Resuming(GanTest):
    RUN = {"max_updates": 40, "aug_p": 0.5, "mirror": True, "spectral_norm": True, "attn_res": "8", "d_attn_res": "8"}

    def assert_same_run(self, expected, actual):
        for name in ("last.safetensors", "best.safetensors"):
            assert_same_tensors(self, expected / "m" / name, actual / "m" / name)
        states = [state_of(place / "m") for place in (expected, actual)]
        for state in states:
            del state["seconds"]
        self.assertEqual(*states)
        header = metrics_of(expected / "m")[0]
        clocks = {header.index("seconds"), header.index("images_per_second")}
        rows = [[[field for i, field in enumerate(row) if i not in clocks] for row in metrics_of(place / "m")]
                for place in (expected, actual)]
        self.assertEqual(*rows)
        grids = [[line.split(",")[:2] + line.split(",")[3:] for line in
                  (place / "m/samples.csv").read_text().splitlines()] for place in (expected, actual)]
        self.assertEqual(*grids)
        pictures = [contents(place / "m/samples") | {"film": (place / "m/progress.gif").read_bytes()}
                    for place in (expected, actual)]
        self.assertEqual(*pictures)
        self.assertEqual(temporaries(actual), [])

    def stop_in(self, place, number, update, **changes):
        """Starts a run and ends it by a signal, at that update or a little later."""
        run = self.start(place, **changes)
        self.assertTrue(run.wait_until(lambda: metrics_reach(place / "m", update)))
        run.signal(number)
        self.assertEqual(run.wait(), -number if number == signal.SIGKILL else 128 + number, run.err)

    def test_stopped_and_killed_runs_end_like_undisturbed_ones(self):
        self.gan_train(cwd=self.place("undisturbed"), **self.RUN)
        place = self.place("stopped")
        for number, update in ((signal.SIGTERM, 4), (signal.SIGKILL, 12), (signal.SIGINT, 20), (signal.SIGKILL, 30)):
            self.stop_in(place, number, update, **self.RUN)
        result = self.gan_train(cwd=place, **self.RUN)
        self.assertIn("going on from update", result.err)
        self.assert_same_run(self.folder / "undisturbed", place)

    def test_with_two_threads(self):
        changes = self.RUN | {"threads": 2}
        self.gan_train(cwd=self.place("undisturbed"), **changes)
        place = self.place("killed")
        self.stop_in(place, signal.SIGKILL, 12, **changes)
        result = self.gan_train(cwd=place, **changes)
        self.assertIn("going on from update", result.err)
        self.assertIn("2 threads", result.err)
        self.assert_same_run(self.folder / "undisturbed", place)

    def test_in_bf16_and_without_saying_settings_again(self):
        changes = {"precision": "bf16", "max_updates": 30, "loss": "wgan-gp", "gamma": 10, "d_steps": 2}
        self.gan_train(cwd=self.place("undisturbed"), **changes)
        place = self.place("run")
        self.stop_in(place, signal.SIGTERM, 4, **changes)
        self.run_program("gan-train", cwd=place, data=PICTURES, model="m", threads=1)
        self.assert_same_run(self.folder / "undisturbed", place)

    def test_an_archive_of_the_folder_is_the_same_set(self):
        changes = {"max_updates": 30}
        self.gan_train(cwd=self.place("undisturbed"), **changes)
        archive = self.folder / "pictures.tar.gz"
        subprocess.run(["tar", "-C", PICTURES.parent, "-czf", archive, PICTURES.name], check=True)
        place = self.place("run")
        self.stop_in(place, signal.SIGTERM, 4, data=archive, **changes)
        result = self.gan_train(cwd=place, **changes)
        self.assertNotIn("have changed", result.err)
        self.assert_same_run(self.folder / "undisturbed", place)

    def test_threads_may_change_in_one_line(self):
        place = self.place("threads")
        self.gan_train(cwd=place)
        result = self.gan_train(cwd=place, max_updates=14, threads=2)
        self.assertEqual(result.err.count("going on with 2 threads instead of 1"), 1)
        self.assertNotIn("threads instead", self.gan_train(cwd=place, max_updates=16, threads=2).err)

    def test_shape_may_not_change(self):
        self.gan_train(max_updates=3)
        before = contents(self.folder / "m", without=("train.log",))
        result = self.gan_train(code=None, max_updates=6, g_width=16, seed=2)
        self.assert_refused(result, 2, "g-width: 8 -> 16", "seed: 1 -> 2", "--restart")
        self.assertEqual(contents(self.folder / "m", without=("train.log",)), before)
        self.gan_train(max_updates=3, g_width=16, restart=True)

    def test_damaged_checkpoint_gives_way_to_the_one_before(self):
        changes = {"max_updates": 30}
        self.gan_train(cwd=self.place("undisturbed"), **changes)
        place = self.place("damaged")
        self.stop_in(place, signal.SIGTERM, 8, **changes)
        path = place / "m/last.safetensors"
        path.write_bytes(path.read_bytes()[:-9])
        self.assertIn("last.1.safetensors", self.gan_train(cwd=place, **changes).err)
        self.assert_same_run(self.folder / "undisturbed", place)

    def test_full_disk_leaves_the_old_checkpoint(self):
        self.gan_train(max_updates=3)
        before = contents(self.folder / "m", without=("train.log", "metrics.csv"))
        size = (self.folder / "m/last.safetensors").stat().st_size
        result = self.gan_train(code=None, before=limit_file_size(size // 2))
        self.assert_refused(result, 4, "last.safetensors")
        after = contents(self.folder / "m", without=("train.log", "metrics.csv"))
        self.assertEqual(after["last.safetensors"], before["last.safetensors"])
        self.assertEqual(temporaries(self.folder), [])


    def test_second_run_in_the_directory_is_refused_at_once(self):
        place = self.place("run")
        first = self.start(place, max_updates=100000)
        self.assertTrue(first.wait_until(lambda: metrics_reach(place / "m", 4)))
        begun = time.monotonic()
        result = self.gan_train(code=None, cwd=place)
        self.assertLess(time.monotonic() - begun, 10)
        self.assert_refused(result, 2, "in use", socket.gethostname(), first.process.pid)
        seen = int(metrics_of(place / "m")[-1][0])
        self.assertTrue(first.wait_until(lambda: metrics_reach(place / "m", seen + 4)), "the first was disturbed")


class OddFolders(GanTest):
    def data(self, **files):
        folder = self.place("data")
        for name, content in files.items():
            (folder / name.replace("__", ".")).write_bytes(content)
        return folder

    def refused(self, code, *parts, **changes):
        result = self.gan_train(code=None, **({"cond": None, "model": "refused"} | changes))
        self.assert_refused(result, code, *parts)
        self.assertFalse((self.folder / "refused/last.safetensors").exists())

    def test_nothing_there(self):
        self.refused(3, "none", data=self.folder / "none")
        self.refused(3, "data", data=self.data(notes__txt=b"no picture here"))

    def test_classes_need_folders(self):
        folder = self.place("flat")
        for picture in list(PICTURES.rglob("*.png"))[:10]:
            shutil.copy(picture, folder / f"{picture.parent.name}-{picture.name}")
        self.refused(3, "--cond", data=folder, cond=True)

    def test_every_kind_of_picture_and_what_is_none(self):
        folder = self.place("odd")
        for path in ODD_PICTURES.iterdir():
            shutil.copy(path, folder)
        (folder / "text.png").write_bytes(b"this is text")
        good = next(PICTURES.rglob("*.png"))
        (folder / "cut.png").write_bytes(good.read_bytes()[:60])
        shutil.copy(good, folder / "no_ending")
        result = self.gan_train(data=folder, cond=None, max_updates=3, held_out=0)
        self.assertIn("text.png", result.err)
        self.assertIn("cut.png", result.err)
        self.refused(3, "--strict", data=folder, strict=True)

    def test_one_picture(self):
        folder = self.place("one")
        shutil.copy(next(PICTURES.rglob("*.png")), folder)
        self.gan_train(data=folder, cond=None, max_updates=3)
        self.assertTrue((self.folder / "m/samples/real.png").exists())

    def test_unreadable_pictures_are_named_and_left_out(self):
        folder = self.place("locked")
        for number, picture in enumerate(list(PICTURES.rglob("*.png"))[:12]):
            shutil.copy(picture, folder / f"{number}.png")
        (folder / "3.png").chmod(0)
        result = self.gan_train(data=folder, cond=None, max_updates=2, before=drop_privileges)
        self.assertIn("3.png", result.err)

    def test_wrong_values(self):
        for changes, parts in (({"size": 7}, ("--size", "8 to 1,024")), ({"size": 3000}, ("--size", "8 to 1,024")),
                               ({"size": 5000}, ("--size", "8 to 1,024")),
                               ({"background": "blueish"}, ("--background",)),
                               ({"attn_res": "9"}, ("attn-res",)), ({"loss": "best"}, ("rpgan", "hinge")),
                               ({"batch": 0}, ("batch",)), ({"gama": 3}, ("--gamma",)), ({"d_steps": 99}, ("d-steps",))):
            with self.subTest(changes):
                self.refused(2, *parts, data=PICTURES, **changes)


class Sampling(GanTest):
    def test_same_seed_same_bytes_in_any_company(self):
        self.sample(n=40, output="many")
        self.sample(seeds="0-4", output="few")
        self.sample(n=40, threads=1, output="again")
        many, few = contents(self.folder / "many"), contents(self.folder / "few")
        self.assertEqual(len(many), 40)
        self.assertEqual(contents(self.folder / "again"), many)
        self.assertEqual({name: data for name, data in few.items() if name in many},
                         {name: data for name, data in many.items() if name in few})
        self.assertEqual(len(few), 40)

    def test_flags_of_other_programs(self):
        self.run_program("sample", network=MODEL, seeds="0-1", **{"class": 0}, outdir="out")
        self.assertEqual(pictures_in(self.folder / "out"), ["seed000000.png", "seed000001.png"])
        self.gan_train(model=None, outdir="m", no_ema=True, max_updates=1)
        self.assertRegex((self.folder / "m/config.toml").read_text(), r"\nema-kimg = 0(\.0)?\n")

    def test_names_end_in_the_seed(self):
        self.sample(seeds="0-2,12", **{"class": "moon"}, output="moon")
        self.assertEqual(pictures_in(self.folder / "moon"),
                         ["seed000000.png", "seed000001.png", "seed000002.png", "seed000012.png"])
        self.assertEqual(len(list((self.folder / "moon").iterdir())), 4)
        self.sample(seeds=12, **{"class": 3}, output="three")
        self.assertEqual((self.folder / "three/seed000012.png").read_bytes(),
                         (self.folder / "moon/seed000012.png").read_bytes())

    def test_all_classes_get_folders(self):
        self.sample(n=10, **{"class": "all"}, output="out")
        names = pictures_in(self.folder / "out")
        self.assertEqual(len(names), 10)
        self.assertEqual(sorted({name.split("/")[0] for name in names}), sorted(p.name for p in PICTURES.iterdir()))
        self.assertIn("cross/seed000001.png", names)

    def test_without_a_class_it_is_the_same_as_all(self):
        result = self.sample(output="out")
        self.assertIn("128 pictures in out", result.err)
        self.sample(**{"class": "all"}, output="all")
        self.assertEqual(contents(self.folder / "out"), contents(self.folder / "all"))
        self.gan_train(model="again", data=self.folder / "out", cond=True, max_updates=1)

    def test_one_picture_is_told_as_one(self):
        self.assertIn(" 1 picture in out", " " + self.sample(n=1, output="out").err)

    def test_grid_film_and_maps(self):
        self.assertIn("grid of 8x4 in grid.png", self.sample(grid="8x4", output="grid.png").err)
        self.assertIn("grid of 2x4 in maps.png", self.sample(grid="2x4", attn_maps=True, output="maps.png").err)
        film = self.sample(interp="1,2,3", frames=4, **{"class": "star"}, output="walk.gif")
        self.assertIn("film of 12 frames in walk.gif", film.err)
        self.assertTrue((self.folder / "grid.png").read_bytes().startswith(b"\x89PNG"))
        self.assertTrue((self.folder / "walk.gif").read_bytes().startswith(b"GIF89a"))

        def width(name):
            return int.from_bytes((self.folder / name).read_bytes()[16:20], "big")

        self.assertEqual(width("grid.png"), 4 * 18 + 2)
        self.assertGreater(width("maps.png"), 2 * width("grid.png"))

    def test_weights_and_truncation_are_chosen(self):
        made = {}
        for name, settings in {"ema": {"ema": True}, "plain": {}, "raw": {"raw": True}, "trunc": {"trunc": 0.5}}.items():
            self.sample(seeds=1, **{"class": 0}, output=name, **settings)
            made[name] = (self.folder / name / "seed000001.png").read_bytes()
        self.assertEqual(made["ema"], made["plain"])
        self.assertEqual(len(set(made.values())), 3)

    def test_wrong_wishes(self):
        known = ("0 cross", "7 triangle")
        for settings, code, parts in (({"class": "dog"}, 2, known), ({"class": 8}, 2, known),
                                      ({"seeds": "3-1"}, 2, ("--seeds",)),
                                      ({"grid": "2x2", "n": 9, "output": "out.png"}, 2,
                                       ("--grid", "4 cells for 9 pictures")),
                                      ({"grid": "0x2"}, 2, ("--grid",)),
                                      ({"interp": "1", "output": "out.gif"}, 2, ("--interp needs two",)),
                                      ({"interp": "1,2", "n": 3}, 2, ("--interp", "--n")),
                                      ({"interp": "0-99", "frames": 1000, "output": "out.gif"}, 2,
                                       ("--interp", "10,000 frames")),
                                      ({"grid": "2x2"}, 2, ("--output out", ".png")),
                                      ({"grid": "2x2", "output": "out.jpg"}, 2, ("--output out.jpg", ".png")),
                                      ({"interp": "3,4", "output": "out.png"}, 2, ("--output out.png", ".gif")),
                                      ({"attn_maps": True, "output": "out.png"}, 2, ("--output out.png", "--grid")),
                                      ({"model": "none"}, 4, ("none",)),
                                      ({"output": None}, 2, ("missing --output DIR|FILE",))):
            with self.subTest(settings):
                self.assert_refused(self.sample(code=None, **({"output": "out"} | settings)), code, *parts)
                self.assertEqual(list(self.folder.glob("out*")), [])

    def test_output_that_cannot_be_written(self):
        (self.folder / "file").write_text("in the way")
        self.assert_refused(self.sample(code=None, n=1, output="file"), 3, "file")
        self.assert_refused(self.sample(code=None, grid="1x1", n=1, output="no/such/grid.png"), 3, "no/such")

    def test_each_kind_of_model_has_its_program(self):
        write_pairs(self.folder, toy_pairs(100))
        self.train(model="t", max_updates=1)
        self.assert_refused(self.sample(code=None, model="t", n=1, output="out"), 4, "translate")
        self.assert_refused(self.run_program("translate", model=MODEL, code=None, input="a\n"), 4, "sample")

    def test_damaged_models(self):
        best = self.folder / "best.safetensors"
        for change in ({"options": "{}"}, {"class_names": '["a"]'}, {"format_version": "99"}):
            with self.subTest(change):
                shutil.copy(MODEL / "best.safetensors", best)
                rewrite_metadata(best, **change)
                self.assert_refused(self.sample(code=None, model=best, n=1, output="out"), 4, best)
        best.write_bytes((MODEL / "best.safetensors").read_bytes()[:-1])
        self.assert_refused(self.sample(code=None, model=best, n=1, output="out"), 4, best)


if __name__ == "__main__":
    unittest.main()
