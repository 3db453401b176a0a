#include "heed/text/subword_sampling.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "catch.h"
#include "subword_bytes.h"

using namespace heed;

namespace {

using Segmentation = std::vector<std::string>;
using Distribution = std::map<Segmentation, double>;
using Scores = std::map<std::string, float>;

const std::string kSpace = "\u2581";

/// A vocabulary of these pieces.
Subwords vocabulary(const Scores& scores, SubwordKind kind, const std::string& more = {}) {
  std::string model = special_pieces();
  for (const auto& [text, score] : scores) model += piece(text, score);
  model += more + bytes_field(2, varint_field(3, kind == SubwordKind::bpe ? 2 : 1) + varint_field(35, !more.empty()));
  return Subwords::from_bytes(model, "vocabulary");
}

Segmentation as_pieces(const Subwords& subwords, const std::vector<TokenId>& tokens) {
  Segmentation pieces;
  for (const TokenId token : tokens) pieces.push_back(subwords.piece(token));
  return pieces;
}

std::string spelled(const Segmentation& pieces) {
  std::string text;
  for (const std::string& piece : pieces) text += piece;
  return text;
}

/// Shares of the segmentations among draws of a text under many keys.
Distribution drawn(const Subwords& subwords, const SubwordSampling& sampling, const std::string& text, int draws) {
  const SubwordSampler sampler(subwords, sampling);
  Distribution shares;
  for (int i = 0; i < draws; ++i)
    shares[as_pieces(subwords, sampler(text, make_key(5, static_cast<std::uint64_t>(i))))] += 1.0 / draws;
  return shares;
}

/// Every share within five standard deviations of its probability; nothing else was drawn.
void check_same(const Distribution& shares, const Distribution& expected, int draws) {
  for (const auto& [segmentation, share] : shares) {
    CAPTURE(segmentation, share);
    CHECK(expected.contains(segmentation));
  }
  for (const auto& [segmentation, p] : expected) {
    const auto found = shares.find(segmentation);
    const double share = found == shares.end() ? 0 : found->second;
    CAPTURE(segmentation, share, p);
    CHECK(std::abs(share - p) < 5 * std::sqrt(p * (1 - p) / draws) + 1.0 / draws);
  }
}

/// All segmentations of a text into pieces, each with the product of exp(alpha * score), normalised.
Distribution enumerated(const Scores& scores, double alpha, const std::string& text) {
  Distribution all;
  double total = 0;
  Segmentation begun;
  const std::function<void(std::size_t, double)> go_on = [&](std::size_t at, double log_p) {
    if (at == text.size()) {
      all[begun] = std::exp(log_p);
      total += std::exp(log_p);
    }
    for (const auto& [piece, score] : scores) {
      if (text.compare(at, piece.size(), piece) != 0) continue;
      begun.push_back(piece);
      go_on(at + piece.size(), log_p + alpha * score);
      begun.pop_back();
    }
  };
  go_on(0, 0);
  for (auto& [segmentation, p] : all) p /= total;
  return all;
}

/// All outcomes of merging `symbols` by the rule, step by step: the best pair of neighbours that is a piece and has not
/// been left out is merged, or with probability `dropout` left out for good.
Distribution merged(const Scores& scores, double dropout, const Segmentation& symbols,
                    const std::set<std::size_t>& out) {
  std::optional<std::size_t> best;
  const auto score_of = [&](std::size_t i) { return scores.at(symbols[i] + symbols[i + 1]); };
  for (std::size_t i = 0; i + 1 < symbols.size(); ++i)
    if (scores.contains(symbols[i] + symbols[i + 1]) && !out.contains(i) && (!best || score_of(i) > score_of(*best)))
      best = i;
  if (!best) return {{symbols, 1.0}};
  Segmentation joined = symbols;
  joined[*best] += joined[*best + 1];
  joined.erase(joined.begin() + static_cast<std::ptrdiff_t>(*best) + 1);
  std::set<std::size_t> out_of_joined, out_and_best = out;  // of the pairs before and after, which are new ones, none
  for (const std::size_t i : out) {
    if (i + 1 < *best) out_of_joined.insert(i);
    if (i > *best + 1) out_of_joined.insert(i - 1);
  }
  out_and_best.insert(*best);
  Distribution all;
  for (const auto& [segmentation, p] : merged(scores, dropout, joined, out_of_joined))
    all[segmentation] += p * (1 - dropout);
  for (const auto& [segmentation, p] : merged(scores, dropout, symbols, out_and_best)) all[segmentation] += p * dropout;
  return all;
}

const Scores kUnigram = {{kSpace, -3.0f},       {"a", -2.0f},  {"b", -2.5f},   {"ä", -3.5f},  {"ab", -3.0f},
                         {kSpace + "a", -2.2f}, {"ba", -4.0f}, {"bab", -5.0f}, {"äb", -4.5f}, {kSpace + "ab", -3.9f}};
// Merges of equal score are there on purpose: "ab" and "ba" compete.
const Scores kBpe = {{kSpace, -9.0f}, {"a", -9.0f},          {"b", -9.0f},   {"ä", -9.0f},           {"ab", -1.0f},
                     {"ba", -1.0f},   {kSpace + "a", -2.0f}, {"abab", 0.0f}, {kSpace + "ab", -3.0f}, {"äb", -2.0f}};

/// Sentences of a few words, and a vocabulary trained on them.
std::vector<std::string> sentences() {
  const std::vector<std::string> nouns = {"house", "tree", "garden", "winter", "Straße", "Mädchen", "Kühe", "Äpfel"};
  std::vector<std::string> lines;
  for (const std::string& a : nouns)
    for (const std::string& b : nouns) lines.push_back("The " + a + " sees a  " + b + ", said the " + b + ".");
  return lines;
}

Subwords trained(SubwordKind kind) {
  std::size_t next = 0;
  const std::vector<std::string> lines = sentences();
  return Subwords::train(
      [&](std::string& line) {
        if (next == lines.size()) return false;
        line = lines[next++];
        return true;
      },
      kind, 70);
}

/// One setting for either kind.
SubwordSampling strong() {
  return {.alpha = 0.2, .dropout = 0.3};
}

}  // namespace

