#include "heed/text/translator.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>

#include "heed/models/rnn_seq2seq.h"

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

// An untrained recurrent network whose states say much about what was read.
TranslationModel recurrent_model(Arch arch, RnnAttention attention = RnnAttention::general) {
  const Subwords subwords = tiny_subwords();
  Seq2SeqOptions options = tiny_options(subwords.size());
  options.arch = arch;
  options.rnn_attention = attention;
  RnnSeq2Seq network(options);
  const at::NoGradGuard no_grad;
  network->output->weight.normal_(0, 0.6);
  for (auto& parameter : network->named_parameters())
    if (parameter.value().dim() == 2 && parameter.key().find("gates") != std::string::npos) parameter.value().mul_(1.5);
  network->eval();
  return {network.ptr(), subwords, subwords};
}

TranslationModel model_of_short_positions() {
  const Subwords subwords = tiny_subwords();
  Seq2SeqOptions options = tiny_options(subwords.size());
  options.positions = Positions::learned;
  options.max_positions = 8;
  return {decided_network(options).ptr(), subwords, subwords};
}

// Weights that were written down are those of the network, and each row of them is whole.
void check_same(const AttentionLayers& written, const std::vector<at::Tensor>& maps, std::size_t rows,
                std::size_t columns) {
  REQUIRE(written.size() == 2);
  for (std::size_t layer = 0; layer < written.size(); ++layer) {
    REQUIRE(written[layer].size() == 4);
    for (std::size_t head = 0; head < written[layer].size(); ++head) {
      const AttentionMatrix& matrix = written[layer][head];
      REQUIRE((matrix.rows == rows && matrix.columns == columns));
      const at::Tensor expected = maps[layer][0][static_cast<std::int64_t>(head)],
                       found = at::tensor(matrix.weights).view_as(expected);
      CHECK(found.equal(expected));
      CHECK(at::allclose(found.sum(1), at::ones(expected.size(0)), 0, 1e-5));
    }
  }
}

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

TEST_CASE("the number of workers changes nothing, whether lines are drawn, guided or scored") {
  at::manual_seed(9);
  const TranslationModel model = tiny_translation_model();
  std::vector<std::string> lines;
  std::vector<LineGuidance> guidance;
  for (int i = 0; i < 6; ++i)
    for (const std::string& line : kLines) {
      lines.push_back(line + (i % 2 == 0 ? "" : " the tree") + (i > 3 ? " ." : ""));
      guidance.push_back(
          {i == 2 ? "the river" : "", i == 3 ? std::vector<std::string>{"garden"} : std::vector<std::string>{}});
    }
  for (const bool drawn : {false, true}) {
    const SearchOptions options{.n_best = 2, .sample = drawn};
    std::vector<std::vector<std::vector<Translation>>> all;
    for (const std::size_t workers : {1, 3})
      all.push_back(Translator(model, {.batch_tokens = 64, .token_scores = true, .workers = workers})
                        .translate(lines, options, nullptr, drawn ? std::vector<LineGuidance>{} : guidance));
    for (std::size_t i = 0; i < lines.size(); ++i)
      for (std::size_t rank = 0; rank < 2; ++rank) {
        CHECK(all[0][i][rank].text == all[1][i][rank].text);
        CHECK(all[0][i][rank].score == all[1][i][rank].score);
        CHECK(all[0][i][rank].log_p == all[1][i][rank].log_p);
      }
  }
  const std::vector<std::string> references(lines.rbegin(), lines.rend());
  std::vector<std::vector<Translation>> scored;
  TranslationStats stats;
  for (const std::size_t workers : {1, 3})
    scored.push_back(Translator(model, {.batch_tokens = 64, .workers = workers}).score(lines, references, 1, &stats));
  for (std::size_t i = 0; i < lines.size(); ++i) {
    CHECK(scored[0][i].score == scored[1][i].score);
    CHECK(scored[0][i].log_p == scored[1][i].log_p);
  }
}

