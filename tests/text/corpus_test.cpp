#include "heed/text/corpus.h"

#include <algorithm>
#include <chrono>
#include <set>

#include <unistd.h>
#include <zlib.h>

#include "catch.h"
#include "errors.h"
#include "text_files.h"

using namespace heed;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

std::vector<std::string> lines_of(const LineStore& store) {
  std::vector<std::string> lines;
  for (std::uint64_t i = 0; i < store.size(); ++i) lines.emplace_back(store.line(i));
  return lines;
}

std::vector<std::string> lines_of(std::string_view content) {
  const TextFiles files;
  return lines_of(LineStore({files.write("text", content)}, files.cache()));
}

std::string gzip(std::string_view content) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string packed(deflateBound(&stream, content.size()), '\0');
  std::string input(content);
  stream.next_in = reinterpret_cast<Bytef*>(input.data());
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("lines end at LF and nowhere else") {
  CHECK(lines_of("a\nb\n") == Lines{"a", "b"});
  CHECK(lines_of("a\nb") == Lines{"a", "b"});
  CHECK(lines_of("") == Lines{});
  CHECK(lines_of("\n\n\n") == Lines{"", "", ""});
  const Lines separators = {"a\u2028b", "a\u2029b", "a\u0085b", "a\vb", "a\fb", std::string("a\0b", 3), "a\rb", "end"};
  std::string text;
  for (const std::string& line : separators) text += line + "\n";
  CHECK(lines_of(text) == separators);
}

TEST_CASE("one CR before LF and a byte order mark at the start are not text") {
  CHECK(lines_of("a\r\nb\r\r\nc\r") == Lines{"a", "b\r", "c"});
  CHECK(lines_of("\xEF\xBB\xBFhead\n\xEF\xBB\xBFmiddle\n") == Lines{"head", "\xEF\xBB\xBFmiddle"});
  CHECK(lines_of("\xEF\xBB\xBF") == Lines{});
  CHECK(lines_of("\xEF\xBB\xBF\n") == Lines{""});
  CHECK(lines_of("\xFF\xFE broken\n") == Lines{"\xFF\xFE broken"});
}

TEST_CASE("UTF-16 is refused by name") {
  const TextFiles files;
  const std::string path = files.write("wide", std::string_view("\xFF\xFE"
                                                                "a\0\n\0",
                                                                6));
  CHECK_THAT(thrown([&] { LineStore({path}, files.cache()); }), StartsWith("3: " + path) && Contains("iconv"));
}

TEST_CASE("several files are one list, places count within each file") {
  const TextFiles files;
  const std::string first = files.write("first", "a\nb"), none = files.write("none", ""),
                    last = files.write("last",
                                       "\xEF\xBB\xBF"
                                       "c\nd\n");
  const LineStore store({first, none, last}, files.cache());
  CHECK(lines_of(store) == Lines{"a", "b", "c", "d"});
  CHECK(store.lines_per_file() == std::vector<std::uint64_t>{2, 0, 2});
  CHECK(store.place(1) == first + ":2");
  CHECK(store.place(2) == last + ":1");
  CHECK_THAT(thrown([&] { (void)store.line(4); }), StartsWith("1: "));
}

