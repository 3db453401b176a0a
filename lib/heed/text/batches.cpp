#include "heed/text/batches.h"

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <mutex>
#include <numeric>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>

#include "heed/base/error.h"
#include "heed/base/parallel.h"
#include "heed/base/progress.h"
#include "heed/base/random.h"
#include "heed/base/utf8.h"

namespace heed {
namespace {

constexpr std::uint64_t kBlockLines = 4096;
constexpr std::uint64_t kBlocksInWindow = 16;

// The third number of the keys, so that no two purposes share random numbers; windows count up from these.
constexpr std::uint64_t kBlockOrder = 0xB10C'0000'0000'0000, kTieOrder = 0x71E5'0000'0000'0000,
                        kBatchOrder = 0xBA7C'0000'0000'0000;
// The same for segmentations; sentences count up from these.
constexpr std::uint64_t kSourceDraws = 0x50A4'0000'0000'0000, kTargetDraws = 0x7A64'0000'0000'0000;

struct TokenPair {
  std::uint64_t sentence;
  std::vector<TokenId> source, target;
  /// Tokens of the longest side, end mark counted.
  std::int64_t longest() const { return static_cast<std::int64_t>(std::max(source.size(), target.size())) + 1; }
};

/// Why pairs are not used.
struct Dropped {
  std::int64_t excluded = 0, empty = 0, too_long = 0;
};

/// Pairs by number, ready for training.
class PairReader {
 public:
  PairReader(std::shared_ptr<const ParallelCorpus> corpus, Subwords source, Subwords target,
             const BatchOptions& options, std::vector<std::uint64_t> excluded)
      : corpus_(std::move(corpus)),
        source_(std::move(source)),
        target_(std::move(target)),
        sampled_source_(source_, options.sampling),
        sampled_target_(target_, options.sampling),
        seed_(options.seed),
        max_length_(static_cast<std::size_t>(options.max_length)),
        on_long_(options.on_long),
        excluded_(std::move(excluded)) {}

  std::uint64_t size() const { return corpus_->size(); }
  void release_memory() const { corpus_->release_memory(); }

  std::optional<TokenPair> read(std::uint64_t sentence, std::uint64_t epoch, Dropped& dropped) const {
    if (std::binary_search(excluded_.begin(), excluded_.end(), sentence)) return ++dropped.excluded, std::nullopt;
    const SentencePair text = corpus_->pair(sentence);
    if (is_blank(text.source) || is_blank(text.target)) return ++dropped.empty, std::nullopt;
    if (on_long_ == OnLong::drop && std::max(text.source.size(), text.target.size()) > Subwords::kLongestText)
      return ++dropped.too_long, std::nullopt;
    TokenPair pair{sentence, sampled_source_(text.source, make_key(seed_, epoch, kSourceDraws + sentence)),
                   sampled_target_(text.target, make_key(seed_, epoch, kTargetDraws + sentence))};
    if (pair.source.empty() || pair.target.empty()) return ++dropped.empty, std::nullopt;
    if (too_long(pair)) pair = {sentence, source_.encode(text.source), target_.encode(text.target)};
    if (too_long(pair)) {
      if (on_long_ == OnLong::drop) return ++dropped.too_long, std::nullopt;
      pair.source.resize(std::min(pair.source.size(), max_length_));
      pair.target.resize(std::min(pair.target.size(), max_length_));
    }
    return pair;
  }

  void require_one_usable() const {
    Dropped dropped;
    for (std::uint64_t sentence = 0; sentence < size(); ++sentence) {
      if (read(sentence, 0, dropped)) return;
    }
    throw data_error("no pair of " + corpus_->place(0) + " and the " +
                     format_count(static_cast<std::int64_t>(size()) - 1) + " after it can be used: " +
                     format_count(dropped.empty) + " have an empty side, " + format_count(dropped.too_long) +
                     " are longer than --max-length " + std::to_string(max_length_) + " tokens (--on-long crop keeps " +
                     "their beginning), " + format_count(dropped.excluded) + " are held out for validation");
  }

 private:
  bool too_long(const TokenPair& pair) const { return std::max(pair.source.size(), pair.target.size()) > max_length_; }

