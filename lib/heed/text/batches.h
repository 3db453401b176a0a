#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "heed/text/corpus.h"
#include "heed/text/subword_sampling.h"
#include "heed/text/subwords.h"

namespace heed {

/// What happens to pairs over the length limit.
enum class OnLong { drop, crop };
inline std::span<const std::string_view> enum_names(OnLong) {
  static constexpr std::string_view names[] = {"drop", "crop"};
  return names;
}

struct BatchOptions {
  std::int64_t batch_tokens = 4096;  ///< sentences times longest side, end mark and padding included
  std::int64_t max_length = 256;     ///< tokens a side, end mark left out
  OnLong on_long = OnLong::drop;
  std::uint64_t seed = 1;
  SubwordSampling sampling;  ///< off: each sentence is segmented the same way in every epoch
};

/// A place in the endless stream of training pairs: `sentence` pairs of `epoch` have been visited (dropped ones count).
struct DataPosition {
  std::uint64_t epoch = 0;
  std::uint64_t sentence = 0;
  bool operator==(const DataPosition&) const = default;
};

/// Token ids without special marks; entry i of each vector belongs to one pair.
struct TokenBatch {
  std::vector<std::uint64_t> sentences;  ///< numbers in the corpus: the key of a pair's randomness
  std::vector<std::vector<TokenId>> source, target;
  DataPosition next;  ///< where the stream stands after this batch; {epoch + 1, 0} after an epoch's last
  /// Target tokens, end marks counted.
  std::int64_t target_tokens() const;
  /// The same of both sides: what the memory of a training step grows with.
  std::int64_t tokens() const;
};

/// An endless, reproducible stream of batches of similar length, prepared by a thread of its own.
///
/// An epoch visits every pair once: blocks of 4,096 neighbouring lines in the order of a keyed permutation, sixteen
/// blocks (a window) at a time; a window's pairs are encoded, sorted by length (ties by a keyed random number), cut
/// into batches, and the batches shuffled. With sampling, each sentence is segmented anew in each epoch, keyed by seed,
/// epoch, sentence and side; a pair that only its draw makes too long keeps its best segmentation. Everything is a
/// function of seed, epoch and window, so any position is computed, not replayed: only its window is prepared again. A
/// batch never spans two windows; dropped pairs (an empty side, too long, excluded) are counted as visited with the
/// last batch of their window, those of a window without batches with the batch after it. Memory: the window in use and
/// the one being prepared.
class BatchStream {
 public:
  /// `excluded`: pair numbers that are never visited (held out for validation), sorted. Throws Error(data) when not a
  /// single pair can be used, Error(usage) for limits below 1. When `start` does not fall between two batches (batch
  /// settings changed), the stream goes on with the first batch that begins at or after it.
  BatchStream(std::shared_ptr<const ParallelCorpus> corpus, Subwords source, Subwords target, BatchOptions options,
              std::vector<std::uint64_t> excluded = {}, DataPosition start = {});
  ~BatchStream();
  BatchStream(const BatchStream&) = delete;
  BatchStream& operator=(const BatchStream&) = delete;

  /// The next batch; errors of the preparing thread are thrown here.
  TokenBatch next();
  /// Of what is left of the window in use, a copy of the batch with the most tokens; it will still be given.
  TokenBatch largest();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Groups `lengths` (longest side of each item, end mark counted where there is one) into batches of similar length
/// under `batch_tokens`, items times longest (at least one item a batch); returns item numbers, longest batch first,
/// items of equal length in their order. Shared by training, validation and translation.
std::vector<std::vector<std::size_t>> group_by_length(std::span<const std::int64_t> lengths, std::int64_t batch_tokens);
/// The sentences of those numbers: a batch of group_by_length().
std::vector<std::vector<TokenId>> pick(const std::vector<std::vector<TokenId>>& all,
                                       std::span<const std::size_t> numbers);

}  // namespace heed
