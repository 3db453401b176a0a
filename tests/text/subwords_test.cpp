#include "heed/text/subwords.h"

#include <algorithm>
#include <thread>

#include "heed/base/log.h"

#include "catch.h"
#include "errors.h"
#include "text_files.h"

using namespace heed;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

Subwords train_on(std::vector<std::string> lines, SubwordKind kind, std::int64_t vocab_size) {
  std::size_t next = 0;
  return Subwords::train(
      [&](std::string& line) {
        if (next == lines.size()) return false;
        line = lines[next++];
        return true;
      },
      kind, vocab_size);
}

/// Sentences of sixteen nouns, enough text for fifty pieces.
std::vector<std::string> many_sentences() {
  const std::vector<std::string> nouns = {"house",    "tree",   "river",  "child",  "bridge", "window",
                                          "mountain", "garden", "letter", "winter", "Straße", "Mädchen",
                                          "Kühe",     "Äpfel",  "Öl",     "Füße"};
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < nouns.size(); ++i) {
    for (std::size_t j = 0; j < nouns.size(); ++j) lines.push_back("The " + nouns[i] + " sees a " + nouns[j] + ".");
  }
  return lines;
}

}  // namespace

TEST_CASE("a trained vocabulary has heed's ids and turns text into tokens and back") {
  for (const SubwordKind kind : {SubwordKind::unigram, SubwordKind::bpe}) {
    const Subwords subwords = train_on(many_sentences(), kind, 50);
    CHECK(subwords.size() == 50);
    CHECK(subwords.piece(kUnk) == "<unk>");
    CHECK(subwords.piece(kPad) == "<pad>");
    CHECK(subwords.piece(kBos) == "<s>");
    CHECK(subwords.piece(kEos) == "</s>");
    for (const std::string& line : many_sentences()) {
      const std::vector<TokenId> tokens = subwords.encode(line);
      CHECK(std::all_of(tokens.begin(), tokens.end(), [](TokenId token) { return token > kEos; }));
      CHECK(subwords.decode(tokens) == line);
    }
    CHECK(subwords.encode("").empty());
    CHECK(subwords.decode({}).empty());
    // Every character of the training text has a piece.
    CHECK(subwords.decode(subwords.encode("ÖlFüßeß.")) == "ÖlFüßeß.");
  }
}

TEST_CASE("decoding gives normalised text") {
  const Subwords subwords = train_on(many_sentences(), SubwordKind::unigram, 50);
  const auto normalised = [&](std::string_view text) { return subwords.decode(subwords.encode(text)); };
  CHECK(normalised("  The   house ") == "The house");
  CHECK(normalised("The\u3000house\u00A0.") == "The house .");
  CHECK(normalised("Ma\u0308dchen") == "Mädchen");   // composed
  CHECK(normalised("\uFF34\uFF48\uFF45") == "The");  // full width
  CHECK(normalised("The\u200Bhouse") == "The house");
  CHECK(normalised("The\uFFFDhouse") == "The house");
  CHECK(normalised("<s>").find("<s>") == std::string::npos);  // never the mark itself
  const std::vector<TokenId> marked = {kBos, subwords.encode("house").front(), kPad, kEos};
  CHECK(subwords.decode(marked) == subwords.decode(std::vector<TokenId>{marked[1]}));
  CHECK(subwords.decode(std::vector<TokenId>{kUnk}) == " \u2047 ");  // as SentencePiece writes it
}

TEST_CASE("a NUL does not end a text") {
  const Subwords subwords = train_on(many_sentences(), SubwordKind::bpe, 100);
  const std::string text("The house\0 sees", 15);
  const std::vector<TokenId> tokens = subwords.encode(text);
  CHECK(std::count(tokens.begin(), tokens.end(), kUnk) == 1);
  CHECK(subwords.decode(tokens) == "The house \u2047  sees");
}

TEST_CASE("of a text without end only the beginning is encoded") {
  const Subwords subwords = train_on(many_sentences(), SubwordKind::unigram, 50);
  const std::string beginning(Subwords::kLongestText - 1, ' '), text = "house" + beginning.substr(5);
  CHECK(subwords.encode(text + "e house") == subwords.encode(text + "e"));
  CHECK(subwords.encode(text + "ß house") == subwords.encode("house"));  // the last character does not fit
  CHECK(subwords.pieces(text + "e house") == subwords.pieces("house e"));
}

