#include "heed/text/batches.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <utility>

#include "catch.h"
#include "errors.h"
#include "subword_bytes.h"
#include "text_files.h"

using namespace heed;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

constexpr std::uint64_t kWindowPairs = 16 * 4096;

/// A vocabulary of letters, so that a text's length is known: every letter and every space mark is a token.
Subwords letters() {
  std::string model = special_pieces() + piece("\u2581");
  for (char letter = 'a'; letter <= 'z'; ++letter) model += piece(std::string(1, letter));
  return Subwords::from_bytes(model, "letters");
}

/// Pairs whose target says their number in letters, and whose source has one to seven letters.
std::string numbered(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (char& digit : digits) digit = static_cast<char>(digit - '0' + 'a');
  return digits;
}

struct Corpus {
  /// Only every `step`-th pair has text: several windows without the time to encode them.
  explicit Corpus(std::uint64_t pairs, std::uint64_t step = 1) {
    std::string source, target;
    for (std::uint64_t i = 0; i < pairs; ++i) {
      source += std::string(i % step == 0 ? 1 + i % 7 : 0, 'x') + "\n";
      target += numbered(i) + "\n";
    }
    open(source, target);
  }
  Corpus(const std::string& source, const std::string& target) { open(source, target); }

  BatchStream stream(BatchOptions options, DataPosition start = {}, std::vector<std::uint64_t> excluded = {}) const {
    return BatchStream(corpus, letters(), letters(), options, std::move(excluded), start);
  }

  std::shared_ptr<const ParallelCorpus> corpus;

 private:
  void open(const std::string& source, const std::string& target) {
    corpus = std::make_shared<ParallelCorpus>(
        CorpusFiles{{files_.write("source", source)}, {files_.write("target", target)}, {}}, files_.cache());
  }
  TextFiles files_;
};

/// Everything up to the end of `epochs` epochs.
std::vector<TokenBatch> read_epochs(BatchStream& stream, std::uint64_t epochs = 1) {
  std::vector<TokenBatch> batches;
  do batches.push_back(stream.next());
  while (batches.back().next.epoch < epochs);
  return batches;
}

// Sentences times the longest of all sides, end mark counted.
std::int64_t padded_tokens(const TokenBatch& batch) {
  std::size_t longest = 0;
  for (const auto* side : {&batch.source, &batch.target})
    for (const auto& sentence : *side) longest = std::max(longest, sentence.size() + 1);
  return static_cast<std::int64_t>(batch.sentences.size() * longest);
}

std::vector<std::uint64_t> order_of(const std::vector<TokenBatch>& batches) {
  std::vector<std::uint64_t> order;
  for (const TokenBatch& batch : batches) order.insert(order.end(), batch.sentences.begin(), batch.sentences.end());
  return order;
}

bool same(const TokenBatch& a, const TokenBatch& b) {
  return a.sentences == b.sentences && a.source == b.source && a.target == b.target && a.next == b.next;
}

std::vector<std::uint64_t> sorted(std::vector<std::uint64_t> numbers) {
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

std::vector<std::uint64_t> all_numbers(std::uint64_t count) {
  std::vector<std::uint64_t> numbers(count);
  std::iota(numbers.begin(), numbers.end(), std::uint64_t{0});
  return numbers;
}

BatchOptions options_of(std::int64_t batch_tokens, std::uint64_t seed = 1) {
  BatchOptions options;
  options.batch_tokens = batch_tokens;
  options.seed = seed;
  return options;
}

/// Letters and all pairs of the letters that say numbers, equally good.
Subwords letters_and_pairs() {
  std::string model = special_pieces() + piece("\u2581");
  for (char letter = 'a'; letter <= 'z'; ++letter) model += piece(std::string(1, letter), -1);
  for (char first = 'a'; first <= 'j'; ++first)
    for (char second = 'a'; second <= 'j'; ++second) model += piece({first, second}, -1);
  return Subwords::from_bytes(model, "letters and pairs");
}

BatchStream sampled_stream(const Corpus& corpus, BatchOptions options, DataPosition start = {}) {
  options.sampling.alpha = 0.5;
  return BatchStream(corpus.corpus, letters_and_pairs(), letters_and_pairs(), options, {}, start);
}

/// The target tokens of each sentence.
std::map<std::uint64_t, std::vector<TokenId>> targets_of(const std::vector<TokenBatch>& batches) {
  std::map<std::uint64_t, std::vector<TokenId>> targets;
  for (const TokenBatch& batch : batches)
    for (std::size_t i = 0; i < batch.sentences.size(); ++i) targets[batch.sentences[i]] = batch.target[i];
  return targets;
}

}  // namespace

