"""Models of every format version that was ever written still work; see make_old_models.py."""
import shutil
import unittest

from common import ProgramTest, contents, lines, metrics_of, read_safetensors, rewrite_metadata, state_of
from make_old_models import HERE, PAIRS, RUNS, write_data

FILES = ("best.safetensors", "last.safetensors")
TRANSLATION = ("transformer", "lstm")


class OldModels(ProgramTest):
    def setUp(self):
        super().setUp()
        write_data(self.folder)

    def each(self, names, check):
        """Calls check(folder) for each version's models of these names."""
        for version in sorted(HERE.iterdir()):
            for name in names:
                with self.subTest(version=version.name, name=name):
                    check(version / name)

    def go_on(self, model, more, code=0):
        """The same command with a higher limit, in a copy `m` of the model's folder."""
        shutil.rmtree(self.folder / "m", ignore_errors=True)
        shutil.copytree(model, self.folder / "m")
        program, settings = RUNS[model.name]
        reached = state_of(model)["update"]
        result = self.run_program(program, code=code, **(settings | {"max_updates": reached + more}))
        if code == 0:
            self.assertIn(f"going on from update {reached}", result.err)
            self.assertNotIn("warning", result.err)
            self.assertEqual(state_of(self.folder / "m")["update"], reached + more)
        return result

    def assert_translates(self, model):
        result = self.run_program("translate", model=model, input=lines(source for source, _ in PAIRS))
        self.assertEqual(result.lines, [target for _, target in PAIRS])

    def test_there_are_some_of_the_version_that_is_written_now(self):
        for name, (program, settings) in RUNS.items():
            self.run_program(program, **(settings | {"model": name, "max_updates": 1}))
            version = read_safetensors(self.folder / name / "last.safetensors")[0]["format_version"]
            self.assertEqual(sorted(contents(HERE / version / name)), list(FILES))

    def test_translate(self):
        def check(model):
            for file in FILES:
                self.assert_translates(model / file)

        self.each(TRANSLATION, check)

    def test_sample(self):
        def size(path):
            return [int.from_bytes(path.read_bytes()[i:i + 4], "big") for i in (16, 20)]

        def check(model):
            for file in FILES:
                out = self.folder / f"{model.parent.name}-{file}"
                self.run_program("sample", model=model / file, n=4, output=out, **{"class": "all"})
                pictures = sorted(out.rglob("*.png"))
                self.assertEqual([path.parent.name for path in pictures], ["dark", "dark", "light", "light"])
                self.assertEqual([size(path) for path in pictures], [[12, 8]] * 4)

        self.each(["pictures"], check)

    def test_training_goes_on(self):
        def check(model):
            self.go_on(model, 30)
            losses = [float(row[4]) for row in metrics_of(self.folder / "m")[1:] if row[4]]
            self.assertEqual(len(losses), 3)
            self.assertLess(max(losses), 0.05)  # of a network that knows its text
            self.assert_translates(self.folder / "m/last.safetensors")

        self.each(TRANSLATION, check)
        self.each(["pictures"], lambda model: self.go_on(model, 4))

    def test_training_begins_from_one(self):
        def check(model):
            program, settings = RUNS[model.name]
            begin = {"vocab": None, "max_updates": 1, "lr": 1e-9, "model": f"from-{model.parent.name}-{model.name}"}
            self.run_program(program, **(settings | begin | {"init_from": model}))
            self.assert_translates(self.folder / begin["model"])

        def check_pictures(model):
            program, settings = RUNS[model.name]
            result = self.run_program(program, **(settings | {"init": model, "max_updates": 1}))
            self.assertRegex(result.err, "starting from the generator in .*and the discriminator in")

        self.each(TRANSLATION, check)
        self.each(["pictures"], check_pictures)

    def test_inspect(self):
        def check(model):
            for file in FILES:
                text = self.run_program("heed-inspect", model=model / file).out.decode()
                self.assertRegex(text, r"kind +a (translation|picture) model \(")
                self.assertIn(f"update {state_of(model)['update']}", text)

        self.each(RUNS, check)

    def test_a_newer_version_is_refused_and_left_alone(self):
        def check(model):
            newer = self.folder / "newer" / model.parent.name / model.name
            shutil.copytree(model, newer)
            shutil.copy(newer / "last.safetensors", newer / "last.1.safetensors")
            for path in newer.iterdir():
                rewrite_metadata(path, format_version="99")
            result = self.go_on(newer, 10, code=None)
            self.assert_refused(result, 4, "m/last.safetensors", "format version '99'", "newer one")
            self.assertEqual(contents(self.folder / "m", without=("train.log",)), contents(newer))

        self.each(RUNS, check)


if __name__ == "__main__":
    unittest.main()
