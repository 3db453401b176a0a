#include "heed/text/translation_report.h"

#include <nlohmann/json.hpp>

#include "catch.h"
#include "small_attention.h"

namespace heed {
namespace {

Subwords toy_subwords() {
  std::vector<std::string> lines;
  for (const char* one : {"house", "tree", "river", "child", "bridge"})
    for (const char* other : {"window", "garden", "letter"})
      lines.push_back(std::string(one) + " sees " + other + " .");
  std::size_t next = 0;
  return Subwords::train(
      [&](std::string& line) {
        if (next == lines.size()) return false;
        line = lines[next++];
        return true;
      },
      SubwordKind::unigram, 40);
}

// A translation of which each token has the same log probability, and so has the end.
Translation translation_of(const Subwords& subwords, const std::string& text, double log_p) {
  Translation translation{text, log_p, subwords.encode(text), {}, false, {}};
  translation.log_p.assign(translation.tokens.size() + 1, log_p);
  return translation;
}

}  // namespace

TEST_CASE("a word has the log probability of its pieces, and the end one of its own") {
  const Subwords subwords = toy_subwords();
  Translation translation = translation_of(subwords, "rise house", -0.25);  // "rise" is no piece of its own
  translation.log_p.back() = -0.5;
  const auto words = word_scores(translation, subwords);
  REQUIRE(words.size() == 3);
  CHECK(words[0].first == "rise");
  CHECK(words[1].first == "house");
  CHECK(words[0].second + words[1].second == Approx(-0.25 * static_cast<double>(translation.tokens.size())));
  CHECK(words[0].second == Approx(-0.25 * static_cast<double>(subwords.encode("rise").size())));
  CHECK(words[0].second < -0.4);
  CHECK(words[2] == std::pair<std::string, double>{"</s>", -0.5});
  CHECK(word_scores_text(translation_of(subwords, "", -0.5), subwords) == "</s>:-0.5000");
  CHECK(word_scores_text({}, subwords).empty());
}

TEST_CASE("signs of trouble") {
  const Subwords subwords = toy_subwords();
  using Signs = std::vector<std::string>;
  const auto signs = [&](const std::string& source, const std::string& text, double log_p = -0.1) {
    return trouble_signs(source, translation_of(subwords, text, log_p));
  };
  CHECK(signs("a tree sees the river", "tree sees river .").empty());
  CHECK(signs("a tree sees the river", "tree sees river .", -1.5) == Signs{"low-confidence"});
  CHECK(signs("a tree sees the river again", "tree sees river . tree sees river .") == Signs{"repetition"});
  CHECK(signs("so many words that none can be left", "tree") == Signs{"too-short"});
  CHECK(signs("tree", "tree sees river .") == Signs{"too-long"});
  CHECK(signs("\u6211\u559c\u6b22\u732b\u548c\u72d7", "tree sees river .").empty());  // no spaces to count by
  CHECK(signs("tree", "tree sees river").empty());                                    // three of one may be right
  CHECK(signs(" ", "").empty());
  Translation without = translation_of(subwords, "tree sees river .", -0.1);
  without.missing_terms = true;
  CHECK(trouble_signs("a tree sees the river", without) == Signs{"missing-term"});
}

TEST_CASE("pairs of words are in the JSON when they are asked for, of the kind asked for") {
  const Subwords subwords = toy_subwords();
  Translation translation = translation_of(subwords, "tree sees", -0.1);
  translation.attention = small_attention();
  const auto pairs = [&](AlignmentKind kind) {
    return nlohmann::json::parse(to_json_line("a b", {translation}, subwords, kind))["translations"][0]["alignment"];
  };
  CHECK(pairs(AlignmentKind::none).is_null());
  CHECK(pairs(AlignmentKind::hard).size() == 2);
  CHECK(pairs(AlignmentKind::soft).size() == 4);
  CHECK(pairs(AlignmentKind::hard)[0] == nlohmann::json::array({1, 0, 0.6}));
}

TEST_CASE("a line of JSON holds all of it") {
  const Subwords subwords = toy_subwords();
  const Translation first = translation_of(subwords, "tree sees \"river\"", -0.123456), second{};
  const std::string line = to_json_line("le \"fleuve\" \xFF", {first, second}, subwords);
  CHECK(line.find('\n') == std::string::npos);
  const auto json = nlohmann::json::parse(line);
  CHECK(json["source"] == "le \"fleuve\" \xEF\xBF\xBD");
  REQUIRE(json["translations"].size() == 2);
  const auto& found = json["translations"][0];
  CHECK(found["text"] == first.text);
  CHECK(found["score"] == -0.1235);
  CHECK(found["tokens"].size() == first.tokens.size());
  CHECK(found["words"].back() == nlohmann::json::array({"</s>", -0.1235}));
  CHECK(found["flags"].empty());
  CHECK_FALSE(found.contains("alignment"));
  CHECK(json["translations"][1]["words"].empty());
}

}  // namespace heed
