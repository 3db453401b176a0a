"""Both trainers at their smallest, under one interface, for tests that trouble them.

`length` are settings that make a run longer than its default, which is over after a dozen or two of updates.
"""
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "apps"))
import gan_train_test  # noqa: E402
import resume_test  # noqa: E402
from common import toy_pairs  # noqa: E402

setUpModule = gan_train_test.setUpModule


class TranslationRuns(resume_test.ResumeTest):
    RUN = resume_test.RUN | {"max_updates": 20}
    LONG = {"max_updates": 300}

    def train_in(self, place, code=0, before=None, **changes):
        return self.train(code=code, cwd=place, before=before, base=self.RUN, **changes)

    def assert_usable(self, model, before=None):
        """Whatever it says, it translates."""
        text = "".join(source + "\n" for source, _ in toy_pairs(3))
        result = self.run_program("translate", model=model, input=text, before=before)
        self.assertEqual(len(result.lines), 3)


class PictureRuns(gan_train_test.GanTest):
    LONG = {"max_updates": 60}

    def train_in(self, place, code=0, before=None, **changes):
        return self.gan_train(code=code, cwd=place, before=before, **changes)

    def start_in(self, place, **changes):
        return self.start(place, **changes)

    def assert_same_run(self, expected, actual):
        gan_train_test.Resuming.assert_same_run(self, expected, actual)

    def assert_usable(self, model, before=None):
        out = self.folder / "drawn"
        self.sample(model=model, n=2, output=out, before=before)
        self.assertEqual(len(gan_train_test.pictures_in(out)), 2)
