"""make_demo_data from the command line; what it makes is tested in tests/data."""
import unittest

from common import ProgramTest


class MakeDemoData(ProgramTest):
    def test_version(self):
        version = self.run_program("make_demo_data", "--version").out
        self.assertRegex(version, rb"^make_demo_data \(heed\) \d+\.\d+\.\d+\n$")

    def test_help_names_the_directory(self):
        self.assertRegex(self.run_program("make_demo_data", "text", "--help").out, rb"\n +DIR REQUIRED +directory")

    def test_wrong_words_are_usage_errors(self):
        for words, part in ((["text"], "DIR"), ([], "subcommand"), (["images", "--count", "0", "p"], "--count")):
            with self.subTest(words):
                self.assert_refused(self.run_program("make_demo_data", *words, code=None), 2, part, "--help")

    def test_a_directory_that_cannot_be_made(self):
        (self.folder / "file").write_text("in the way")
        for kind in ("text", "images"):
            self.assert_refused(self.run_program("make_demo_data", kind, "file", code=None), 3, "file")


if __name__ == "__main__":
    unittest.main()
