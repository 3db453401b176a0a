#include "heed/text/ngrams.h"

#include "catch.h"

using namespace heed;

TEST_CASE("character n-grams are sorted and keep their repetitions") {
  CHECK(char_ngrams(U"baba", 2) == Ngrams{U"ab", U"ba", U"ba"});
  CHECK(char_ngrams(U"ba", 2) == Ngrams{U"ba"});
  CHECK(char_ngrams(U"b", 2).empty());
  CHECK(char_ngrams(U"", 1).empty());
}

TEST_CASE("word n-grams tell words apart from pieces of words") {
  const std::vector<std::u32string_view> words{U"b", U"a", U"b", U"aa"};
  const WordSequence sequence(words);
  CHECK(sequence.size() == 4);
  CHECK(sequence.ngrams(1) == Ngrams{U"a", U"aa", U"b", U"b"});
  CHECK(sequence.ngrams(2) == Ngrams{U"a b", U"b a", U"b aa"});
  CHECK(sequence.ngrams(4) == Ngrams{U"b a b aa"});
  CHECK(sequence.ngrams(5).empty());
}

TEST_CASE("matches and merging respect how often an n-gram occurs") {
  const Ngrams left{U"a", U"a", U"b"}, right{U"a", U"b", U"b", U"c"};
  CHECK(count_matches(left, right) == 2);
  CHECK(count_matches(left, {}) == 0);
  CHECK(merge_ngrams(left, right) == Ngrams{U"a", U"a", U"b", U"b", U"c"});
}
