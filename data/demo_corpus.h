#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "demo_grammar.h"

namespace heed::demo {

inline constexpr std::size_t kTrainPairs = 20'000;
inline constexpr std::size_t kHeldOutPairs = 500;  ///< of validation and of test, each
/// How often each word form of a held-out sentence occurs in the training text, at least.
inline constexpr int kFewestOccurrences = 20;

struct DemoCorpus {
  std::vector<SentencePair> train, valid, test;
};

/// The words of a sentence as they are written, without punctuation; "Heute" and "heute" are two forms.
std::vector<std::string> word_forms(const std::string& sentence);

/// All English sentences are distinct. No held-out sentence, English or German, occurs in the training text, but each
/// of its word forms does, kFewestOccurrences times or more. A function of the seed.
DemoCorpus make_demo_corpus(std::uint64_t seed);

/// Writes train, valid and test, each as `.en` and `.de`, into `directory`, which is made when it is missing; every
/// file appears whole or not at all. Throws Error(data).
void write_demo_corpus(const DemoCorpus& corpus, const std::filesystem::path& directory);

}  // namespace heed::demo
