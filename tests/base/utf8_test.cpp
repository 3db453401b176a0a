#include "heed/base/utf8.h"

#include <vector>

#include "catch.h"

using namespace std::string_literals;

namespace {

struct Case {
  std::string text, repaired;
  std::size_t replaced;
};

#define REP "\xEF\xBF\xBD"

// Expected values agree with Unicode 15, section 3.9 (tables 3-8 to 3-11), and with Python's errors="replace".
const std::vector<Case> kCases = {
    {"", "", 0},
    {"plain", "plain", 0},
    {"Gr\xC3\xB6\xC3\x9F"s + "e", "Größe", 0},
    {"\xE2\x82\xAC \xF0\x9F\x98\x80", "€ 😀", 0},
    {"\xED\x9F\xBF\xEE\x80\x80\xEF\xBF\xBF\xF4\x8F\xBF\xBF", "\xED\x9F\xBF\xEE\x80\x80\xEF\xBF\xBF\xF4\x8F\xBF\xBF", 0},
    {"a\x80z", "a" REP "z", 1},                                           // lone continuation
    {"\x80\xBF", REP REP, 2},                                             //
    {"\xC0\xAF", REP REP, 2},                                             // overlong '/'
    {"\xC1\xBF", REP REP, 2},                                             //
    {"\xE0\x80\xAF", REP REP REP, 3},                                     // overlong, three bytes
    {"\xE0\x9F\xBF", REP REP REP, 3},                                     //
    {"\xF0\x80\x80\xAF", REP REP REP REP, 4},                             // overlong, four bytes
    {"\xF0\x8F\xBF\xBF", REP REP REP REP, 4},                             //
    {"\xED\xA0\x80", REP REP REP, 3},                                     // surrogates
    {"\xED\xBF\xBF", REP REP REP, 3},                                     //
    {"\xED\xA0\xBD\xED\xB8\x80", REP REP REP REP REP REP, 6},             // a pair of them (CESU-8)
    {"\xF4\x90\x80\x80", REP REP REP REP, 4},                             // U+110000
    {"\xF5\x80\x80\x80", REP REP REP REP, 4},                             //
    {"\xFE\xFF", REP REP, 2},                                             // no UTF-8 at all
    {"\xC3", REP, 1},                                                     // cut off at the end
    {"\xE2\x82", REP, 1},                                                 //
    {"\xF0\x9F\x98", REP, 1},                                             //
    {"\xE2\x82x", REP "x", 1},                                            // cut off by another character
    {"\xF0\x9F\x98\xC3\xB6", REP "ö", 1},                                 //
    {"\xC3\xC3\xB6", REP "ö", 1},                                         //
    {"a\xF1\x80\x80\xE1\x80\xC2z", "a" REP REP REP "z", 3},               // Unicode table 3-11
    {"\xE1\x80\xE2\xF0\x91\x92\xF1\xBF"s + "A", REP REP REP REP "A", 4},  //
    {"12345678\xC3\xB6"
     "12345678\xFFxxxxxxxx",
     "12345678ö12345678" REP "xxxxxxxx", 1},
    {"a\0b"s, "a\0b"s, 0},
};

}  // namespace

TEST_CASE("ill-formed UTF-8 is replaced by maximal subparts", "[utf8]") {
  for (const Case& sample : kCases) {
    CAPTURE(heed::printable(sample.text));
    std::size_t replaced = 99;
    CHECK(heed::repair_utf8(sample.text, &replaced) == sample.repaired);
    CHECK(replaced == sample.replaced);
    CHECK(heed::repair_utf8(sample.text) == sample.repaired);
    CHECK(heed::is_valid_utf8(sample.text) == (sample.replaced == 0));
    CHECK(heed::is_valid_utf8(sample.repaired));
  }
}

TEST_CASE("one bad byte is found wherever it stands", "[utf8]") {
  for (std::size_t place = 0; place < 40; ++place) {
    std::string text(40, 'x');
    CHECK(heed::is_valid_utf8(text));
    text[place] = '\xFF';
    CHECK_FALSE(heed::is_valid_utf8(text));
  }
}

TEST_CASE("printable shows control characters and bad bytes", "[utf8]") {
  CHECK(heed::printable("Größe 😀 \\x") == "Größe 😀 \\x");
  CHECK(heed::printable("a\n\t\x1b[31m\x7f"s + '\0') == "a\\x0a\\x09\\x1b[31m\\x7f\\x00");
  CHECK(heed::printable("\xC2\x85\xC2\x9B") == "\\xc2\\x85\\xc2\\x9b");  // C1 controls steer terminals too
  CHECK(heed::printable("\xFF\xE2\x82") == "\\xff\\xe2\\x82");
}

TEST_CASE("printable cuts between characters", "[utf8]") {
  CHECK(heed::printable("abcdef", 6) == "abcdef");
  CHECK(heed::printable("abcdefg", 6) == "abcdef...");
  CHECK(heed::printable("abcdeö", 6) == "abcde...");
  CHECK(heed::printable("abc\n", 6) == "abc...");
  CHECK(heed::printable(std::string(300, 'x')).size() == 203);
}

TEST_CASE("a text's beginning ends between characters", "[utf8]") {
  CHECK(heed::utf8_beginning("abö", 4) == "abö");
  CHECK(heed::utf8_beginning("aböc", 4) == "abö");
  CHECK(heed::utf8_beginning("aböc", 3) == "ab");
  CHECK(heed::utf8_beginning("a😀", 4) == "a");
  CHECK(heed::utf8_beginning("😀", 0).empty());
}

TEST_CASE("blank means white space only", "[utf8]") {
  CHECK(heed::is_blank(""));
  CHECK(heed::is_blank(" \t\r\n\v\f"));
  CHECK(heed::is_blank("\u0085\u00A0\u1680\u2000\u200A\u2028\u2029\u202F\u205F\u3000"));
  for (const char* text : {"x", "  .", "\u200B", "\u180E", "\xC2", "\xE3\x80", "\xFF"}) {
    CAPTURE(heed::printable(text));
    CHECK_FALSE(heed::is_blank(text));
  }
  CHECK_FALSE(heed::is_blank("\0"s));
}

TEST_CASE("UTF-16 is known by its mark and a zero") {
  CHECK(
      heed::looks_like_utf16("\xFF\xFE"
                             "a\0"s));
  CHECK(heed::looks_like_utf16("\xFE\xFF\0a"s));
  CHECK_FALSE(heed::looks_like_utf16(""));
  CHECK_FALSE(heed::looks_like_utf16("\xFF\xFE"));
  CHECK_FALSE(heed::looks_like_utf16("\xFF\xFE ab"));
  CHECK_FALSE(heed::looks_like_utf16("a\0b\0"s));
}
