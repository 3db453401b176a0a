#include "heed/text/bleu_tokenize.h"

#include "heed/text/unicode.h"

#include "catch.h"
#include "text/scores_data.h"

using namespace heed;

TEST_CASE("13a and intl cut lines into the words that sacreBLEU finds") {
  for (const auto& entry : heed_test::scores_data().at("tokenized")) {
    const std::u32string line = decode_utf8(entry.at("line").get<std::string>());
    for (const BleuTokenizer tokenizer : {BleuTokenizer::v13a, BleuTokenizer::intl}) {
      const std::string name(enum_names(tokenizer)[static_cast<std::size_t>(tokenizer)]);
      const std::u32string expected = decode_utf8(entry.at(name).get<std::string>());
      INFO(name << ": " << entry.at("line"));
      CHECK(split_words(bleu_tokenize(trim_right(line), tokenizer)) == split_words(expected));
    }
  }
}

TEST_CASE("char makes a word of every code point, none leaves the line alone") {
  const std::u32string line = U"ab, e\u0301 \U0001F600";
  CHECK(split_words(bleu_tokenize(line, BleuTokenizer::character)) ==
        std::vector<std::u32string_view>{U"a", U"b", U",", U"e", U"\u0301", U"\U0001F600"});
  CHECK(bleu_tokenize(line, BleuTokenizer::none) == line);
}
