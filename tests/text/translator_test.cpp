#include "heed/text/translator.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "catch.h"
#include "errors.h"
#include "tiny_model.h"

namespace heed {
namespace {

const std::vector<std::string> kLines = {"the house sees a tree",
                                         "river",
                                         "the child sees a bridge , and the window sees a garden , and the letter .",
                                         "a letter , a letter",
                                         "the window sees the window sees the window sees the window",
                                         "and",
                                         "the garden sees a river ."};

}  // namespace

TEST_CASE("lines come back in their order, each as if it were alone, blank ones blank") {
  at::manual_seed(1);
  Translator translator(tiny_translation_model(), {});
  const SearchOptions options{.beam_size = 3, .n_best = 2};
  std::vector<std::string> lines = {"", "  \t "};
  for (const std::string& line : kLines) {
    lines.push_back(line);
    lines.push_back("\u00a0\u3000");
  }
  TranslationStats stats;
  const auto translations = translator.translate(lines, options, &stats);
  REQUIRE(translations.size() == lines.size());
  std::int64_t tokens = 0;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    CAPTURE(lines[i]);
    REQUIRE(translations[i].size() == 2);
    const bool blank = i < 2 || i % 2 == 1;
    if (blank) {
      CHECK((translations[i][0].text.empty() && translations[i][1].text.empty()));
      CHECK(translations[i][0].score == 0);
      continue;
    }
    const auto alone = translator.translate(std::span(&lines[i], 1), options).front();
    for (std::size_t rank = 0; rank < 2; ++rank) {
      CHECK(translations[i][rank].text == alone[rank].text);
      CHECK(translations[i][rank].score == alone[rank].score);
      CHECK(translations[i][rank].tokens == alone[rank].tokens);
      CHECK(translations[i][rank].text == translator.model().target.decode(translations[i][rank].tokens));
    }
    CHECK(translations[i][0].score >= translations[i][1].score);
    CHECK(translations[i][0].tokens != translations[i][1].tokens);
    CHECK(translator.translate(lines[i], options) == alone.front().text);
    tokens += std::ssize(alone.front().tokens) + 1;
  }
  CHECK(stats.sentences == std::ssize(lines));
  CHECK(stats.tokens == tokens);
  CHECK(stats.cut_lines.empty());
  CHECK(translator.translate(std::span<const std::string>(), options).empty());
}

TEST_CASE("a translation is what search finds for the line's tokens") {
  at::manual_seed(2);
  const TranslationModel model = tiny_translation_model();
  Translator translator(model, {});
  const auto translation = translator.translate(std::span(&kLines[0], 1), SearchOptions{}).front().front();
  const c10::InferenceMode inference;
  Transformer network = model.network;
  const std::vector<TokenId> source = model.source.encode(kLines[0]);
  const Hypothesis expected = search(*network, std::span(&source, 1), {}, at::kCPU).front().front();
  CHECK(translation.tokens == expected.tokens);
  CHECK(translation.score == expected.score);
  CHECK_FALSE(translation.text.empty());
}

TEST_CASE("the size of batches changes nothing, in either precision") {
  at::manual_seed(3);
  const TranslationModel model = tiny_translation_model();
  for (const at::ScalarType dtype : {at::kFloat, at::kBFloat16}) {
    Translator one_by_one(model, {.dtype = dtype, .batch_tokens = 1}), together(model, {.dtype = dtype});
    const auto a = one_by_one.translate(kLines, SearchOptions{}), b = together.translate(kLines, SearchOptions{});
    for (std::size_t i = 0; i < kLines.size(); ++i) {
      CHECK(a[i][0].tokens == b[i][0].tokens);
      CHECK(a[i][0].score == b[i][0].score);
    }
  }
}

TEST_CASE("ill-formed UTF-8 is translated as its replacement characters") {
  at::manual_seed(4);
  Translator translator(tiny_translation_model(), {});
  CHECK(translator.translate("the \xff house \xc3 sees") == translator.translate("the \ufffd house \ufffd sees"));
  CHECK(translator.translate("\xff\xfe") == translator.translate("\ufffd\ufffd"));
}

TEST_CASE("a line over the limit is cut, told, and still one translation") {
  at::manual_seed(5);
  const TranslationModel model = tiny_translation_model();
  Translator translator(model, {.max_length = 6});
  TranslationStats stats;
  const std::vector<std::string> lines = {"and", kLines[2], "", kLines[4]};
  const auto translations = translator.translate(lines, SearchOptions{}, &stats);
  CHECK(translations.size() == 4);
  CHECK(stats.cut_lines == std::vector<std::size_t>{1, 3});
  const c10::InferenceMode inference;
  std::vector<TokenId> source = model.source.encode(kLines[2]);
  REQUIRE(source.size() > 6);
  source.resize(6);
  Transformer network = model.network;
  CHECK(translations[1][0].tokens == search(*network, std::span(&source, 1), {}, at::kCPU).front().front().tokens);
}

TEST_CASE("learned positions cut longer lines") {
  at::manual_seed(6);
  const Subwords subwords = tiny_subwords();
  TransformerOptions options = tiny_options(subwords.size());
  options.positions = Positions::learned;
  options.max_positions = 8;
  Translator translator({decided_network(options), subwords, subwords}, {});
  TranslationStats stats;
  const auto translations = translator.translate(kLines, {.max_length_ratio = 5}, &stats);
  CHECK(translations.size() == kLines.size());
  for (const auto& translation : translations) CHECK(translation.front().tokens.size() < 8);
  std::vector<std::size_t> too_long;  // with an end mark
  for (std::size_t i = 0; i < kLines.size(); ++i)
    if (subwords.encode(kLines[i]).size() > 7) too_long.push_back(i);
  REQUIRE_FALSE(too_long.empty());
  CHECK(too_long.size() < kLines.size());
  CHECK(stats.cut_lines == too_long);
}

TEST_CASE("search options are checked before anything is translated") {
  Translator translator(tiny_translation_model(), {});
  CHECK(thrown([&] { translator.translate("the", {.beam_size = 0}); }) == "2: beam-size must be 1 to 1024");
}

}  // namespace heed