  std::shared_ptr<const ParallelCorpus> corpus_;
  Subwords source_, target_;
  SubwordSampler sampled_source_, sampled_target_;
  std::uint64_t seed_;
  std::size_t max_length_;
  OnLong on_long_;
  std::vector<std::uint64_t> excluded_;
};

/// Which pairs a window of an epoch holds: blocks of neighbouring lines in keyed order, all of them full but the one
/// at the corpus's end.
class EpochOrder {
 public:
  EpochOrder(std::uint64_t pairs, std::uint64_t seed, std::uint64_t epoch)
      : pairs_(pairs), blocks_((pairs + kBlockLines - 1) / kBlockLines, make_key(seed, epoch, kBlockOrder)) {}

  std::uint64_t windows() const { return (blocks_.size() + kBlocksInWindow - 1) / kBlocksInWindow; }

  template <class Visit>
  void for_each_block(std::uint64_t window, Visit&& visit) const {
    const std::uint64_t end = std::min((window + 1) * kBlocksInWindow, blocks_.size());
    for (std::uint64_t i = window * kBlocksInWindow; i < end; ++i) {
      const std::uint64_t first = blocks_(i) * kBlockLines;
      visit(first, std::min(first + kBlockLines, pairs_));
    }
  }

  std::uint64_t pairs_in(std::uint64_t window) const {
    std::uint64_t pairs = 0;
    for_each_block(window, [&](std::uint64_t first, std::uint64_t end) { pairs += end - first; });
    return pairs;
  }

 private:
  std::uint64_t pairs_;
  KeyedPermutation blocks_;
};

template <class T>
void shuffle(std::vector<T>& items, PhiloxKey key) {
  for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[random_below(key, i, i)]);
}

TokenBatch to_batch(std::vector<TokenPair>& pairs, const std::vector<std::size_t>& members) {
  TokenBatch batch;
  for (const std::size_t member : members) {
    TokenPair& pair = pairs[member];
    batch.sentences.push_back(pair.sentence);
    batch.source.push_back(std::move(pair.source));
    batch.target.push_back(std::move(pair.target));
  }
  return batch;
}

using Window = std::deque<TokenBatch>;

/// All batches of a window in their final order; nothing when `stop` asks for it. `begin` is the window's first
/// position, `end` the position after its last pair. `threads` as for parallel_for().
Window prepare_window(const PairReader& reader, const EpochOrder& order, const BatchOptions& options,
                      std::uint64_t window, DataPosition begin, DataPosition end, std::size_t threads,
                      const std::stop_token& stop) {
  std::vector<std::uint64_t> sentences;
  order.for_each_block(window, [&](std::uint64_t first, std::uint64_t last) {
    for (std::uint64_t sentence = first; sentence < last; ++sentence) sentences.push_back(sentence);
  });
  std::vector<std::optional<TokenPair>> read(sentences.size());
  const auto read_one = [&](std::size_t i) {
    Dropped ignored;
    if (!stop.stop_requested()) read[i] = reader.read(sentences[i], begin.epoch, ignored);
  };
  parallel_for(read.size(), read_one, {}, threads);
  reader.release_memory();
  if (stop.stop_requested()) return {};
  std::vector<TokenPair> pairs;
  for (std::optional<TokenPair>& pair : read)
    if (pair) pairs.push_back(std::move(*pair));

  // Grouping keeps the order of equal lengths, so they are mixed before.
  shuffle(pairs, make_key(options.seed, begin.epoch, kTieOrder + window));
  std::vector<std::int64_t> lengths;
  for (const TokenPair& pair : pairs) lengths.push_back(pair.longest());
  auto groups = group_by_length(lengths, options.batch_tokens);
  shuffle(groups, make_key(options.seed, begin.epoch, kBatchOrder + window));

  Window batches;
  for (const auto& group : groups) {
    TokenBatch& batch = batches.emplace_back(to_batch(pairs, group));
    begin.sentence += group.size();
    batch.next = begin;
  }
  if (!batches.empty()) batches.back().next = end;
  return batches;
}

}  // namespace

std::int64_t TokenBatch::target_tokens() const {
  std::int64_t tokens = 0;
  for (const auto& sentence : target) tokens += static_cast<std::int64_t>(sentence.size()) + 1;
  return tokens;
}

std::int64_t TokenBatch::tokens() const {
  std::int64_t tokens = target_tokens();
  for (const auto& sentence : source) tokens += static_cast<std::int64_t>(sentence.size()) + 1;
  return tokens;
}