TEST_CASE("with a cache equal lines are translated once, and nothing else changes") {
  at::manual_seed(10);
  const TranslationModel model = tiny_translation_model();
  std::vector<std::string> lines;
  std::vector<LineGuidance> guidance;
  for (int i = 0; i < 3; ++i)
    for (const std::string& line : kLines) {
      lines.push_back(line);
      guidance.push_back({i == 1 ? "the river" : "", {}});  // the first and third time all is equal
    }
  lines.push_back("");
  guidance.emplace_back();
  TranslationStats with, without;
  const auto plain = Translator(model, {}).translate(lines, {}, &without, guidance);
  const auto cached = Translator(model, {.cache = true}).translate(lines, {}, &with, guidance);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    CHECK(cached[i].front().text == plain[i].front().text);
    CHECK(cached[i].front().score == plain[i].front().score);
  }
  CHECK(plain[0].front().text != plain[kLines.size()].front().text);
  CHECK(with.tokens == without.tokens);
  CHECK(with.sentences == without.sentences);
  CHECK(with.searched == 2 * std::ssize(kLines));
  CHECK(without.searched == 3 * std::ssize(kLines));
}

TEST_CASE("a translation is what search finds for the line's tokens") {
  at::manual_seed(2);
  const TranslationModel model = tiny_translation_model();
  Translator translator(model, {});
  const auto translation = translator.translate(std::span(&kLines[0], 1), SearchOptions{}).front().front();
  const c10::InferenceMode inference;
  const std::shared_ptr<Seq2SeqModel> network = model.network;
  const std::vector<TokenId> source = model.source.encode(kLines[0]);
  const Hypothesis expected = search(*network, std::span(&source, 1), {}, at::kCPU).front().front();
  CHECK(translation.tokens == expected.tokens);
  CHECK(translation.score == expected.score);
  CHECK_FALSE(translation.text.empty());
}

TEST_CASE("the size of batches changes nothing, in any precision") {
  at::manual_seed(3);
  const TranslationModel model = tiny_translation_model();
  for (const at::ScalarType dtype : {at::kFloat, at::kBFloat16, at::kChar}) {
    Translator one_by_one(model, {.dtype = dtype, .batch_tokens = 1}), together(model, {.dtype = dtype});
    const auto a = one_by_one.translate(kLines, SearchOptions{}), b = together.translate(kLines, SearchOptions{});
    for (std::size_t i = 0; i < kLines.size(); ++i) {
      CHECK(a[i][0].tokens == b[i][0].tokens);
      CHECK(a[i][0].score == b[i][0].score);
    }
  }
}