TEST_CASE("segmentations are drawn by their probabilities under the unigram model") {
  const Subwords subwords = vocabulary(kUnigram, SubwordKind::unigram);
  constexpr int kDraws = 20'000;
  for (const double alpha : {0.1, 0.5, 1.0}) {
    for (const std::string text : {"abab äb", "bäba"}) {
      CAPTURE(alpha, text);
      std::string normalised = kSpace + text;
      if (const auto space = normalised.find(' '); space != std::string::npos) normalised.replace(space, 1, kSpace);
      const Distribution expected = enumerated(kUnigram, alpha, normalised);
      CHECK(expected.size() > 2);
      check_same(drawn(subwords, {.alpha = alpha}, text, kDraws), expected, kDraws);
    }
  }
}

TEST_CASE("merges are left out as often as BPE-dropout says") {
  const Subwords subwords = vocabulary(kBpe, SubwordKind::bpe);
  constexpr int kDraws = 20'000;
  for (const double dropout : {0.1, 0.5}) {
    CAPTURE(dropout);
    const Distribution expected = merged(kBpe, dropout, {kSpace, "a", "b", "a", "b", kSpace, "ä", "b", "a"}, {});
    CHECK(expected.size() > 5);
    check_same(drawn(subwords, {.dropout = dropout}, "abab äba", kDraws), expected, kDraws);
  }
}

TEST_CASE("a large alpha, or hardly any dropout, draws the best segmentation") {
  const Subwords unigram = trained(SubwordKind::unigram), bpe = trained(SubwordKind::bpe);
  const SubwordSampler by_unigram(unigram, {.alpha = 1e4}), by_bpe(bpe, {.dropout = 1e-300});
  for (const std::string& line : sentences()) {
    CHECK(by_unigram(line, make_key(1)) == unigram.encode(line));
    CHECK(by_bpe(line, make_key(1)) == bpe.encode(line));
  }
}

TEST_CASE("full BPE-dropout leaves characters") {
  const Subwords subwords = trained(SubwordKind::bpe);
  const SubwordSampler sampler(subwords, {.dropout = 1});
  CHECK(as_pieces(subwords, sampler("The Kühe", make_key(1))) ==
        Segmentation{kSpace, "T", "h", "e", kSpace, "K", "ü", "h", "e"});
  // A character that is only ever part of a piece is unknown alone.
  const Subwords without_a = vocabulary({{kSpace, 0.0f}, {"b", 0.0f}, {"ab", 1.0f}}, SubwordKind::bpe);
  CHECK(as_pieces(without_a, SubwordSampler(without_a, {.dropout = 1})("ab", make_key(1))) ==
        Segmentation{kSpace, "<unk>", "b"});
}