TEST_CASE("the largest of the batches at hand is known before it comes") {
  const Corpus corpus(500);
  BatchStream stream = corpus.stream(options_of(60));
  CHECK(TokenBatch{.sentences = {1, 2}, .source = {{5}, {}}, .target = {{5, 6}, {7}}, .next = {}}.tokens() == 8);
  const TokenBatch largest = stream.largest();
  std::int64_t most = 0;
  bool comes = false;
  for (TokenBatch batch = stream.next();; batch = stream.next()) {
    most = std::max(most, batch.tokens());
    comes = comes || (batch.sentences == largest.sentences && batch.target == largest.target);
    if (batch.next.epoch == 1) break;
  }
  CHECK(largest.tokens() == most);
  CHECK(comes);
}

TEST_CASE("every pair is visited once an epoch, in bounded batches, over several windows") {
  constexpr std::uint64_t kPairs = kWindowPairs + 5000;
  const Corpus corpus(kPairs);
  BatchStream stream = corpus.stream(options_of(2000));
  const std::vector<TokenBatch> batches = read_epochs(stream, 2);
  const auto middle =
      std::find_if(batches.begin(), batches.end(), [](const auto& batch) { return batch.next.epoch == 1; });
  const std::vector<TokenBatch> first(batches.begin(), middle + 1), second(middle + 1, batches.end());
  CHECK(sorted(order_of(first)) == all_numbers(kPairs));
  CHECK(sorted(order_of(second)) == all_numbers(kPairs));
  CHECK(order_of(first) != order_of(second));
  CHECK(first.back().next == DataPosition{1, 0});
  CHECK(second.back().next == DataPosition{2, 0});

  const Subwords vocabulary = letters();
  std::uint64_t visited = 0;
  std::int64_t fullest = 0;
  for (const TokenBatch& batch : first) {
    REQUIRE(batch.source.size() == batch.sentences.size());
    REQUIRE(batch.target.size() == batch.sentences.size());
    CHECK(padded_tokens(batch) <= 2000);
    fullest = std::max(fullest, padded_tokens(batch));
    std::size_t tokens = 0;
    for (std::size_t i = 0; i < batch.sentences.size(); ++i) {
      const std::uint64_t number = batch.sentences[i];
      if (vocabulary.decode(batch.target[i]) != numbered(number) || batch.source[i].size() != 2 + number % 7) {
        FAIL("pair " << number << " has the tokens of another");
      }
      tokens += batch.target[i].size() + 1;
    }
    CHECK(batch.target_tokens() == static_cast<std::int64_t>(tokens));
    visited += batch.sentences.size();
    CHECK(batch.next == (visited == kPairs ? DataPosition{1, 0} : DataPosition{0, visited}));
  }
  CHECK(fullest > 1900);
}