TEST_CASE("bfloat16 and int8 move scores by little more than their steps") {
  at::manual_seed(11);
  for (const Arch arch : {Arch::transformer, Arch::lstm, Arch::gru}) {
    const TranslationModel model = arch == Arch::transformer ? tiny_translation_model() : recurrent_model(arch);
    const auto scores_of = [&](at::ScalarType dtype) {
      Translator translator(model, {.dtype = dtype});
      std::vector<double> scores;
      for (const Translation& one : translator.score(kLines, kLines, 1)) scores.push_back(one.score);
      return scores;
    };
    const std::vector<double> exact = scores_of(at::kFloat);
    // Mean log probabilities of a token, of about -6. Eight bits of mantissa, or of fixed point, are a step of 1/256.
    const double int8_bound = arch == Arch::transformer ? 0.3 : 0.05;  // states within -1 and 1 have smaller steps
    for (const auto& [dtype, bound] : {std::pair{at::kBFloat16, 0.1}, std::pair{at::kChar, int8_bound}}) {
      const std::vector<double> found = scores_of(dtype);
      double most = 0;
      for (std::size_t i = 0; i < exact.size(); ++i) most = std::max(most, std::abs(found[i] - exact[i]));
      CAPTURE(name_of(arch), toString(dtype), most);
      CHECK(most < bound);
      CHECK(most > 1e-5);
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
  const std::shared_ptr<Seq2SeqModel> network = model.network;
  CHECK(translations[1][0].tokens == search(*network, std::span(&source, 1), {}, at::kCPU).front().front().tokens);
}

TEST_CASE("a line of more bytes than are encoded is cut and told, however few tokens it has") {
  at::manual_seed(5);
  Translator translator(tiny_translation_model(), {});
  TranslationStats stats;
  // The third has too many bytes once its ill-formed ones are replacement characters.
  const std::vector<std::string> lines = {kLines[2], kLines[2] + std::string(Subwords::kLongestText, ' ') + kLines[4],
                                          kLines[2] + std::string(Subwords::kLongestText / 2, '\xff') + kLines[4]};
  const auto translations = translator.translate(lines, SearchOptions{}, &stats);
  CHECK(stats.cut_lines == std::vector<std::size_t>{1, 2});
  CHECK(translations[1][0].tokens == translations[0][0].tokens);
}

TEST_CASE("learned positions cut longer lines") {
  at::manual_seed(6);
  Translator translator(model_of_short_positions(), {});
  CHECK(translator.longest_source() == 7);
  TranslationStats stats;
  const auto translations = translator.translate(kLines, {.max_length_ratio = 5}, &stats);
  CHECK(translations.size() == kLines.size());
  for (const auto& translation : translations) CHECK(translation.front().tokens.size() < 8);
  std::vector<std::size_t> too_long;  // with an end mark
  for (std::size_t i = 0; i < kLines.size(); ++i)
    if (translator.model().source.encode(kLines[i]).size() > 7) too_long.push_back(i);
  REQUIRE_FALSE(too_long.empty());
  CHECK(too_long.size() < kLines.size());
  CHECK(stats.cut_lines == too_long);
}

TEST_CASE("given translations get the log probabilities of a full decode, token by token") {
  at::manual_seed(7);
  const TranslationModel model = tiny_translation_model();
  for (const at::ScalarType dtype : {at::kFloat, at::kBFloat16}) {
    Translator translator(model, {.dtype = dtype});
    std::vector<std::string> lines = kLines, references(kLines.rbegin(), kLines.rend());
    lines.insert(lines.begin() + 2, " ");
    references.insert(references.begin() + 2, "the house");  // which nothing said before
    lines.emplace_back();
    references.emplace_back(" ");
    TranslationStats stats;
    const std::vector<Translation> scored = translator.score(lines, references, 0.7, &stats);
    REQUIRE(scored.size() == lines.size());
    CHECK(stats.sentences == std::ssize(lines));
    CHECK(scored.back().log_p.empty());
    CHECK(scored.back().score == 0);
    CHECK(translator.score({{"the house"}}, {{"the \xFF"}}, 1).front().text == "the \ufffd");
    const c10::InferenceMode inference;
    const ComputeDtypeGuard compute(dtype);
    const std::shared_ptr<Seq2SeqModel> network = model.network;
    for (std::size_t i = 0; i + 1 < lines.size(); ++i) {
      CAPTURE(toString(dtype), lines[i]);
      const std::vector<TokenId> source = model.source.encode(lines[i]), target = model.target.encode(references[i]);
      CHECK(scored[i].tokens == target);
      CHECK(scored[i].text == references[i]);
      const auto [input, output] = make_target_batch(std::span(&target, 1), at::kCPU);
      const SourceBatch batch = make_source_batch(std::span(&source, 1), 16, at::kCPU);
      const at::Tensor states = network->decode(network->encode(batch, nullptr), input, nullptr);  // [1, T, D]
      const at::Tensor log_p = at::log_softmax(all_logits(*network, states[0]), 1);                // [T, C]
      REQUIRE(scored[i].log_p.size() == target.size() + 1);
      double total = 0;
      for (std::size_t t = 0; t <= target.size(); ++t) {
        const auto expected =
            log_p[static_cast<std::int64_t>(t)][output[0][static_cast<std::int64_t>(t)].item<std::int64_t>()]
                .item<float>();
        CHECK(scored[i].log_p[t] == Approx(static_cast<double>(expected)).margin(dtype == at::kFloat ? 1e-4 : 5e-2));
        total += scored[i].log_p[t];
      }
      CHECK(scored[i].score == Approx(normalised_score(total, target.size() + 1, 0.7)));
    }
  }
}

TEST_CASE("the log probabilities of what search found add up to its score") {
  at::manual_seed(12);
  const SearchOptions options{.beam_size = 3, .length_penalty = 0.7, .n_best = 2};
  Translator translator(tiny_translation_model(), {.token_scores = true});
  for (const auto& alternatives : translator.translate(kLines, options))
    for (const Translation& one : alternatives) {
      double total = 0;
      for (const double log_p : one.log_p) total += log_p;
      REQUIRE(one.log_p.size() == one.tokens.size() + 1);
      CHECK(normalised_score(total, one.log_p.size(), 0.7) == Approx(one.score).margin(1e-4));
    }
  CHECK(Translator(tiny_translation_model(), {}).translate(std::span(&kLines[0], 1), options)[0][0].log_p.empty());
}

TEST_CASE("a translation to score that is too long for learned positions is named by its line") {
  at::manual_seed(13);
  Translator translator(model_of_short_positions(), {});
  const std::vector<std::string> lines = {"and", "and"}, references = {"and", kLines[2]};
  CHECK(thrown([&] {
          translator.score(lines, references, 1);
        }).starts_with("3: the translation to score in line 2 has "));
}

TEST_CASE("a prefix that is too long for learned positions is named by its line") {
  at::manual_seed(13);
  Translator translator(model_of_short_positions(), {});
  const std::vector<std::string> lines = {"and", "and"};
  const std::vector<LineGuidance> guidance = {{"and", {}}, {kLines[2], {}}};
  TranslationStats stats;
  translator.translate(lines, {}, &stats);
  CHECK(thrown([&] { translator.translate(lines, {}, &stats, guidance); }).starts_with("3: the prefix in line 4 has "));
}

TEST_CASE("a network without attention is refused at once where attention is wanted") {
  const TranslationModel model = recurrent_model(Arch::gru, RnnAttention::none);
  for (const TranslatorOptions& options :
       {TranslatorOptions{.attention = true}, TranslatorOptions{.replace_unk = true}})
    CHECK(
        thrown([&] { Translator(model, options); }).starts_with("2: this model was trained with --rnn-attention none"));
}

TEST_CASE("attention is that of the network, one row for each piece and the end") {
  at::manual_seed(9);
  const TranslationModel model = tiny_translation_model();
  Translator translator(model, {.attention = true});
  const auto found = translator.translate(kLines, {.beam_size = 2, .n_best = 2});
  const c10::InferenceMode inference;
  const std::shared_ptr<Seq2SeqModel> network = model.network;
  for (std::size_t i = 0; i < kLines.size(); ++i) {
    REQUIRE(found[i][0].attention);
    CHECK_FALSE(found[i][1].attention);
    const AttentionRecord& record = *found[i][0].attention;
    const std::vector<TokenId> source = model.source.encode(kLines[i]), &target = found[i][0].tokens;
    REQUIRE(record.source.size() == source.size() + 1);
    REQUIRE(record.target.size() == target.size() + 1);
    CHECK(record.target.back() == "</s>");
    const auto [input, output] = make_target_batch(std::span(&target, 1), at::kCPU);
    const TranslationAttention maps =
        network->attention_maps(make_source_batch(std::span(&source, 1), 1, at::kCPU), input);
    check_same(record.encoder, maps.encoder, record.source.size(), record.source.size());
    check_same(record.decoder, maps.decoder, record.target.size(), record.target.size());
    check_same(record.cross, maps.cross, record.target.size(), record.source.size());
    for (std::size_t c = 1; c < record.target.size(); ++c) CHECK(record.decoder[0][0].at(0, c) == 0);
  }
  CHECK_FALSE(Translator(model, {}).translate(std::span(&kLines[0], 1), SearchOptions{})[0][0].attention);
}

TEST_CASE("several models: found and given translations have the same score, other vocabularies are refused") {
  at::manual_seed(10);
  TranslationModel one = tiny_translation_model(), two = one;
  two.network = decided_network(tiny_options(one.target.size())).ptr();
  Translator both({one, two}, {.token_scores = true}), first(one, {});
  const auto found = both.translate(kLines, {.beam_size = 3});
  bool any_other = false;
  for (std::size_t i = 0; i < kLines.size(); ++i) {
    double total = 0;
    for (const double log_p : found[i][0].log_p) total += log_p;
    CHECK(normalised_score(total, found[i][0].log_p.size(), 1) == Approx(found[i][0].score).margin(1e-4));
    any_other =
        any_other || found[i][0].tokens != first.translate(std::span(&kLines[i], 1), {.beam_size = 3})[0][0].tokens;
  }
  CHECK(any_other);
  TranslationModel foreign = two;
  std::size_t left = 40;
  foreign.target = Subwords::train(
      [&](std::string& line) {
        line = "quite other words " + std::to_string(left);
        return left-- > 0;
      },
      SubwordKind::unigram, 30);
  CHECK(thrown([&] { Translator({one, foreign}, {}); }).starts_with("2: models of different vocabularies"));
  CHECK(
      thrown([&] { Translator({one, two}, {.attention = true}); }).starts_with("2: attention can be looked at in one"));
}

TEST_CASE("a translation begins with its prefix") {
  at::manual_seed(8);
  const TranslationModel model = tiny_translation_model();
  Translator translator(model, {});
  const std::vector<std::string> lines = {kLines[0], "", kLines[2], kLines[3]}, prefixes = {"a garden", "x", "", "the"};
  std::vector<LineGuidance> guidance;
  for (const std::string& prefix : prefixes) guidance.push_back({prefix, {}});
  const auto found = translator.translate(lines, {}, nullptr, guidance), free = translator.translate(lines, {});
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::vector<TokenId> prefix = model.target.encode(prefixes[i]), &tokens = found[i][0].tokens;
    if (lines[i].empty()) {
      CHECK(tokens.empty());
      continue;
    }
    REQUIRE(tokens.size() >= prefix.size());
    CHECK(std::equal(prefix.begin(), prefix.end(), tokens.begin()));
  }
  CHECK(found[2][0].tokens == free[2][0].tokens);
  CHECK(found[0][0].tokens != free[0][0].tokens);
}

TEST_CASE("terms appear in the translation") {
  at::manual_seed(11);
  const TranslationModel model = tiny_translation_model();
  Translator translator(model, {});
  const std::vector<LineGuidance> guidance = {{"", {"bridge"}}, {"the", {"letter", "window"}}, {}};
  const std::vector<std::string> lines = {kLines[0], kLines[1], kLines[3]};
  const auto found = translator.translate(lines, {}, nullptr, guidance), free = translator.translate(lines, {});
  const auto has = [&](const Translation& translation, const std::string& term) {
    const std::vector<TokenId> tokens = model.target.encode(term);
    return !std::ranges::search(translation.tokens, tokens).empty();
  };
  CHECK(has(found[0][0], "bridge"));
  CHECK(has(found[1][0], "letter"));
  CHECK(has(found[1][0], "window"));
  CHECK_FALSE((has(free[0][0], "bridge") && has(free[1][0], "letter") && has(free[1][0], "window")));
  CHECK(found[2][0].tokens == free[2][0].tokens);
}

TEST_CASE("search options are checked before anything is translated") {
  Translator translator(tiny_translation_model(), {});
  CHECK(thrown([&] { translator.translate("the", {.beam_size = 0}); }) == "2: beam-size must be 1 to 1024");
}

TEST_CASE("a shortlist leaves the tokens that are likely, and all that must be there") {
  at::manual_seed(11);
  TranslationModel model = tiny_translation_model();
  const std::int64_t vocabulary = model.source.size();
  const auto translated = [&](const TranslationModel& with, const std::vector<LineGuidance>& guidance,
                              std::int64_t batch_tokens) {
    Translator translator(with, {.batch_tokens = batch_tokens, .shortlist = true});
    return translator.translate(kLines, {.beam_size = 3}, nullptr, guidance);
  };
  Translator plain(model, {});
  const auto expected = plain.translate(kLines, {.beam_size = 3});

  // Of each token itself: no other comes, whatever the neighbours have, but for what was asked for.
  std::vector<TokenId> itself(static_cast<std::size_t>(vocabulary));
  std::iota(itself.begin(), itself.end(), 0);
  model.shortlist = Shortlist(itself, 1, vocabulary, vocabulary);
  const int threads = at::get_num_threads();
  at::set_num_threads(1);
  const auto copied = translated(model, {}, 4096), alone = translated(model, {}, 1);
  at::set_num_threads(threads);
  const auto is_from_source = [&](TokenId token, const std::string& line) {
    const std::vector<TokenId> source = model.source.encode(line);
    return std::ranges::count(source, token) > 0;
  };
  std::size_t others = 0;
  for (std::size_t i = 0; i < kLines.size(); ++i) {
    for (const TokenId token : copied[i].front().tokens) CHECK(is_from_source(token, kLines[i]));
    for (const TokenId token : expected[i].front().tokens) others += is_from_source(token, kLines[i]) ? 0 : 1;
    CHECK(alone[i].front().tokens == copied[i].front().tokens);
    CHECK(alone[i].front().score == copied[i].front().score);
  }
  CHECK(others > 0);
  const std::vector<LineGuidance> guidance(kLines.size(), LineGuidance{"a window", {"the garden"}});
  for (const auto& translations : translated(model, guidance, 4096)) {
    CHECK_THAT(translations.front().text, Catch::Matchers::StartsWith("a window"));
    CHECK_THAT(translations.front().text, Catch::Matchers::Contains("the garden"));
  }

  model.shortlist = {};
  CHECK_THAT(thrown([&] { translated(model, {}, 4096); }), Catch::Matchers::Contains("no lexical shortlist"));
}

}  // namespace heed
