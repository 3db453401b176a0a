#include "heed/text/unicode.h"

#include <cinttypes>
#include <cstdint>
#include <cstdio>

#include "catch.h"
#include "text/scores_data.h"

using namespace heed;

namespace {

/// The digest that make_scores.py computes over the same numbers.
class Digest {
 public:
  void add(char32_t value) { state_ = (state_ ^ value) * 0x100000001B3; }
  std::string hex() const {
    char text[17];
    std::snprintf(text, sizeof text, "%016" PRIx64, state_);
    return text;
  }

 private:
  std::uint64_t state_ = 0xCBF29CE484222325;
};

template <class Visit>
std::string digest_of_all(Visit visit) {
  Digest digest;
  for (char32_t code = 0; code < 0x110000; ++code) {
    if (code < 0xD800 || code > 0xDFFF) visit(digest, code);
  }
  return digest.hex();
}

template <class Holds>
std::string digest_where(Holds holds) {
  return digest_of_all([&](Digest& digest, char32_t code) {
    if (holds(code)) digest.add(code);
  });
}

std::u32string lower(std::u32string text) {
  return to_lower(text);
}

}  // namespace

TEST_CASE("code points become UTF-8 and come back") {
  for (const char32_t code : {0x0, 0x41, 0x7F, 0x80, 0x7FF, 0x800, 0xD7FF, 0xE000, 0xFFFF, 0x10000, 0x10FFFF}) {
    const std::u32string text = {U'a', code, U'b'};
    CHECK(decode_utf8(encode_utf8(text)) == text);
  }
  CHECK(encode_utf8(U"\u00fc\u20ac\U0001F600") == "\u00fc\u20ac\U0001F600");
}

TEST_CASE("words are made of letters and digits of scripts with spaces") {
  for (const char32_t code : std::u32string_view(U"aZ9\u00e9\u0416\u05d0\u0928\uac00")) CHECK(is_part_of_word(code));
  for (const char32_t code : std::u32string_view(U" .,-(\u20ac\u3042\u65e5\u0e01\u3002"))
    CHECK_FALSE(is_part_of_word(code));
}

TEST_CASE("every code point has the properties that Python sees") {
  const auto& expected = heed_test::scores_data().at("unicode");
  CHECK(digest_where(is_white_space) == expected.at("white_space"));
  CHECK(digest_where(is_punctuation) == expected.at("punctuation"));
  CHECK(digest_where(is_symbol) == expected.at("symbol"));
  CHECK(digest_where(is_number) == expected.at("number"));
}

TEST_CASE("every code point has Python's lower case, a sigma by its neighbours") {
  constexpr char32_t kFinal = U'ς';
  const auto& expected = heed_test::scores_data().at("unicode");
  CHECK(digest_of_all([](Digest& digest, char32_t code) {
          for (const char32_t letter : lower({code})) digest.add(letter);
        }) == expected.at("lower"));
  CHECK(digest_where([](char32_t code) { return lower({code, U'Σ'}).back() == kFinal; }) == expected.at("after"));
  CHECK(digest_where([](char32_t code) { return lower({U'a', code, U'Σ'}).back() == kFinal; }) ==
        expected.at("after_letter"));
  CHECK(digest_where([](char32_t code) { return lower({U'a', U'Σ', code, U'a'})[1] == kFinal; }) ==
        expected.at("before_letter"));
}

TEST_CASE("whole lines are lowered as Python lowers them") {
  for (const auto& entry : heed_test::scores_data().at("tokenized")) {
    CHECK(to_lower(decode_utf8(entry.at("line").get<std::string>())) ==
          decode_utf8(entry.at("lower").get<std::string>()));
  }
}

TEST_CASE("UTF-8 of one to four bytes is decoded, ill-formed bytes become U+FFFD") {
  CHECK(decode_utf8("").empty());
  CHECK(decode_utf8("a\x7F\xC2\x80\xDF\xBF\xE0\xA0\x80\xEF\xBF\xBF\xF0\x90\x80\x80\xF4\x8F\xBF\xBF") ==
        std::u32string{U'a', 0x7F, 0x80, 0x7FF, 0x800, 0xFFFF, 0x10000, 0x10FFFF});
  CHECK(decode_utf8("a\xFF"
                    "b\xC3") == std::u32string{U'a', 0xFFFD, U'b', 0xFFFD});
}

TEST_CASE("words are what stands between white space") {
  using Words = std::vector<std::u32string_view>;
  CHECK(split_words(U"").empty());
  CHECK(split_words(U" \u3000\u2028").empty());
  CHECK(split_words(U"a") == Words{U"a"});
  CHECK(split_words(U"\u00A0ab\x1F c\u200Bd\n") == Words{U"ab", U"c\u200Bd"});
  CHECK(trim_right(U" a b \u0085\x1C") == U" a b");
  CHECK(trim_right(U"\t \n").empty());
}
