#include "heed/text/glossary.h"

#include "catch.h"
#include "errors.h"
#include "text_files.h"

namespace heed {
namespace {

using Terms = std::vector<std::string>;

}  // namespace

TEST_CASE("terms are found as whole words, in the order of the line") {
  const TextFiles files;
  const Glossary glossary(files.write("terms",
                                      "\xEF\xBB\xBF"
                                      "cat \t Katze\r\n\nred house\trotes Haus\nhouse\tHaus\n\u00fcber\tover\n"));
  CHECK(glossary.required("a cat in a red house") == Terms{"Katze", "rotes Haus"});
  CHECK(glossary.required("house, cat.") == Terms{"Haus", "Katze"});
  CHECK(glossary.required("cats concatenate Cat").empty());
  CHECK(glossary.required("cat cat") == Terms{"Katze"});
  CHECK(glossary.required("red house and house") == Terms{"rotes Haus", "Haus"});
  CHECK(glossary.required("\u00fcber gr\u00fcn") == Terms{"over"});
  CHECK(glossary.required("\u201ecat\u201c\u2026") == Terms{"Katze"});
  CHECK(glossary.required("\u00e9cat").empty());
  CHECK(Glossary(files.write("cats", "\u732b\tcat\n")).required("\u767d\u732b\u304c") == Terms{"cat"});
  CHECK(glossary.required("gegen\u00fcber").empty());
  CHECK(glossary.required("").empty());
}

TEST_CASE("a file that is no glossary is refused with the line") {
  const TextFiles files;
  const auto refusal = [&](const std::string& text) { return thrown([&] { Glossary(files.write("terms", text)); }); };
  for (const char* text : {"cat\tKatze\ncat Katze\n", "a\tb\na\tb\tc\n", "a\tb\n\tb\n", "a\tb\na\t \n"})
    CHECK(refusal(text) == "3: " + files.path("terms") + ":2: expected a term, one tab, and its translation");
  CHECK(refusal("\n \n").starts_with("3: " + files.path("terms") + ": is empty"));
  CHECK(refusal("\x1f\x8b\x08").find("zcat") != std::string::npos);
  CHECK(thrown([&] { Glossary(files.path("none")); }).starts_with("3: "));
}

}  // namespace heed
