#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "heed/base/random.h"
#include "heed/text/subwords.h"

namespace heed {

/// How much training varies the segmentation of its text into subwords; each setting is for one kind of vocabulary and
/// 0 turns it off.
struct SubwordSampling {
  /// unigram: segmentations x are drawn with a probability proportional to P(x)^alpha (Kudo 2018). Small values are
  /// the wild ones; large ones draw the best segmentation alone.
  double alpha = 0;
  /// BPE: the probability that a merge is left out (BPE-dropout, Provilkov et al. 2020), up to 1 (characters).
  double dropout = 0;
};

/// Draws segmentations of texts: subword regularisation. A draw is a function of text and key alone, which
/// SentencePiece's own sampling cannot be. Every draw spells what the best segmentation spells, the normalised text;
/// unknown characters, bytes that stand for them and user-defined pieces stay as they are in it.
class SubwordSampler {
 public:
  /// Makes the tables of the vocabulary once; copies share them.
  SubwordSampler(const Subwords& subwords, const SubwordSampling& sampling);

  /// Token ids without any of pad, bos and eos. `text` is valid UTF-8. Those of subwords.encode() when there is nothing
  /// to vary: the setting for the vocabulary's kind is 0, or it is made of words or characters.
  std::vector<TokenId> operator()(std::string_view text, PhiloxKey key) const;

 private:
  struct Tables;
  Subwords subwords_;
  std::shared_ptr<const Tables> tables_;
};

}  // namespace heed
