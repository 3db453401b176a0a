"""Model files by somebody who knows the format, whose options ask for terabytes or whose state counts beyond any bound:
each program refuses them with exit code 4 before it builds anything, or does as before where the number harms nobody.
"""
import json
import resource
import shutil
import subprocess
import unittest

from common import (BIN, PATIENCE, SMALL, ProgramTest, environment, flags, make_folder, read_safetensors,
                    rewrite_metadata, state_of, toy_pairs, write_pairs)

# Several times what a program with LibTorch reserves.
MEMORY = 8 << 30
PICTURES = {"size": 16, "g_width": 8, "d_width": 8, "g_max_width": 16, "d_max_width": 16, "latent": 8, "batch": 8,
            "threads": 1, "max_updates": 2, "precision": "fp32", "held_out": 20}


def limit_memory():
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


class HostileModels(ProgramTest):
    @classmethod
    def setUpClass(cls):
        """A model of each kind."""
        cls.models = make_folder(cls)
        write_pairs(cls.models, toy_pairs(200))
        cls.training = {
            "seq2seq-train": {"train_src": cls.models / "train.src", "train_tgt": cls.models / "train.tgt"} | SMALL
            | {"max_updates": 2},
            "gan-train": {"data": cls.models / "pictures"} | PICTURES,
        }
        subprocess.run([BIN / "make_demo_data", "images", cls.models / "pictures"], check=True, capture_output=True)
        for program, settings in cls.training.items():
            done = subprocess.run([BIN / program, *flags({"model": program} | settings)], cwd=cls.models,
                                  env=environment(), capture_output=True, timeout=PATIENCE)
            if done.returncode != 0:
                raise AssertionError(done.stderr.decode())

    def changed(self, program, file, key, changes):
        """A directory `m` with that model's file, whose options under `key` are changed, checksums and all."""
        shutil.rmtree(self.folder / "m", ignore_errors=True)
        (self.folder / "m").mkdir()
        shutil.copy(self.models / program / file, self.folder / "m")
        options = json.loads(read_safetensors(self.models / program / file)[0][key])
        rewrite_metadata(self.folder / "m" / file, **{key: json.dumps(options | changes)})

    def try_each_number(self, trainer, user, certain, **settings):
        """Every number in the options of a trainer's model, for the program that uses it."""
        options = json.loads(read_safetensors(self.models / trainer / "best.safetensors")[0]["options"])
        numbers = [name for name, value in options.items() if type(value) is int]
        self.assertLess(set(certain), set(numbers))
        refused = 0
        for name in numbers:
            for value in (1 << 40, 4096):
                with self.subTest(program=user, option=name, value=value):
                    self.changed(trainer, "best.safetensors", "options", {name: value})
                    result = self.run_program(user, code=None, before=limit_memory, model="m", **settings)
                    if result.code != 0 or name in certain:
                        self.assert_refused(result, 4, "best.safetensors")
                        refused += 1
        print(f"{user}: {2 * len(numbers)} hostile models, {refused} refused", flush=True)

    def test_translate(self):
        self.try_each_number("seq2seq-train", "translate", {"dim", "ffn-dim", "enc-layers", "source-vocab"}, input="a\n")

    def test_sample(self):
        self.try_each_number("gan-train", "sample", {"latent", "g-width", "g-max-width", "image-height"}, n=1,
                             output="out")

    def go_on(self, program, max_updates):
        """The training of the model `m` in this test's folder."""
        text = {name: value for name, value in self.training[program].items() if name.startswith(("train", "data"))}
        return self.run_program(program, code=None, before=limit_memory, model="m", max_updates=max_updates, threads=1,
                                **text)

    def test_trainings_that_go_on(self):
        """What they build follows the settings of the run, which stand in the file a second time."""
        for program, changes in (("seq2seq-train", {"ffn-dim": 1 << 20}),
                                 ("seq2seq-train", {"dim": 1 << 16, "ffn-dim": 1 << 20, "enc-layers": 1000}),
                                 ("gan-train", {"g-width": 4096, "g-max-width": 4096}),
                                 ("gan-train", {"d-width": 4096, "d-max-width": 4096})):
            with self.subTest(program=program, **changes):
                self.changed(program, "last.safetensors", "train_options", changes)
                self.assert_refused(self.go_on(program, max_updates=9), 4, "last.safetensors", "weights, but it holds")

    def test_counts_of_trainings_that_go_on(self):
        """Those that a run may come to harm nobody."""
        large = 10**12
        for program in self.training:
            refused = 0
            counts = [name for name, value in state_of(self.models / program).items() if type(value) is int]
            self.assertLess({"update", "skipped", "metrics-rows"}, set(counts))
            for name in counts:
                for value in (-2, (1 << 63) - 1, large):
                    with self.subTest(program=program, count=name, value=value):
                        self.changed(program, "last.safetensors", "state", {name: value})
                        result = self.go_on(program, max_updates=(large if name == "update" else 2) + 2)
                        if value == large:
                            self.assertEqual(result.code, 0, result.err)
                        else:
                            self.assert_refused(result, 4, "last.safetensors (state)", f"'{name}' is not a whole")
                            refused += 1
            print(f"{program}: {3 * len(counts)} hostile states, {refused} refused", flush=True)


if __name__ == "__main__":
    unittest.main()