std::vector<std::vector<std::size_t>> group_by_length(std::span<const std::int64_t> lengths,
                                                      std::int64_t batch_tokens) {
  std::vector<std::size_t> order(lengths.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return lengths[a] > lengths[b]; });
  std::vector<std::vector<std::size_t>> batches;
  std::int64_t room = 0;
  for (const std::size_t item : order) {
    if (room == 0) {
      batches.emplace_back();
      room = std::max<std::int64_t>(1, batch_tokens / std::max<std::int64_t>(1, lengths[item]));
    }
    batches.back().push_back(item);
    --room;
  }
  return batches;
}

/// One window is used up by next() while the thread prepares the one after it: it starts on a window only when the
/// place for it is free.
struct BatchStream::State {
  State(PairReader pair_reader, const BatchOptions& batch_options, DataPosition start)
      : reader(std::move(pair_reader)),
        options(batch_options),
        thread([this, start](const std::stop_token& stop) { prepare_all(start, stop); }) {}

  void prepare_all(DataPosition start, const std::stop_token& stop) {
    try {
      if (start.sentence >= reader.size()) start = {start.epoch + 1, 0};
      for (std::uint64_t epoch = start.epoch; !stop.stop_requested(); ++epoch) {
        prepare_epoch(epoch, epoch == start.epoch ? start.sentence : 0, stop);
      }
    } catch (...) {
      const std::lock_guard lock(mutex);
      failure = std::current_exception();
      changed.notify_all();
    }
  }

  void prepare_epoch(std::uint64_t epoch, std::uint64_t start, const std::stop_token& stop) {
    const EpochOrder order(reader.size(), options.seed, epoch);
    DataPosition begin{epoch, 0};
    for (std::uint64_t window = 0; window < order.windows(); ++window) {
      DataPosition end{epoch, begin.sentence + order.pairs_in(window)};
      if (end.sentence == reader.size()) end = {epoch + 1, 0};
      const bool visited = end.epoch == epoch && end.sentence <= start;
      if (!visited) {
        if (!wait_for_place(stop)) return;
        Window batches = prepare_window(reader, order, options, window, begin, end, std::exchange(threads, 1), stop);
        while (!batches.empty() && begin.sentence < start) {
          begin = batches.front().next;
          batches.pop_front();
        }
        hand_over(std::move(batches));
      }
      begin = end;
    }
  }

  bool wait_for_place(const std::stop_token& stop) {
    std::unique_lock lock(mutex);
    return changed.wait(lock, stop, [&] { return prepared.empty(); });
  }

  void hand_over(Window batches) {
    const std::lock_guard lock(mutex);
    prepared = std::move(batches);
    changed.notify_all();
  }

  // That has batches.
  Window& window_in_use() {
    if (in_use.empty()) {
      std::unique_lock lock(mutex);
      changed.wait(lock, [&] { return !prepared.empty() || failure; });
      if (prepared.empty()) std::rethrow_exception(failure);
      std::swap(in_use, prepared);
      changed.notify_all();
    }
    return in_use;
  }

  /// The first window is waited for, so all cores prepare it; later ones are prepared beside the training.
  std::size_t threads = 0;
  const PairReader reader;
  const BatchOptions options;
  Window in_use;  // by the caller's thread alone

  std::mutex mutex;
  std::condition_variable_any changed;
  Window prepared;
  std::exception_ptr failure;

  std::jthread thread;  // last: it uses all of the above and is joined first
};

BatchStream::BatchStream(std::shared_ptr<const ParallelCorpus> corpus, Subwords source, Subwords target,
                         BatchOptions options, std::vector<std::uint64_t> excluded, DataPosition start) {
  if (options.batch_tokens < 1) throw usage_error("--batch-tokens must be at least 1");
  if (options.max_length < 1) throw usage_error("--max-length must be at least 1");
  PairReader reader(std::move(corpus), std::move(source), std::move(target), options, std::move(excluded));
  reader.require_one_usable();
  state_ = std::make_unique<State>(std::move(reader), options, start);
}

BatchStream::~BatchStream() = default;

TokenBatch BatchStream::next() {
  Window& window = state_->window_in_use();
  TokenBatch batch = std::move(window.front());
  window.pop_front();
  return batch;
}

TokenBatch BatchStream::largest() {
  return *std::ranges::max_element(state_->window_in_use(), {}, &TokenBatch::tokens);
}

std::vector<std::vector<TokenId>> pick(const std::vector<std::vector<TokenId>>& all,
                                       std::span<const std::size_t> numbers) {
  std::vector<std::vector<TokenId>> picked;
  for (const std::size_t i : numbers) picked.push_back(all[i]);
  return picked;
}

}  // namespace heed
