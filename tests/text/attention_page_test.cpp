#include "heed/text/attention_page.h"

#include <algorithm>

#include "catch.h"
#include "errors.h"
#include "small_attention.h"
#include "text_files.h"

namespace heed {
namespace {

using Catch::Matchers::Contains;

std::int64_t count_of(const std::string& text, const std::string& part) {
  std::int64_t count = 0;
  for (std::size_t place = text.find(part); place != std::string::npos; place = text.find(part, place + 1)) ++count;
  return count;
}

}  // namespace

TEST_CASE("the picture has all words, and a square for each weight that can be seen") {
  const std::string svg = mean_svg(small_attention());
  CHECK(svg.starts_with("<svg "));
  CHECK(count_of(svg, "<text") == 7);
  CHECK_THAT(svg, Contains(">\u00fcb</text>"));
  CHECK_THAT(svg, Contains(">a&amp;z</text>"));
  CHECK_THAT(svg, Contains(">&lt;c&gt;</text>"));
  CHECK(count_of(svg, "h22v22") == 9);  // three are zero
  CHECK_THAT(svg, Contains("fill-opacity=\"0.70\""));
}

TEST_CASE("labels tell where words begin, have room, and hold nothing that XML forbids") {
  AttentionRecord record = small_attention();
  record.source = {"\u2581", "WWW", "\u732b\u304c", "</s>"};
  record.target = {"\u2581Baum", "st\uFFFEamm", "</s>"};
  const std::string svg = mean_svg(record);
  CHECK_THAT(svg, Contains(">\u2581</text>"));
  CHECK_THAT(svg, Contains(">-WWW</text>"));
  CHECK_THAT(svg, Contains(">\u732b\u304c</text>"));
  CHECK_THAT(svg, Contains(">-st\uFFFDamm</text>"));
  CHECK_THAT(svg, Contains("translate(92,55)"));  // room for the widest labels: 61 on the left, 47 above
}

TEST_CASE("a page has a section for each sentence, with a map for each head") {
  const TextFiles files;
  AttentionOutput output(files.path("page.html"));
  output.write(1, small_attention());
  output.write(2, small_attention());
  CHECK_FALSE(std::filesystem::exists(files.path("page.html")));
  output.close();
  const std::string page = files.read("page.html");
  CHECK(page.starts_with("<!DOCTYPE html>"));
  CHECK(page.ends_with("</body></html>\n"));
  CHECK(count_of(page, "<h2>a b&lt;c&gt;<br>\u00fcb a&amp;z</h2>") == 2);
  CHECK(count_of(page, "<figure>") == 2 * 4);
  CHECK_THAT(page, Contains("layer 2, head 1"));
}

TEST_CASE("JSON has a line for each sentence, a directory files by line number") {
  const TextFiles files;
  for (const char* name : {"all.json", "folder"}) {
    AttentionOutput output(files.path(name));
    output.write(7, small_attention());
    output.write(8, small_attention());
    output.close();
  }
  const std::string lines = files.read("all.json");
  CHECK(std::count(lines.begin(), lines.end(), '\n') == 2);
  CHECK(lines.starts_with("{\"line\":7,\"source\":"));
  CHECK(files.read("folder/00007.json") + files.read("folder/00008.json") == lines);
  CHECK(files.read("folder/00008.svg") == mean_svg(small_attention()));
  files.write("file", "");
  CHECK(thrown([&] {
          AttentionOutput(files.path("file"));
        }).starts_with("3: cannot make the directory " + files.path("file")));
  for (const std::string name : {"-", "map.svg", "map.png"})
    CHECK(thrown([&] { AttentionOutput{name}; }).starts_with("2: --attention " + name + ": name a page (x.html)"));
}

}  // namespace heed
