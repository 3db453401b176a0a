#include "heed/text/shortlist.h"

#include <algorithm>
#include <stdexcept>

#include "catch.h"

namespace heed {
namespace {

using Tokens = std::vector<TokenId>;

constexpr std::int64_t kVocabulary = 400;

// Source token 10 + i is translated by 110 + i; token 5 and its translation 105 are in all sentences.
std::vector<TokenPair> dictionary_pairs() {
  std::vector<TokenPair> pairs;
  for (TokenId i = 0; i < 300; ++i) {
    const TokenId one = i % 50, two = (i * 7 + i / 50 * 11 + 3) % 50;
    pairs.push_back({{5, 10 + one, 10 + two}, {105, 110 + two, 110 + one}});
  }
  return pairs;
}

Tokens row(const Shortlist& shortlist, std::int64_t number) {
  const auto begin = shortlist.table().begin() + number * shortlist.width();
  return {begin, begin + shortlist.width()};
}

bool lists(const Tokens& tokens, TokenId token) {
  return std::ranges::find(tokens, token) != tokens.end();
}

}  // namespace

TEST_CASE("each source token's translation heads its list") {
  const Shortlist shortlist = Shortlist::train(dictionary_pairs(), kVocabulary, kVocabulary, 4, false);
  REQUIRE(shortlist.width() == 4);
  REQUIRE(std::ssize(shortlist.table()) == (kVocabulary + 25) * 4);
  for (TokenId i = 0; i < 50; ++i) CHECK(row(shortlist, 10 + i).front() == 110 + i);
  // What is in every sentence tells nothing of a single token; what was never seen has no list.
  CHECK_FALSE(lists(row(shortlist, 10), 105));
  CHECK(row(shortlist, 99) == Tokens(4, kPad));
  // But it may come in every sentence.
  CHECK(row(shortlist, kVocabulary).front() == 105);
}

TEST_CASE("a sentence may have the tokens of its words, the frequent ones, the end and the unknown token") {
  std::vector<TokenPair> pairs = dictionary_pairs();
  for (TokenId i = 0; i < 120; ++i)  // the first hundred of these are the most frequent tokens, after 105
    for (TokenId times = 0; times < (i < 99 ? 20 : 2); ++times) pairs.push_back({{200}, {250 + i}});
  const Shortlist shortlist = Shortlist::train(pairs, kVocabulary, kVocabulary, 2, false);
  const Tokens source = {10, 10, 37};
  const Tokens tokens = shortlist.tokens_for(source);
  CHECK(std::ranges::is_sorted(tokens));
  CHECK(std::ranges::adjacent_find(tokens) == tokens.end());
  for (const TokenId token : {kUnk, kEos, TokenId{105}, TokenId{110}, TokenId{137}, TokenId{250}, TokenId{348}})
    CHECK(lists(tokens, token));
  for (const TokenId token : {kPad, kBos, TokenId{150}, TokenId{349}, TokenId{399}}) CHECK_FALSE(lists(tokens, token));
  CHECK(std::ssize(tokens) <= 2 + 100 + 2 * 2);
  const Tokens with_given = shortlist.tokens_for(source, {399, 110, 399});
  CHECK(std::ranges::is_sorted(with_given));
  CHECK(std::ssize(with_given) == std::ssize(tokens) + 1);
  CHECK(lists(with_given, 399));
}

TEST_CASE("with one vocabulary a token may be copied, seen or not") {
  const Shortlist apart = Shortlist::train(dictionary_pairs(), kVocabulary, kVocabulary, 4, false);
  const Shortlist shared = Shortlist::train(dictionary_pairs(), kVocabulary, kVocabulary, 4, true);
  for (const TokenId token : {TokenId{12}, TokenId{99}}) {
    CHECK_FALSE(lists(apart.tokens_for(std::span(&token, 1)), token));
    CHECK(lists(shared.tokens_for(std::span(&token, 1)), token));
  }
  CHECK(lists(row(shared, 12), 112));
}

TEST_CASE("the same pairs give the same table") {
  const auto table = [] { return Shortlist::train(dictionary_pairs(), kVocabulary, kVocabulary, 3, true).table(); };
  CHECK(table() == table());
}

TEST_CASE("tables that could not be used are refused") {
  CHECK_NOTHROW(Shortlist({1, 2, 3, 4}, 2, 2, 5));
  CHECK_THROWS_AS(Shortlist({1, 2, 3, 5}, 2, 2, 5), std::invalid_argument);
  CHECK_THROWS_AS(Shortlist({1, -1, 3, 4}, 2, 2, 5), std::invalid_argument);
  CHECK_THROWS_AS(Shortlist({1, 2, 3, 4}, 2, 3, 5), std::invalid_argument);
  CHECK_THROWS_AS(Shortlist({1, 2, 3}, 2, 1, 5), std::invalid_argument);
  CHECK_THROWS_AS(Shortlist({1, 2, 3}, 0, 1, 5), std::invalid_argument);
  CHECK(Shortlist().empty());
}

}  // namespace heed
