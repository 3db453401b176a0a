#include "heed/text/line_index.h"

#include <vector>

#include "catch.h"
#include "text/errors.h"
#include "text/text_files.h"

using namespace heed;

namespace {

using Starts = std::vector<std::uint64_t>;

Starts starts_of(const IndexedText& text) {
  const auto starts = line_starts(text);
  return {starts.begin(), starts.end()};
}

Starts starts_of(std::string_view content) {
  const TextFiles files;
  const IndexedText text = open_indexed_text(files.write("text", content), files.cache());
  CHECK(text.text.text() == content);
  CHECK(text.lines + 1 == line_starts(text).size());
  return starts_of(text);
}

// The one file with this ending in the cache.
std::filesystem::path cached(const TextFiles& files, const std::string& ending) {
  std::filesystem::path found;
  for (const auto& entry : std::filesystem::directory_iterator(files.cache()))
    if (entry.path().extension() == ending) found = entry.path();
  REQUIRE_FALSE(found.empty());
  return found;
}

}  // namespace

TEST_CASE("entries are where lines begin, and where the text ends") {
  CHECK(starts_of("") == Starts{0});
  CHECK(starts_of("one\nthree\n") == Starts{0, 4, 10});
  CHECK(starts_of("one\nthree") == Starts{0, 4, 9});
  CHECK(starts_of("\n\n") == Starts{0, 1, 2});
  CHECK(starts_of("\xEF\xBB\xBFone\n") == Starts{3, 7});
  // More than are written at once.
  const Starts many = starts_of(std::string(100'000, '\n'));
  CHECK(many.size() == 100'001);
  CHECK(many[70'000] == 70'000);
}

TEST_CASE("an index is made once, and again when the text is another or the index is damaged") {
  const TextFiles files;
  const std::string path = files.write("text", "one\ntwo\n");
  const std::uint64_t content = open_indexed_text(path, files.cache()).content;
  const std::filesystem::path index = cached(files, ".index");
  const auto long_ago = std::filesystem::file_time_type::clock::now() - std::chrono::hours(1);
  std::filesystem::last_write_time(index, long_ago);
  const auto made_again = [&] { return std::filesystem::last_write_time(index) != long_ago; };

  CHECK(open_indexed_text(path, files.cache()).content == content);
  CHECK_FALSE(made_again());

  files.write("text", "one\ntwo\nthree\n");
  const IndexedText longer = open_indexed_text(path, files.cache());
  CHECK(longer.content != content);
  CHECK(starts_of(longer) == Starts{0, 4, 8, 14});
  CHECK(made_again());

  std::filesystem::resize_file(index, std::filesystem::file_size(index) - 3);
  CHECK(starts_of(open_indexed_text(path, files.cache())) == Starts{0, 4, 8, 14});
}

TEST_CASE("pages that were released come back with the same text") {
  const TextFiles files;
  std::string content;
  for (int i = 0; i < 5000; ++i) content += std::to_string(i) + "\n";
  const IndexedText text = open_indexed_text(files.write("text", content), files.cache());
  release_pages(text.text);
  release_pages(text.index);
  CHECK(text.text.text() == content);
  CHECK(line_starts(text)[4321] == content.find("4321\n"));
}

TEST_CASE("missing text, UTF-16 and a place that cannot be written are refused by name") {
  const TextFiles files;
  const auto opening = [&](const std::string& path, const std::filesystem::path& cache) {
    return thrown([&] { open_indexed_text(path, cache); });
  };
  CHECK_THAT(opening(files.path("none"), files.cache()),
             Catch::Matchers::StartsWith("3: ") && Catch::Matchers::Contains("none"));
  const std::string utf16 = files.write("utf16", std::string("\xFF\xFE"
                                                             "a\0",
                                                             4));
  CHECK_THAT(opening(utf16, files.cache()), Catch::Matchers::StartsWith("3: ") && Catch::Matchers::Contains("UTF-16"));
  const std::string text = files.write("text", "a\n");
  CHECK_THAT(opening(text, text + "/cache"),
             Catch::Matchers::StartsWith("4: cannot make the directory " + text + "/cache"));
}
