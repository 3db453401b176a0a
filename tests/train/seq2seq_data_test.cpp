#include "heed/train/seq2seq_data.h"

#include <algorithm>
#include <iterator>

#include "heed/base/log.h"

#include "catch.h"
#include "text/errors.h"
#include "text/text_files.h"

namespace heed {
namespace {

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

// Options for a text of so many numbered pairs; every `blank_every`-th has no target.
class DataBench {
 public:
  explicit DataBench(int pairs, int blank_every = 0) {
    std::string source, target;
    for (int i = 0; i < pairs; ++i) {
      source += "source " + std::to_string(i) + "\n";
      target += blank_every > 0 && i % blank_every == 0 ? " \n" : "target " + std::to_string(i) + "\n";
    }
    use(source, target);
  }
  DataBench(const std::string& source, const std::string& target) { use(source, target); }

  void validate_on(const std::string& source, const std::string& target) {
    options.valid_src = files.write("valid.src", source);
    options.valid_tgt = files.write("valid.tgt", target);
  }
  // All that is logged while `action` runs.
  template <class Action>
  std::string logged(Action&& action) const {
    log::also_to_file(files.path("log"));
    action();
    return files.read("log");
  }

  TextFiles files;
  Seq2SeqTrainOptions options;

 private:
  void use(const std::string& source, const std::string& target) {
    options.train = {{files.write("train.src", source)}, {files.write("train.tgt", target)}, {}};
    options.model = files.path("model");
    std::filesystem::create_directory(options.model);
  }
};

std::vector<std::string> sources_of(const std::vector<SentencePair>& pairs) {
  std::vector<std::string> sources;
  for (const SentencePair& pair : pairs) sources.push_back(pair.source);
  return sources;
}

// Whether the vocabulary has a token for the letter, so that text comes back.
bool knows(const Subwords& subwords, const std::string& letter) {
  return subwords.decode(subwords.encode(letter)) == letter;
}

}  // namespace

TEST_CASE("the validation text that is named is used, but for pairs with an empty side") {
  DataBench bench(300);
  bench.validate_on("one\n\nthree\nfour\n", "eins\nzwei\n \nvier\n");
  const Seq2SeqData data = open_data(bench.options);
  CHECK(data.training->size() == 300);
  CHECK(data.held_out.empty());
  CHECK(sources_of(data.validation) == std::vector<std::string>{"one", "four"});
  CHECK(data.validation[1].target == "vier");

  bench.options.valid_sentences = 1;
  CHECK(sources_of(open_data(bench.options).validation) == std::vector<std::string>{"one"});
  bench.options.valid_sentences = 0;  // no limit
  CHECK(open_data(bench.options).validation.size() == 2);

  bench.validate_on("one\n\n", "\nzwei\n");
  CHECK(thrown([&] { open_data(bench.options); }) ==
        "3: " + bench.options.valid_src + ": no validation pair has text on both sides");
}

TEST_CASE("without one, a hundredth of the training pairs is held out, one at least and 500 at most") {
  for (const auto& [pairs, expected] : {std::pair{2, 1}, {99, 1}, {1000, 10}, {60'000, 500}}) {
    CAPTURE(pairs);
    const DataBench bench(pairs);
    const Seq2SeqData data = open_data(bench.options);
    CHECK(std::ssize(data.held_out) == expected);
    CHECK(std::is_sorted(data.held_out.begin(), data.held_out.end()));
    CHECK(std::adjacent_find(data.held_out.begin(), data.held_out.end()) == data.held_out.end());
    REQUIRE(data.validation.size() == data.held_out.size());
    for (std::size_t i = 0; i < data.held_out.size(); ++i) {
      CHECK(data.validation[i].source == "source " + std::to_string(data.held_out[i]));
      CHECK(data.validation[i].target == "target " + std::to_string(data.held_out[i]));
    }
  }
}

TEST_CASE("which pairs are held out is a function of the seed, from all over the text") {
  DataBench bench(20'000);
  const std::vector<std::uint64_t> first = open_data(bench.options).held_out;
  CHECK(open_data(bench.options).held_out == first);
  CHECK(first.front() < 2000);
  CHECK(first.back() > 18'000);
  bench.options.seed = 2;
  CHECK(open_data(bench.options).held_out != first);
}

TEST_CASE("pairs with an empty side are not held out, and others are in their place") {
  const DataBench bench(1000, 2);
  const Seq2SeqData data = open_data(bench.options);
  CHECK(data.held_out.size() == 10);
  for (const std::uint64_t number : data.held_out) CHECK(number % 2 == 1);
}

TEST_CASE("what is held out is said") {
  const DataBench bench(1000);
  CHECK_THAT(bench.logged([&] { open_data(bench.options); }),
             Contains("held out 10 of the training pairs for validation"));
}

TEST_CASE("text that is too little to train on is refused with its place") {
  for (const DataBench& bench : {DataBench(1), DataBench(4, /*blank_every=*/1)})
    CHECK_THAT(thrown([&] { open_data(bench.options); }),
               StartsWith("3: ") && Contains("train.src:1") && Contains("too little text to train on"));
}

TEST_CASE("indexes of the text are kept in the model directory") {
  const DataBench bench(10);
  open_data(bench.options);
  CHECK_FALSE(std::filesystem::is_empty(bench.files.path("model/cache")));
}

TEST_CASE("a fingerprint tells other validation pairs apart") {
  const std::vector<SentencePair> pairs = {{"a", "b"}, {"c", "d"}};
  const std::string print = fingerprint(pairs);
  CHECK(fingerprint({{"a", "b"}, {"c", "d"}}) == print);
  for (const std::vector<SentencePair>& other : std::vector<std::vector<SentencePair>>{{},
                                                                                       {{"a", "b"}},
                                                                                       {{"c", "d"}, {"a", "b"}},
                                                                                       {{"b", "a"}, {"c", "d"}},
                                                                                       {{"a", "b"}, {"c", "e"}},
                                                                                       {{"ab", ""}, {"c", "d"}}})
    CHECK(fingerprint(other) != print);
}

TEST_CASE("a vocabulary of both sides is trained on both, one of each side on its own") {
  std::string source, target;
  for (int i = 0; i < 200; ++i) {
    source += "abab baba ab " + std::string(1, static_cast<char>('a' + i % 3)) + "\n";
    target += "xyxy yxyx xy " + std::string(1, static_cast<char>('x' + i % 3)) + "\n";
  }
  DataBench bench(source, target);
  bench.options.vocab_size = 30;
  const Seq2SeqData data = open_data(bench.options);
  const Vocabularies both = make_vocabularies(*data.training, bench.options);
  CHECK(both.source == both.target);
  CHECK(knows(both.source, "ab"));
  CHECK(knows(both.source, "xy"));

  bench.options.shared_vocab = false;
  const Vocabularies apart = make_vocabularies(*data.training, bench.options);
  CHECK(knows(apart.source, "ab"));
  CHECK_FALSE(knows(apart.source, "xy"));
  CHECK(knows(apart.target, "xy"));
  CHECK_FALSE(knows(apart.target, "ab"));

  // Vocabularies that are named are taken as they are.
  bench.options.vocab_src = bench.files.write("s.model", apart.source.serialized());
  bench.options.vocab_tgt = bench.files.write("t.model", apart.target.serialized());
  const Vocabularies named = make_vocabularies(*data.training, bench.options);
  CHECK(named.source == apart.source);
  CHECK(named.target == apart.target);
  bench.options.vocab = bench.options.vocab_tgt;
  const Vocabularies one = make_vocabularies(*data.training, bench.options);
  CHECK(one.source == apart.target);
  CHECK(one.target == apart.target);
}

TEST_CASE("the report counts, and warns of text that is not UTF-8 or refuses it") {
  DataBench bench("the house\nbroken \xff here\nand \xff here\nthe tree\n", "das haus\nkaputt\nnoch\nder baum\n");
  bench.options.vocab_size = 40;
  bench.validate_on("the house\n", "das haus\n");
  const Seq2SeqData data = open_data(bench.options);
  const Vocabularies vocabularies = make_vocabularies(*data.training, bench.options);
  const std::string report = bench.logged([&] { report_data(data, vocabularies, bench.options); });
  CHECK_THAT(report, Contains("train.src:2: not UTF-8, as are 1 further pairs"));
  CHECK_THAT(report, Contains("--strict-utf8"));
  CHECK_THAT(report, Contains("validation"));  // one of its pairs is in the training text
  bench.options.strict_utf8 = true;
  CHECK_THAT(thrown([&] { report_data(data, vocabularies, bench.options); }),
             StartsWith("3: ") && Contains("train.src:2"));
}

TEST_CASE("sampling is settled by the kind of the vocabularies") {
  DataBench bench(100);
  bench.options.vocab_size = 40;
  const Seq2SeqData data = open_data(bench.options);
  const Vocabularies unigram = make_vocabularies(*data.training, bench.options);
  bench.options.subwords = SubwordKind::bpe;
  const Vocabularies bpe = make_vocabularies(*data.training, bench.options);
  const auto settled = [](const std::set<std::string>& given, const Vocabularies& vocabularies) {
    SubwordSampling sampling{.alpha = 0.3, .dropout = 0.1};
    settle_sampling(sampling, given, vocabularies);
    return std::pair{sampling.alpha, sampling.dropout};
  };
  CHECK(settled({}, unigram) == std::pair{0.3, 0.0});
  CHECK(settled({}, bpe) == std::pair{0.0, 0.1});
  CHECK(settled({"subword-alpha", "bpe-dropout"}, {unigram.source, bpe.target}) == std::pair{0.3, 0.1});
  CHECK(settled({"bpe-dropout"}, bpe) == std::pair{0.0, 0.1});
  CHECK(thrown([&] { settled({"subword-alpha"}, bpe); }) ==
        "2: --subword-alpha is for vocabularies of the kind unigram, and this one is of another: leave it out, or say "
        "--bpe-dropout");
  CHECK(thrown([&] { settled({"bpe-dropout"}, unigram); }) ==
        "2: --bpe-dropout is for vocabularies of the kind bpe, and this one is of another: leave it out, or say "
        "--subword-alpha");
  SubwordSampling off;
  CHECK(thrown([&] { settle_sampling(off, {"bpe-dropout"}, unigram); }) == "nothing");
}

}  // namespace heed
