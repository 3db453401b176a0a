#include "heed/text/replace_unk.h"

#include <utility>

#include "catch.h"

namespace heed {
namespace {

// Its pieces are a space and single characters; what is not among them is unknown.
Subwords characters() {
  bool given = false;
  return Subwords::train(
      [&](std::string& line) {
        line = "a b c , ( ) . - x y z";
        return !std::exchange(given, true);
      },
      SubwordKind::bpe, 16);
}

// Text of a translation in which unknown token number i attends to the source piece `looked_at[i]`.
std::string replaced(const std::string& source, const std::string& target, const std::vector<std::string>& looked_at) {
  const Subwords subwords = characters();
  const std::vector<TokenId> tokens = subwords.encode(target);
  AttentionRecord attention;
  attention.source = subwords.pieces(source);
  attention.source.emplace_back("</s>");
  attention.mean = {tokens.size() + 1, attention.source.size(), {}};
  for (std::size_t t = 0, gap = 0; t < attention.mean.rows; ++t)
    for (const std::string& piece : attention.source) {
      const bool is_gap = t < tokens.size() && tokens[t] == kUnk;
      attention.mean.weights.push_back(piece == "</s>" ? 0.6F : is_gap && piece == looked_at.at(gap) ? 0.4F : 0);
      if (is_gap && piece == "</s>") ++gap;
    }
  return replace_unknown(tokens, attention, subwords);
}

}  // namespace

TEST_CASE("a source word takes the place of an unknown token") {
  CHECK(replaced("a Prag b", "b ? c", {"Pr"}) == "b Prag c");
  CHECK(replaced("Prag", "?", {"Pr"}) == "Prag");
  CHECK(replaced("a Prag b", "b c", {}) == "b c");
}

TEST_CASE("with the letters around it, and each gap of a word once") {
  CHECK(replaced("a xPrzb c", "a x?z c", {"Pr"}) == "a xPrzb c");
  CHECK(replaced("a xPrzb c", "a ?x? ?", {"Pr", "c", "c"}) == "a xPrzb c");
}

TEST_CASE("punctuation stays where it is on either side") {
  CHECK(replaced("a (Prag), b", "b ?. c", {"Pr"}) == "b Prag. c");
  CHECK(replaced("a Prag b", "(?), a-?", {"Pr", "b"}) == "(Prag), a-b");
}

TEST_CASE("of scripts without spaces the piece alone is copied") {
  CHECK(replaced("\u65e5\u672c, a", "a ? b", {"\u65e5\u672c"}) == "a \u65e5\u672c b");
}

TEST_CASE("a piece that is a space means the word behind it, and punctuation means itself") {
  CHECK(replaced("Prag", "?", {"\u2581"}) == "Prag");
  CHECK(replaced("a , b", "?", {","}) == ",");
}

}  // namespace heed
