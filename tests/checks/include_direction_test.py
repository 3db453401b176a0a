"""Who may know whom: base <- nn <- models <- io <- text | image <- train <- apps, and one place for each foreign library."""
import re
import unittest

from repository import ROOT, sources

KNOWS = {
    "base": {"base"},
    "nn": {"base", "nn"},
    "models": {"base", "nn", "models"},
    "io": {"base", "nn", "models", "io"},
    "text": {"base", "nn", "models", "io", "text"},
    "image": {"base", "nn", "models", "io", "image"},
    "train": {"base", "nn", "models", "io", "text", "image", "train"},
}
# nn and models know no files and no logging.
HEADERS_OF_BASE_FOR_MODELS = {"error.h", "fields.h", "parallel.h", "random.h", "require.h", "tokens.h"}
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.MULTILINE)
# But for the light header that tests/catch.h takes where it is there.
LIBTORCH = re.compile(r"^(torch|ATen|c10)/(?!util/Logging\.h)")
# Each takes 18 s or more to compile. Translation, with what all share, and pictures have their own limits.
MOST_LIBTORCH_SOURCES = {"translation": 69, "pictures": 33}
PICTURES = re.compile(r"/image/|gan|spectral_norm|self_attention_2d|conv\.|conv_test|diff_augment|sample|inception|random_features|feature_networks")


def includes(path):
    return INCLUDE.findall(path.read_text(encoding="utf-8"))


def include_graph():
    """Each source of the repository with the headers of the repository that it reaches."""
    by_name = {}
    for path in sources():
        relative = path.relative_to(ROOT)
        name = str(relative.relative_to("lib")) if relative.parts[0] == "lib" else path.name
        by_name[name] = path
    direct = {path: includes(path) for path in sources()}

    def reached(path, seen):
        for name in direct[path]:
            yield name
            header = by_name.get(name)
            if header is not None and header not in seen:
                seen.add(header)
                yield from reached(header, seen)

    return {path: set(reached(path, {path})) for path in sources()}


class IncludeDirection(unittest.TestCase):
    def assert_none(self, wrong):
        self.assertFalse(wrong, "\n" + "\n".join(wrong))

    def library_sources(self):
        for path in sources():
            parts = path.relative_to(ROOT).parts
            if parts[:2] == ("lib", "heed"):
                yield path, parts[2]

    def test_parts_know_only_those_below(self):
        wrong = []
        seen = 0
        for path, part in self.library_sources():
            for name in includes(path):
                if not name.startswith("heed/") or name == "heed/version.h":
                    continue
                seen += 1
                _, known, header = name.split("/", 2)
                if known not in KNOWS[part]:
                    wrong.append(f"{path.relative_to(ROOT)} ({part}) includes {name}")
                if part in ("nn", "models") and known == "base" and header not in HEADERS_OF_BASE_FOR_MODELS:
                    wrong.append(f"{path.relative_to(ROOT)}: {part} knows no files and no logging, but includes {name}")
        self.assertGreater(seen, 0)
        self.assert_none(wrong)

    def test_every_own_header_is_included_by_its_full_path(self):
        wrong = [
            f"{path.relative_to(ROOT)} includes \"{name}\": write \"heed/...\""
            for path, _ in self.library_sources()
            for name in re.findall(r'#include "([^"]+)"', path.read_text(encoding="utf-8"))
            if not name.startswith("heed/")
        ]
        self.assert_none(wrong)

    def only(self, pattern, allowed):
        """No file outside `allowed` includes what `pattern` matches."""
        self.assert_none(
            [
                f"{path.relative_to(ROOT)} includes {name}"
                for path in sources()
                for name in includes(path)
                if re.match(pattern, name) and not re.match(allowed, str(path.relative_to(ROOT)))
            ]
        )

    def test_only_programs_know_cli11(self):
        self.only(r"CLI/", r"apps/|data/make_demo_data\.cpp$")

    def test_only_log_knows_spdlog(self):
        self.only(r"spdlog/|fmt/", r"lib/heed/base/log\.cpp$")

    def test_only_image_knows_opencv(self):
        self.only(r"opencv", r"lib/heed/image/")

    def test_base_knows_no_libtorch(self):
        self.only(LIBTORCH.pattern, r"(?!lib/heed/base/)")

    def test_no_umbrella_header(self):
        self.only(r"torch/(torch|all)\.h$", r"(?!)")

    def test_no_archive_loader(self):
        """LibTorch's archives can run code and load damaged numbers silently."""
        pattern = re.compile(r"torch::(jit|load|save|pickle_load|pickle_save)\b|torch/(script|serialize)|InputArchive")
        self.assert_none(
            [
                f"{path.relative_to(ROOT)}: {found.group(0)}"
                for path in sources()
                for found in pattern.finditer(path.read_text(encoding="utf-8"))
            ]
        )

    def test_few_sources_include_libtorch(self):
        graph = include_graph()
        with_libtorch = [
            str(path.relative_to(ROOT))
            for path, reached in graph.items()
            if path.suffix == ".cpp" and any(LIBTORCH.match(name) for name in reached)
        ]
        pictures = [path for path in with_libtorch if PICTURES.search(path)]
        for side, found in (("pictures", pictures), ("translation", sorted(set(with_libtorch) - set(pictures)))):
            self.assertGreater(len(found), 0)
            self.assertLessEqual(len(found), MOST_LIBTORCH_SOURCES[side], f"{side}: merge some of:\n" + "\n".join(found))


if __name__ == "__main__":
    unittest.main()
