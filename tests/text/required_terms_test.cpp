#include "heed/text/required_terms.h"

#include "catch.h"

namespace heed {
namespace {

using Tokens = std::vector<TokenId>;

TermProgress after(const Tokens& tokens, const RequiredTerms& terms) {
  TermProgress progress(terms);
  for (std::size_t size = 1; size <= tokens.size(); ++size) progress.advance(std::span(tokens).first(size), terms);
  return progress;
}

}  // namespace

TEST_CASE("a term is met for good when all its tokens came in a row") {
  const RequiredTerms terms = {{4, 4, 5}};
  CHECK(after({}, terms).tokens_met(terms) == 0);
  CHECK(after({4, 4}, terms).tokens_met(terms) == 2);
  CHECK(after({4, 4, 6}, terms).tokens_met(terms) == 0);
  CHECK(after({4, 6, 4}, terms).tokens_met(terms) == 1);
  CHECK(after({4, 4, 4, 5}, terms).all_met(terms));  // though its second token seemed to begin it
  CHECK(after({4, 4, 5, 6, 4}, terms).tokens_met(terms) == 3);
  CHECK_FALSE(after({4, 5, 4}, terms).all_met(terms));
  CHECK(after({4}, {}).all_met({}));
}

TEST_CASE("several terms are counted together, and may share tokens") {
  const RequiredTerms terms = {{4, 5}, {5, 6}};
  CHECK(after({4, 5}, terms).tokens_met(terms) == 3);
  CHECK(after({4, 5, 6}, terms).all_met(terms));
}

TEST_CASE("of terms that begin alike one counts until a token tells them apart") {
  const RequiredTerms terms = {{4, 5}, {4, 6, 7}};
  CHECK(after({4}, terms).tokens_met(terms) == 1);
  CHECK(after({4, 6}, terms).tokens_met(terms) == 2);
  CHECK(after({4, 5, 4}, terms).tokens_met(terms) == 3);
}

TEST_CASE("wanted are the first tokens of missing terms and the next ones of those begun") {
  const RequiredTerms terms = {{4, 5}, {6, 7}};
  CHECK(after({}, terms).wanted(terms) == Tokens{4, 6});
  CHECK(after({4}, terms).wanted(terms) == Tokens{4, 5, 6});
  CHECK(after({4, 5}, terms).wanted(terms) == Tokens{6});
  CHECK(after({4, 5, 6, 7}, terms).wanted(terms).empty());
}

TEST_CASE(
    "the beam is shared among banks: the fullest, the emptiest, then down from the fullest; the best of each first") {
  using Ways = std::vector<std::size_t>;
  const Ways banks = {0, 0, 2, 1, 0, 2};
  CHECK(choose_by_bank(banks, 1) == Ways{2});
  CHECK(choose_by_bank(banks, 2) == Ways{2, 0});
  CHECK(choose_by_bank(banks, 5) == Ways{2, 0, 3, 5, 1});
  CHECK(choose_by_bank(banks, 9).size() == 6);
  CHECK(choose_by_bank({}, 4).empty());
}

}  // namespace heed
