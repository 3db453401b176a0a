#pragma once

#include <cstdint>
#include <string>

namespace heed::demo {

struct SentencePair {
  std::string english;
  std::string german;
};

/// Sentence `number` of the demo grammar under a seed: a function of the two. German is a function of English: no two
/// pairs, of whatever seeds, have the same English sentence and different German ones.
SentencePair draw_sentence(std::uint64_t seed, std::uint64_t number);

}  // namespace heed::demo
