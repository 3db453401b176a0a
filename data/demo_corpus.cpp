#include "demo_corpus.h"

#include <algorithm>
#include <sstream>
#include <stdexcept>
#include <system_error>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "heed/base/error.h"
#include "heed/base/files.h"

namespace heed::demo {
namespace {

/// The sentences of a seed in turn, without those whose English came before.
class DistinctSentences {
 public:
  explicit DistinctSentences(std::uint64_t seed) : seed_(seed) {}

  SentencePair next() {
    for (;;) {
      SentencePair pair = draw_sentence(seed_, number_++);
      const auto [known, fresh] = german_of_.try_emplace(pair.english, pair.german);
      if (fresh) return pair;
      if (known->second != pair.german)
        throw std::logic_error("the demo grammar has two German sentences for: " + pair.english);
    }
  }

 private:
  std::uint64_t seed_;
  std::uint64_t number_ = 0;
  std::unordered_map<std::string, std::string> german_of_;
};

/// What the training text knows of words and sentences.
class Familiar {
 public:
  void learn(const SentencePair& pair) {
    german_sentences_.insert(pair.german);
    for (const std::string& form : word_forms(pair.english)) ++english_[form];
    for (const std::string& form : word_forms(pair.german)) ++german_[form];
  }

  bool is_new_sentence_of_known_words(const SentencePair& pair) const {
    return !german_sentences_.contains(pair.german) && knows(english_, pair.english) && knows(german_, pair.german);
  }

 private:
  using Counts = std::unordered_map<std::string, int>;

  static bool knows(const Counts& counts, const std::string& sentence) {
    return std::ranges::all_of(word_forms(sentence), [&](const std::string& form) {
      const auto found = counts.find(form);
      return found != counts.end() && found->second >= kFewestOccurrences;
    });
  }

  Counts english_, german_;
  std::unordered_set<std::string> german_sentences_;
};

void write_side(const std::vector<SentencePair>& pairs, std::string SentencePair::*side,
                const std::filesystem::path& path) {
  std::string text;
  for (const SentencePair& pair : pairs) text += pair.*side + '\n';
  write_file_atomically(path, text);
}

}  // namespace

std::vector<std::string> word_forms(const std::string& sentence) {
  std::vector<std::string> forms;
  std::istringstream words(sentence);
  for (std::string word; words >> word;) {
    while (!word.empty() && (word.back() == '.' || word.back() == ',' || word.back() == '?')) word.pop_back();
    forms.push_back(word);
  }
  return forms;
}

DemoCorpus make_demo_corpus(std::uint64_t seed) {
  DistinctSentences sentences(seed);
  DemoCorpus corpus;
  Familiar familiar;
  while (corpus.train.size() < kTrainPairs) {
    corpus.train.push_back(sentences.next());
    familiar.learn(corpus.train.back());
  }
  while (corpus.test.size() < kHeldOutPairs) {
    SentencePair pair = sentences.next();
    if (!familiar.is_new_sentence_of_known_words(pair)) continue;
    (corpus.valid.size() <= corpus.test.size() ? corpus.valid : corpus.test).push_back(std::move(pair));
  }
  return corpus;
}

void write_demo_corpus(const DemoCorpus& corpus, const std::filesystem::path& directory) {
  make_directory(directory);
  for (const auto& [name, pairs] :
       {std::pair{"train", &corpus.train}, {"valid", &corpus.valid}, {"test", &corpus.test}}) {
    write_side(*pairs, &SentencePair::english, directory / (std::string(name) + ".en"));
    write_side(*pairs, &SentencePair::german, directory / (std::string(name) + ".de"));
  }
}

}  // namespace heed::demo