TEST_CASE("every draw spells the normalised text") {
  for (const SubwordKind kind : {SubwordKind::unigram, SubwordKind::bpe}) {
    const Subwords subwords = trained(kind);
    const SubwordSampler sampler(subwords, strong());
    std::set<Segmentation> different;
    for (const std::string& line : sentences()) {
      for (std::uint64_t i = 0; i < 20; ++i) {
        const Segmentation pieces = as_pieces(subwords, sampler(line, make_key(2, i)));
        different.insert(pieces);
        CHECK(spelled(pieces) == spelled(subwords.pieces(line)));
      }
    }
    CHECK(different.size() > 10 * sentences().size());
  }
}

TEST_CASE("a draw is a function of text and key") {
  for (const SubwordKind kind : {SubwordKind::unigram, SubwordKind::bpe}) {
    const Subwords subwords = trained(kind);
    const SubwordSampler sampler(subwords, strong()), twin(subwords, strong());
    std::set<std::vector<TokenId>> by_key;
    for (std::uint64_t i = 0; i < 50; ++i) {
      const auto tokens = sampler("The Straße sees a garden", make_key(3, i));
      (void)sampler("The tree", make_key(4, i));
      CHECK(sampler("The Straße sees a garden", make_key(3, i)) == tokens);
      CHECK(twin("The Straße sees a garden", make_key(3, i)) == tokens);
      by_key.insert(tokens);
    }
    CHECK(by_key.size() > 3);
  }
}

TEST_CASE("what is unknown stays so, and pieces are drawn around it") {
  for (const SubwordKind kind : {SubwordKind::unigram, SubwordKind::bpe}) {
    const Subwords subwords = trained(kind);
    const SubwordSampler sampler(subwords, strong());
    const std::string text = "The \u65e5\u672c Kühe\u672c see";
    CHECK(std::ranges::count(subwords.encode(text), kUnk) == 2);
    for (std::uint64_t i = 0; i < 20; ++i) {
      const Segmentation pieces = as_pieces(subwords, sampler(text, make_key(6, i)));
      CHECK(spelled(pieces) == kSpace + "The" + kSpace + "<unk>" + kSpace + "Kühe<unk>" + kSpace + "see");
    }
    CHECK(sampler("", make_key(7)).empty());
  }
}

TEST_CASE("bytes and user-defined pieces stay as they are") {
  std::string more = piece("axa", 0, 4);
  for (int byte = 0; byte < 256; ++byte) {
    char name[8];
    std::snprintf(name, sizeof name, "<0x%02X>", static_cast<unsigned>(byte));
    more += piece(name, 0, 6);
  }
  for (const SubwordKind kind : {SubwordKind::unigram, SubwordKind::bpe}) {
    const Subwords subwords = vocabulary(kind == SubwordKind::bpe ? kBpe : kUnigram, kind, more);
    const SubwordSampler sampler(subwords, strong());
    std::set<Segmentation> different;
    for (std::uint64_t i = 0; i < 50; ++i) {
      const Segmentation pieces = as_pieces(subwords, sampler("ab\u65e5axaab", make_key(8, i)));
      different.insert(pieces);
      CHECK(spelled(pieces) == kSpace + "ab<0xE6><0x97><0xA5>axaab");
      CHECK(std::ranges::count(pieces, "axa") == 1);
      CHECK(std::ranges::count(pieces, "<0x97>") == 1);
    }
    CHECK(different.size() > 3);
  }
}

TEST_CASE("without a setting for the vocabulary's kind nothing is drawn") {
  const Subwords unigram = trained(SubwordKind::unigram), bpe = trained(SubwordKind::bpe);
  for (const std::string& line : sentences()) {
    CHECK(SubwordSampler(unigram, {.alpha = 0, .dropout = 0.9})(line, make_key(1)) == unigram.encode(line));
    CHECK(SubwordSampler(bpe, {.alpha = 0.1, .dropout = 0})(line, make_key(1)) == bpe.encode(line));
  }
}