TEST_CASE("batches hold similar lengths in an order without a trend") {
  const Corpus corpus(20'000);
  BatchStream stream = corpus.stream(options_of(500));
  std::int64_t padded = 0, needed = 0;
  std::vector<std::int64_t> longest;
  for (const TokenBatch& batch : read_epochs(stream)) {
    padded += padded_tokens(batch);
    for (std::size_t i = 0; i < batch.sentences.size(); ++i) {
      needed += static_cast<std::int64_t>(std::max(batch.source[i].size(), batch.target[i].size())) + 1;
    }
    longest.push_back(padded_tokens(batch) / static_cast<std::int64_t>(batch.sentences.size()));
  }
  CHECK(static_cast<double>(padded) < 1.02 * static_cast<double>(needed));
  CHECK_FALSE(std::is_sorted(longest.begin(), longest.end()));
  CHECK_FALSE(std::is_sorted(longest.rbegin(), longest.rend()));
}

TEST_CASE("the order is a function of the seed") {
  const Corpus corpus(3000);
  const auto order = [&](std::uint64_t seed) {
    BatchStream stream = corpus.stream(options_of(300, seed));
    return order_of(read_epochs(stream));
  };
  CHECK(order(1) == order(1));
  CHECK(order(1) != order(2));
  CHECK(sorted(order(2)) == all_numbers(3000));
}

TEST_CASE("pairs of equal length meet others in each epoch") {
  const Corpus corpus(3000);
  BatchStream stream = corpus.stream(options_of(100));
  std::set<std::vector<std::uint64_t>> first, repeated;
  for (const TokenBatch& batch : read_epochs(stream, 1)) first.insert(sorted(batch.sentences));
  for (const TokenBatch& batch : read_epochs(stream, 2)) {
    if (first.contains(sorted(batch.sentences))) repeated.insert(sorted(batch.sentences));
  }
  CHECK(first.size() > 100);
  CHECK(repeated.size() < 5);
}

TEST_CASE("which pairs a window holds does not depend on the batch size") {
  const Corpus corpus(kWindowPairs + 5 * 4096, 32);
  const auto first_blocks = [&](std::int64_t batch_tokens, std::uint64_t seed) {
    BatchStream stream = corpus.stream(options_of(batch_tokens, seed));
    std::set<std::uint64_t> blocks;
    for (DataPosition position; position.sentence < kWindowPairs && position.epoch == 0;) {
      const TokenBatch batch = stream.next();
      for (const std::uint64_t pair : batch.sentences) blocks.insert(pair / 4096);
      position = batch.next;
    }
    return blocks;
  };
  const std::set<std::uint64_t> blocks = first_blocks(500, 1);
  CHECK(blocks.size() == 16);
  CHECK(blocks == first_blocks(3000, 1));
  CHECK(blocks != first_blocks(500, 2));
}

TEST_CASE("a stream goes on exactly where it stood") {
  SECTION("at every batch of a small corpus, across epochs") {
    const Corpus corpus(100);
    const BatchOptions options = options_of(60);
    BatchStream whole = corpus.stream(options);
    const std::vector<TokenBatch> batches = read_epochs(whole, 3);
    REQUIRE(batches.size() > 30);
    for (std::size_t k = 0; k < batches.size(); ++k) {
      BatchStream rest = corpus.stream(options, batches[k].next);
      for (std::size_t i = k + 1; i < std::min(k + 20, batches.size()); ++i) REQUIRE(same(rest.next(), batches[i]));
    }
  }
  SECTION("in any window of a large one") {
    const Corpus corpus(2 * kWindowPairs + 9000, 32);
    const BatchOptions options = options_of(1000);
    BatchStream whole = corpus.stream(options);
    const std::vector<TokenBatch> batches = read_epochs(whole, 2);
    for (std::size_t k = 3; k + 1 < batches.size(); k += batches.size() / 9) {
      BatchStream rest = corpus.stream(options, batches[k].next);
      for (std::size_t i = k + 1; i < std::min(k + 4, batches.size()); ++i) REQUIRE(same(rest.next(), batches[i]));
    }
  }
  SECTION("at every window's end, into the next") {
    const Corpus corpus(kWindowPairs + 9000, 32);
    const BatchOptions options = options_of(2000);
    BatchStream whole = corpus.stream(options);
    const std::vector<TokenBatch> batches = read_epochs(whole, 2);
    BatchStream rest = corpus.stream(options, batches[2].next);
    for (std::size_t i = 3; i < batches.size(); ++i) REQUIRE(same(rest.next(), batches[i]));
  }
}

TEST_CASE("a start between two batches leads to the next one") {
  const Corpus corpus(1000);
  const BatchOptions options = options_of(200);
  BatchStream whole = corpus.stream(options);
  const std::vector<TokenBatch> batches = read_epochs(whole, 2);
  REQUIRE(batches[3].sentences.size() > 1);
  CHECK(same(corpus.stream(options, {0, batches[3].next.sentence - 1}).next(), batches[4]));
  CHECK(same(corpus.stream(options, {0, batches[3].next.sentence + 1}).next(), batches[5]));
  const auto second =
      std::find_if(batches.begin(), batches.end(), [](const auto& batch) { return batch.next.epoch == 1; }) + 1;
  CHECK(same(corpus.stream(options, {0, 1000}).next(), *second));
  CHECK(same(corpus.stream(options, {0, 999}).next(), *second));
  CHECK(same(corpus.stream(options, {0, 5000}).next(), *second));
}

TEST_CASE("excluded pairs and pairs with an empty side are never seen, but counted") {
  std::string source, target;
  for (int i = 0; i < 500; ++i) {
    source += (i % 10 == 3 ? " \t" : "abc") + std::string("\n");
    target += (i % 10 == 5 ? "\u00A0" : "ab") + std::string("\n");
  }
  const Corpus corpus(source, target);
  const std::vector<std::uint64_t> excluded = {0, 1, 2, 77, 499};
  const BatchOptions options = options_of(100);
  BatchStream stream = corpus.stream(options, {}, excluded);
  const std::vector<TokenBatch> batches = read_epochs(stream, 2);
  std::map<std::uint64_t, int> visits;
  for (const std::uint64_t sentence : order_of(batches)) ++visits[sentence];
  for (std::uint64_t i = 0; i < 500; ++i) {
    const bool dropped = i % 10 == 3 || i % 10 == 5 || std::binary_search(excluded.begin(), excluded.end(), i);
    CHECK(visits[i] == (dropped ? 0 : 2));
  }
  CHECK(batches.back().next == DataPosition{2, 0});
  for (std::size_t k = 0; k + 1 < batches.size(); ++k) {
    BatchStream rest = corpus.stream(options, batches[k].next, excluded);
    REQUIRE(same(rest.next(), batches[k + 1]));
  }
}

TEST_CASE("a side that normalisation leaves nothing of is empty") {
  const Corpus corpus("\u200B\nabc\n\uFFFD\nabc\n\xFF\n", "abc\nabc\nabc\n\x01\nabc\n");
  bool given = false;
  const Subwords trained = Subwords::train(
      [&](std::string& line) {
        line = "abc";
        return !std::exchange(given, true);
      },
      SubwordKind::bpe, 20);
  BatchStream stream(corpus.corpus, trained, trained, options_of(100));
  CHECK(order_of(read_epochs(stream)) == std::vector<std::uint64_t>{1});
}

TEST_CASE("pairs over the limit are dropped or cropped") {
  const std::string long_text(50, 'y');
  const Corpus corpus("abc\n" + long_text + "\nabc\n" + std::string(9, 'z') + "\n",
                      "abc\nabc\n" + long_text + "\nabc\n");
  BatchOptions options = options_of(1000);
  options.max_length = 10;  // a space mark and nine letters
  const auto visited = [&] {
    BatchStream stream = corpus.stream(options);
    return read_epochs(stream);
  };
  CHECK(sorted(order_of(visited())) == std::vector<std::uint64_t>{0, 3});

  options.on_long = OnLong::crop;
  const std::vector<TokenBatch> cropped = visited();
  CHECK(sorted(order_of(cropped)) == all_numbers(4));
  const std::vector<TokenId> beginning = [&] {
    auto tokens = letters().encode(long_text);
    tokens.resize(10);
    return tokens;
  }();
  for (const TokenBatch& batch : cropped) {
    for (std::size_t i = 0; i < batch.sentences.size(); ++i) {
      CHECK(std::max(batch.source[i].size(), batch.target[i].size()) <= 10);
      if (batch.sentences[i] == 1) CHECK(batch.source[i] == beginning);
      if (batch.sentences[i] == 2) CHECK(batch.target[i] == beginning);
    }
  }
}

TEST_CASE("a line of more bytes than are encoded is over the limit, however few tokens it has") {
  const Corpus corpus("abc\nabc" + std::string(Subwords::kLongestText, ' ') + "d\n", "abc\nabc\n");
  BatchOptions options = options_of(1000);
  BatchStream dropping = corpus.stream(options);
  CHECK(order_of(read_epochs(dropping)) == std::vector<std::uint64_t>{0});
  options.on_long = OnLong::crop;
  BatchStream cropping = corpus.stream(options);
  CHECK(sorted(order_of(read_epochs(cropping))) == all_numbers(2));
}

TEST_CASE("a pair longer than a batch makes a batch of its own") {
  const Corpus corpus(std::string(60, 'a') + "\nb\nc\n", "a\nb\nc\n");
  BatchStream stream = corpus.stream(options_of(20));
  const std::vector<TokenBatch> batches = read_epochs(stream);
  REQUIRE(batches.size() == 2);
  const TokenBatch& alone = batches[0].sentences.size() == 1 ? batches[0] : batches[1];
  CHECK(alone.sentences == std::vector<std::uint64_t>{0});
  CHECK(padded_tokens(alone) == 62);
}

TEST_CASE("windows without a usable pair are passed over") {
  // One usable pair among three windows of blank ones, wherever its block falls.
  std::string source, target;
  for (std::uint64_t i = 0; i < 3 * kWindowPairs; ++i) {
    source += i == 70'000 ? "abc\n" : "\n";
    target += "a\n";
  }
  const Corpus corpus(source, target);
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    BatchStream stream = corpus.stream(options_of(100, seed));
    for (int round = 0; round < 3; ++round) CHECK(stream.next().sentences == std::vector<std::uint64_t>{70'000});
    const DataPosition position = stream.next().next;
    BatchStream rest = corpus.stream(options_of(100, seed), position);
    CHECK(rest.next().next == stream.next().next);
  }
}

TEST_CASE("a corpus without a usable pair is refused with the reasons") {
  const Corpus blank("\n\n\n\n", "a\nb\nc\nd\n");
  CHECK_THAT(thrown([&] { blank.stream(options_of(100)); }), StartsWith("3: ") && Contains("4 have an empty side"));
  const Corpus lengthy("aaaa\nbbbb\n", "a\nb\n");
  BatchOptions options = options_of(100);
  options.max_length = 3;
  CHECK_THAT(thrown([&] { lengthy.stream(options); }),
             StartsWith("3: ") && Contains("2 are longer than --max-length 3"));
  CHECK_THAT(thrown([&] { lengthy.stream(options_of(100), {}, {0, 1}); }), Contains("2 are held out"));
  CHECK_THAT(thrown([&] { lengthy.stream(options_of(0)); }), StartsWith("2: "));
  options.max_length = 0;
  CHECK_THAT(thrown([&] { lengthy.stream(options); }), StartsWith("2: "));
}

TEST_CASE("errors of the preparing thread reach the caller") {
  const TextFiles files;
  std::string text;
  for (int i = 0; i < 10; ++i) text += "abc\n";
  const std::string source = files.write("source", text), target = files.write("target", text);
  { const ParallelCorpus made({{source}, {target}, {}}, files.cache()); }
  // Line 5 of the cached indexes is made to begin beyond the text.
  for (const auto& entry : std::filesystem::directory_iterator(files.cache())) {
    std::fstream index(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
    index.seekp(static_cast<std::streamoff>(std::filesystem::file_size(entry.path()) - 6 * 8));
    index.write("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F", 8);
  }
  const auto corpus = std::make_shared<ParallelCorpus>(CorpusFiles{{source}, {target}, {}}, files.cache());
  BatchStream stream(corpus, letters(), letters(), options_of(100));
  CHECK_THAT(thrown([&] { (void)stream.next(); }), StartsWith("4: ") && Contains("damaged"));
  CHECK_THAT(thrown([&] { (void)stream.next(); }), StartsWith("4: "));
}

TEST_CASE("a stream can be dropped at any time") {
  const Corpus corpus(kWindowPairs);
  { const BatchStream unused = corpus.stream(options_of(1000)); }
  BatchStream stream = corpus.stream(options_of(1000));
  (void)stream.next();
}

TEST_CASE("items are grouped by length, longest first, in their order where equal") {
  const std::vector<std::int64_t> lengths = {3, 9, 3, 10, 1, 100, 3};
  const auto groups = group_by_length(lengths, 20);
  CHECK(groups == std::vector<std::vector<std::size_t>>{{5}, {3, 1}, {0, 2, 6, 4}});
  CHECK(group_by_length({}, 20).empty());
  CHECK(group_by_length(std::vector<std::int64_t>{0, 0}, 1) == std::vector<std::vector<std::size_t>>{{0}, {1}});
}

TEST_CASE("with sampling, segmentations differ from epoch to epoch and spell the same") {
  constexpr std::uint64_t kPairs = 2000;
  const Corpus corpus(kPairs);
  BatchStream stream = sampled_stream(corpus, options_of(500));
  const auto first = targets_of(read_epochs(stream)), second = targets_of(read_epochs(stream, 2));
  REQUIRE(first.size() == kPairs);
  const Subwords vocabulary = letters_and_pairs();
  std::size_t different = 0;
  for (const auto& [sentence, tokens] : first) {
    CHECK(vocabulary.decode(tokens) == numbered(sentence));
    CHECK(vocabulary.decode(second.at(sentence)) == numbered(sentence));
    different += tokens != second.at(sentence);
  }
  CHECK(different > kPairs / 3);
}

TEST_CASE("with sampling, the two sides and the seeds draw for themselves") {
  const std::string lines = [] {
    std::string text;
    for (std::uint64_t i = 1000; i < 1500; ++i) text += numbered(i) + "\n";
    return text;
  }();
  const Corpus corpus(lines, lines);
  const auto differing = [&](const std::vector<TokenBatch>& a, const std::vector<TokenBatch>& b, bool other_side) {
    std::map<std::uint64_t, std::vector<TokenId>> sources;
    for (const TokenBatch& batch : b)
      for (std::size_t i = 0; i < batch.sentences.size(); ++i)
        sources[batch.sentences[i]] = other_side ? batch.source[i] : batch.target[i];
    std::size_t different = 0;
    for (const auto& [sentence, tokens] : targets_of(a)) different += tokens != sources.at(sentence);
    return different;
  };
  BatchStream stream = sampled_stream(corpus, options_of(500, 1)), again = sampled_stream(corpus, options_of(500, 1)),
              other_seed = sampled_stream(corpus, options_of(500, 2));
  const auto batches = read_epochs(stream);
  CHECK(differing(batches, read_epochs(again), false) == 0);
  CHECK(differing(batches, batches, true) > 100);
  CHECK(differing(batches, read_epochs(other_seed), false) > 100);
}

TEST_CASE("with sampling, a stream goes on from any position as if it had never stopped") {
  const Corpus corpus(3000);
  BatchStream stream = sampled_stream(corpus, options_of(700));
  for (int i = 0; i < 25; ++i) {
    const DataPosition position = stream.next().next;
    if (i % 5 != 0) continue;
    BatchStream from_there = sampled_stream(corpus, options_of(700), position);
    BatchStream reread = sampled_stream(corpus, options_of(700));
    while (reread.next().next != position) continue;
    for (int j = 0; j < 5; ++j) CHECK(same(from_there.next(), reread.next()));
  }
}

TEST_CASE("a pair that only its draw makes too long keeps its best segmentation") {
  const Corpus corpus(2000);
  BatchOptions options = options_of(500);
  options.max_length = 3;  // the space mark and two pieces: four letters as pairs
  BatchStream stream = sampled_stream(corpus, options);
  const auto targets = targets_of(read_epochs(stream));
  const Subwords vocabulary = letters_and_pairs();
  std::size_t usable = 0;
  for (std::uint64_t i = 0; i < 2000; ++i) {
    const std::string source(1 + i % 7, 'x');
    usable += vocabulary.encode(source).size() <= 3 && vocabulary.encode(numbered(i)).size() <= 3;
  }
  CHECK(usable > 100);
  CHECK(targets.size() == usable);
}