TEST_CASE("gzip files read like their content") {
  const TextFiles files;
  std::string content;
  for (int i = 0; i < 100'000; ++i) content += "line " + std::to_string(i) + "\r\n";
  const std::string plain = files.write("plain", content);
  const std::string packed = files.write("packed.gz", gzip(content.substr(0, 500'000)) + gzip(content.substr(500'000)));
  const std::string unnamed = files.write("packed", gzip("\xEF\xBB\xBF"
                                                         "a\n"));
  const LineStore expected({plain}, files.cache());
  CHECK(lines_of(LineStore({packed}, files.cache())) == lines_of(expected));
  CHECK(LineStore({packed}, files.cache()).fingerprint() == expected.fingerprint());
  CHECK(lines_of(LineStore({unnamed}, files.cache())) == Lines{"a"});
  CHECK(LineStore({packed}, files.cache()).place(1) == packed + ":2");
  CHECK(LineStore({files.write("no.gz", gzip(""))}, files.cache()).size() == 0);
}

TEST_CASE("damaged gzip files are refused by name") {
  const TextFiles files;
  std::string noise;
  for (unsigned i = 0, state = 1; i < 50'000; ++i)
    noise += static_cast<char>('a' + ((state = state * 1664525 + 1013904223) >> 24) % 26);
  const std::string whole = gzip(noise);
  std::string flipped = whole;
  flipped[flipped.size() / 2] = static_cast<char>(flipped[flipped.size() / 2] ^ 0x10);
  for (const std::string& content : {whole.substr(0, whole.size() / 2), whole.substr(0, whole.size() - 4), flipped,
                                     std::string("plain text\n"), std::string()}) {
    const std::string path = files.write("bad.gz", content);
    CHECK_THAT(thrown([&] { LineStore({path}, files.cache()); }), StartsWith("3: " + path + ": damaged gzip"));
  }
  files.write("bad.gz", whole);
  CHECK(lines_of(LineStore({files.path("bad.gz")}, files.cache())) == Lines{noise});
}

TEST_CASE("an index is kept, and rebuilt when the file changed") {
  const TextFiles files;
  const std::string path = files.write("text", "a\nb\n");
  const auto names_in_cache = [&] {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(files.cache())) names.insert(entry.path().filename());
    return names;
  };
  const auto cached_at = [&] {
    return std::filesystem::last_write_time(std::filesystem::directory_iterator(files.cache())->path());
  };
  const std::uint64_t before = LineStore({path}, files.cache()).fingerprint();
  const auto names = names_in_cache();
  CHECK(names.size() == 1);
  const auto long_ago = std::filesystem::file_time_type::clock::now() - std::chrono::hours(5);
  std::filesystem::last_write_time(std::filesystem::directory_iterator(files.cache())->path(), long_ago);
  CHECK(LineStore({path}, files.cache()).fingerprint() == before);
  CHECK(cached_at() == long_ago);

  SECTION("of another length") {
    files.write("text", "a\nb\nc\n");
    CHECK(lines_of(LineStore({path}, files.cache())) == Lines{"a", "b", "c"});
  }
  SECTION("of the same length and time") {
    const auto time = std::filesystem::last_write_time(path);
    files.write("text", "a\n\nb");
    std::filesystem::last_write_time(path, time);
    CHECK(lines_of(LineStore({path}, files.cache())) == Lines{"a", "", "b"});
  }
  SECTION("and the change shows in the fingerprint") {
    files.write("text", "a\nc\n");
    CHECK(LineStore({path}, files.cache()).fingerprint() != before);
    CHECK(cached_at() != long_ago);
    const std::string copy = files.write("copy", "a\nb\n");
    CHECK(LineStore({copy}, files.cache()).fingerprint() == before);
    return;
  }
  CHECK(names_in_cache() == names);
}

TEST_CASE("an unpacked text is renewed with its gzip file") {
  const TextFiles files;
  const std::string path = files.write("text.gz", gzip("a\nb\n"));
  CHECK(lines_of(LineStore({path}, files.cache())) == Lines{"a", "b"});
  files.write("text.gz", gzip("c\nd\ne\n"));
  CHECK(lines_of(LineStore({path}, files.cache())) == Lines{"c", "d", "e"});
  CHECK(std::distance(std::filesystem::directory_iterator(files.cache()), std::filesystem::directory_iterator()) == 2);

  const auto time = std::filesystem::last_write_time(path);
  const std::uintmax_t size = std::filesystem::file_size(path);
  files.write("text.gz", gzip("c\nd\nf\n"));
  REQUIRE(std::filesystem::file_size(path) == size);
  std::filesystem::last_write_time(path, time);
  CHECK(lines_of(LineStore({path}, files.cache())) == Lines{"c", "d", "f"});
}

TEST_CASE("an unpacked text that is lost or changed is unpacked again") {
  const TextFiles files;
  const std::string path = files.write("text.gz", gzip("a\nb\n"));
  CHECK(LineStore({path}, files.cache()).size() == 2);
  for (const char* damage : {"", "x\ny\n", "a\nb\nc\n"}) {
    for (const auto& entry : std::filesystem::directory_iterator(files.cache())) {
      if (entry.path().extension() == ".text") files.write("cache/" + entry.path().filename().string(), damage);
    }
    CHECK(lines_of(LineStore({path}, files.cache())) == Lines{"a", "b"});
  }
}

TEST_CASE("a damaged index is made anew") {
  const TextFiles files;
  const std::string path = files.write("text", "a\nbb\nccc\n");
  const Lines expected = lines_of(LineStore({path}, files.cache()));
  const std::filesystem::path index = std::filesystem::directory_iterator(files.cache())->path();
  const std::uintmax_t size = std::filesystem::file_size(index);
  for (const std::uintmax_t kept : {std::uintmax_t{0}, std::uintmax_t{20}, size - 8, size - 3}) {
    std::filesystem::resize_file(index, kept);
    CHECK(lines_of(LineStore({path}, files.cache())) == expected);
    CHECK(std::filesystem::file_size(index) == size);
  }
  std::fstream file(index, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(static_cast<std::streamoff>(size - 16));
  file.write("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F", 8);
  file.close();
  const LineStore store({path}, files.cache());
  CHECK_THAT(thrown([&] { (void)store.line(1); }), StartsWith("4: ") && Contains("delete the cache"));
}

TEST_CASE("a cache that cannot be written is a checkpoint error") {
  const TextFiles files;
  const std::string text = files.write("text", "a\n");
  files.write("cache", "a file where the directory should be");
  CHECK_THAT(thrown([&] { LineStore({text}, files.cache()); }), StartsWith("4: "));
}

TEST_CASE("missing files and directories are data errors that name them") {
  const TextFiles files;
  for (const std::string& path : {files.path("missing"), files.path("."), std::string("/dev/null")}) {
    CHECK_THAT(thrown([&] { LineStore({path}, files.cache()); }), StartsWith("3: " + path + ": "));
  }
}

TEST_CASE("sentence pairs come from files side by side") {
  const TextFiles files;
  const CorpusFiles sides = {{files.write("1.en", "one\n"), files.write("2.en", "two\r\nthree \xFF\n")},
                             {files.write("1.de", "eins\n"), files.write("2.de", "zwei\n\n")},
                             {}};
  const ParallelCorpus corpus(sides, files.cache());
  REQUIRE(corpus.size() == 3);
  CHECK(corpus.pair(0).source == "one");
  CHECK(corpus.pair(0).target == "eins");
  CHECK(corpus.pair(1).source == "two");
  CHECK(corpus.raw(2).first == "three \xFF");
  CHECK(corpus.pair(2).source == "three \uFFFD");
  CHECK(corpus.pair(2).target.empty());
  CHECK(corpus.place(2) == sides.source[1] + ":2");
  CHECK(corpus.place(2, Side::target) == sides.target[1] + ":2");
  const CorpusFiles swapped = {sides.target, sides.source, {}};
  CHECK(ParallelCorpus(swapped, files.cache()).fingerprint() != corpus.fingerprint());
}

TEST_CASE("unequal line counts name both files and both counts") {
  const TextFiles files;
  const std::string source = files.write("a.en", "1\n2\n3\n"), target = files.write("a.de", "1\n2\n");
  const std::string extra_source = files.write("b.en", "1\n"), extra_target = files.write("b.de", "1\n2\n");
  const std::string message = "3: " + source + " has 3 lines but " + target + " has 2 lines";
  CHECK_THAT(thrown([&] { ParallelCorpus({{source}, {target}, {}}, files.cache()); }), StartsWith(message));
  // Three lines on either side together, but not file by file.
  CHECK_THAT(thrown([&] { ParallelCorpus({{extra_source, target}, {extra_target, extra_source}, {}}, files.cache()); }),
             StartsWith("3: " + extra_source + " has 1 line but " + extra_target + " has 2 lines"));
}

TEST_CASE("an empty file and contradicting file lists are refused") {
  const TextFiles files;
  const std::string text = files.write("text", "a\n"), empty = files.write("empty", "");
  CHECK_THAT(thrown([&] { ParallelCorpus({{text}, {empty}, {}}, files.cache()); }),
             StartsWith("3: " + empty + ": is empty"));
  CHECK_THAT(thrown([&] { ParallelCorpus({{}, {}, {empty}}, files.cache()); }),
             StartsWith("3: " + empty + ": is empty"));
  CHECK_THAT(thrown([&] { ParallelCorpus({{text, text}, {text}, {}}, files.cache()); }), StartsWith("2: "));
  CHECK_THAT(thrown([&] { ParallelCorpus({}, files.cache()); }), StartsWith("2: "));
  CHECK_THAT(thrown([&] { ParallelCorpus({{text}, {text}, {text}}, files.cache()); }), StartsWith("2: "));
}

TEST_CASE("tab-separated pairs") {
  const TextFiles files;
  const std::string good = files.write("good.tsv", "one\teins\r\n\tzwei\n");
  const ParallelCorpus corpus({{}, {}, {good}}, files.cache());
  REQUIRE(corpus.size() == 2);
  CHECK(corpus.pair(0).source == "one");
  CHECK(corpus.pair(0).target == "eins");
  CHECK(corpus.raw(1).first.empty());
  CHECK(corpus.place(1, Side::target) == good + ":2");
  for (const char* line : {"no tab", "two\ttabs\there", ""}) {
    const std::string bad = files.write("bad.tsv", "a\tb\n" + std::string(line) + "\nc\td\n");
    CHECK_THAT(thrown([&] { ParallelCorpus({{}, {}, {good, bad}}, files.cache()); }),
               StartsWith("3: " + bad + ":2: ") && Contains("exactly one"));
  }
}

TEST_CASE("released text is there again when it is read, and leaves the process's memory until then") {
  const TextFiles files;
  const std::string path = files.write("text", std::string(32 << 20, 'x') + "\nend\n");
  const LineStore store({path}, files.cache());
  const auto mapped_megabytes = [] {
    std::ifstream status("/proc/self/status");
    std::string word;
    long kilobytes = 0;
    while (status >> word) {
      if (word == "RssFile:") status >> kilobytes;
    }
    return kilobytes / 1024;
  };
  CHECK(std::count(store.line(0).begin(), store.line(0).end(), 'x') == 32 << 20);
  const long before = mapped_megabytes();
  store.release_memory();
  CHECK(mapped_megabytes() < before - 24);
  CHECK(store.line(0).size() == 32 << 20);
  CHECK(store.line(1) == "end");
}