TEST_CASE("marks in the text are text") {
  const Subwords subwords = train_on({"a </s> b <s> c <pad> d <unk>"}, SubwordKind::bpe, 100);
  const std::vector<TokenId> tokens = subwords.encode("a </s> b <pad>");
  CHECK(std::none_of(tokens.begin(), tokens.end(), [](TokenId token) { return token == kEos || token == kPad; }));
}

TEST_CASE("pieces are the tokens, and show what is unknown") {
  const Subwords subwords = train_on(many_sentences(), SubwordKind::unigram, 50);
  const std::string text = "the \u65e5\u672c house";
  const std::vector<TokenId> tokens = subwords.encode(text);
  const std::vector<std::string> pieces = subwords.pieces(text);
  REQUIRE(pieces.size() == tokens.size());
  for (std::size_t i = 0; i < tokens.size(); ++i)
    CHECK(pieces[i] == (tokens[i] == kUnk ? "\u65e5\u672c" : subwords.piece(tokens[i])));
}

TEST_CASE("unknown ids are refused") {
  const Subwords subwords = train_on({"abc"}, SubwordKind::bpe, 100);
  for (const TokenId token : {TokenId{-1}, static_cast<TokenId>(subwords.size())}) {
    CHECK_THAT(thrown([&] { (void)subwords.decode(std::vector<TokenId>{token}); }), StartsWith("1: "));
    CHECK_THAT(thrown([&] { (void)subwords.piece(token); }), StartsWith("1: "));
  }
}

TEST_CASE("a vocabulary too large for the text is reduced with a notice") {
  const TextFiles files;
  log::also_to_file(files.path("log"));
  for (const SubwordKind kind : {SubwordKind::unigram, SubwordKind::bpe}) {
    const Subwords subwords = train_on(many_sentences(), kind, 8000);
    CHECK(subwords.size() < 1000);
    CHECK(subwords.decode(subwords.encode("The tree")) == "The tree");
    CHECK_THAT(files.read("log"), Contains("vocabulary reduced from 8,000 to " + std::to_string(subwords.size())));
  }
  CHECK(train_on({"a"}, SubwordKind::unigram, 8000).size() < 10);
}

TEST_CASE("a vocabulary smaller than the alphabet and text without content are refused") {
  for (const SubwordKind kind : {SubwordKind::unigram, SubwordKind::bpe}) {
    CHECK_THAT(thrown([&] { train_on(many_sentences(), kind, 20); }),
               StartsWith("3: ") && Contains("larger vocabulary"));
    CHECK_THAT(thrown([&] { train_on(many_sentences(), kind, 0); }), StartsWith("3: "));
    for (const std::vector<std::string>& blank : std::vector<std::vector<std::string>>{
             {}, {"", " ", "\t"}, {"\u200B", "\uFEFF", "\x01"}, {"\u2585"}, {"\u2581"}}) {
      CHECK_THAT(thrown([&] { train_on(blank, kind, 100); }), StartsWith("3: ") && Contains("empty or blank"));
    }
    // Text that consists of marks is still text.
    CHECK(train_on({"<s>", "</s> <s>"}, kind, 100).size() > 4);
  }
}

TEST_CASE("very long lines take part in training") {
  const std::string line = [] {
    std::string text;
    for (int i = 0; i < 5000; ++i) text += "ß→";
    return text;
  }();
  const Subwords subwords = train_on({line, "a"}, SubwordKind::unigram, 50);
  CHECK(subwords.decode(subwords.encode("ß→ß")) == "ß→ß");
}

TEST_CASE("the same text gives the same vocabulary") {
  for (const SubwordKind kind : {SubwordKind::unigram, SubwordKind::bpe}) {
    const Subwords first = train_on(many_sentences(), kind, 50);
    CHECK(first == train_on(many_sentences(), kind, 50));
    CHECK_FALSE(first == train_on(many_sentences(), kind, 48));
  }
}

TEST_CASE("rare characters of large alphabets make room for words") {
  std::vector<std::string> lines;
  for (int i = 0; i < 4000; ++i) lines.push_back("the same common words again");
  for (int i = 0; i < 40; ++i) lines.push_back("x" + std::string("\xE4\xB8") + static_cast<char>(0x80 + i));
  const Subwords crowded = train_on(lines, SubwordKind::bpe, 60);
  const std::vector<TokenId> tokens = crowded.encode("\u4E2D\u4E00");
  CHECK(std::find(tokens.begin(), tokens.end(), kUnk) != tokens.end());
  const Subwords roomy = train_on(lines, SubwordKind::bpe, 400);
  CHECK(roomy.decode(roomy.encode("\u4E00")) == "\u4E00");
}

TEST_CASE("a model survives its bytes and a file") {
  const TextFiles files;
  const Subwords subwords = train_on(many_sentences(), SubwordKind::unigram, 50);
  const Subwords copy = Subwords::from_bytes(subwords.serialized(), "copy");
  CHECK(copy == subwords);
  CHECK(copy.encode("The river") == subwords.encode("The river"));
  const std::string path = files.write("m.model", subwords.serialized());
  CHECK(Subwords::from_file(path) == subwords);
}

TEST_CASE("models that are damaged or of another make are refused") {
  const TextFiles files;
  const std::string good = train_on(many_sentences(), SubwordKind::unigram, 50).serialized();
  CHECK_THAT(thrown([&] { Subwords::from_bytes(good.substr(0, good.size() / 2), "here"); }),
             StartsWith("4: here: ") && Contains("cut short"));
  CHECK_THAT(thrown([] { Subwords::from_bytes("", "here"); }), StartsWith("4: here: "));
  const std::string path = files.write("m.model", "garbage");
  CHECK_THAT(thrown([&] { Subwords::from_file(path); }), StartsWith("3: " + path));
  CHECK_THAT(thrown([&] { Subwords::from_file(files.path("missing")); }), StartsWith("3: "));

  // <unk> becomes an ordinary piece (type 1 instead of 2), <s> the unknown one.
  std::string other = good;
  const std::size_t unk = other.find("<unk>");
  REQUIRE(other.substr(unk + 10, 2) == "\x18\x02");
  other[unk + 11] = '\x01';
  const std::size_t mark = other.find("<s>");
  REQUIRE(other.substr(mark + 8, 2) == "\x18\x03");
  other[mark + 9] = '\x02';
  CHECK_THAT(thrown([&] { Subwords::from_bytes(other, "here"); }), StartsWith("4: here: "));
}

TEST_CASE("models with other ids are refused with the flags that fit") {
  // A hand-made model: <unk>, <s>, </s>, "a", as spm_train makes without flags.
  const auto piece = [](std::string_view text, char type) {
    std::string body = "\x0A" + std::string(1, static_cast<char>(text.size())) + std::string(text);
    body += std::string("\x15\0\0\0\0", 5) + "\x18" + type;
    return "\x0A" + std::string(1, static_cast<char>(body.size())) + body;
  };
  const std::string foreign = piece("<unk>", 2) + piece("<s>", 3) + piece("</s>", 3) + piece("a", 1);
  CHECK_THAT(thrown([&] { Subwords::from_bytes(foreign, "here"); }),
             StartsWith("4: here: ") && Contains("0, -1, 1, 2") && Contains("--pad_id=1"));
  const std::string ours = piece("<unk>", 2) + piece("<pad>", 3) + piece("<s>", 3) + piece("</s>", 3) + piece("a", 1);
  CHECK(Subwords::from_bytes(ours, "here").size() == 5);
}

TEST_CASE("threads share a vocabulary") {
  const Subwords subwords = train_on(many_sentences(), SubwordKind::unigram, 50);
  const std::vector<TokenId> expected = subwords.encode("The mountain sees a garden.");
  std::vector<std::vector<TokenId>> results(4);
  {
    std::vector<std::jthread> threads;
    for (auto& result : results) {
      threads.emplace_back([&result, subwords] {
        for (int i = 0; i < 200; ++i) result = subwords.encode("The mountain sees a garden.");
      });
    }
  }
  for (const auto& result : results) CHECK(result == expected);
}
