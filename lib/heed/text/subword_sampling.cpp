#include "heed/text/subword_sampling.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <queue>
#include <string>
#include <unordered_map>

#include "heed/text/subword_table.h"

namespace heed {
namespace {

using Type = SubwordTable::Type;

/// Random numbers of one draw, counted.
class Draws {
 public:
  explicit Draws(PhiloxKey key) : key_(key) {}
  double unit() { return random_unit(key_, count_++); }

 private:
  PhiloxKey key_;
  std::uint64_t count_ = 0;
};

/// The pieces that segmentations are made of, by their text.
class PieceIndex {
 public:
  struct Entry {
    TokenId token;
    float score;
  };
  explicit PieceIndex(const SubwordTable& table) {
    for (std::size_t i = 0; i < table.pieces.size(); ++i)
      if (table.pieces[i].type == Type::normal)
        entries_[table.pieces[i].text] = {static_cast<TokenId>(i), table.pieces[i].score};
  }
  /// nullptr when there is no such piece.
  const Entry* find(std::string_view text) const {
    const auto found = entries_.find(text);
    return found == entries_.end() ? nullptr : &found->second;
  }

 private:
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  std::unordered_map<std::string, Entry, Hash, std::equal_to<>> entries_;
};

/// A trie over the reversed pieces of a unigram vocabulary: all pieces that end at a place of a text are found by one
/// walk back from there. Nodes are in breadth-first order, so that edge e leads to node e + 1.
class EndingTrie {
 public:
  static constexpr TokenId kNone = -1;
  struct Node {
    std::size_t first_edge = 0, edges = 0;
    TokenId token = kNone;
    double log_weight = 0;
  };

  EndingTrie(const SubwordTable& table, double alpha) {
    std::vector<std::pair<std::string, TokenId>> reversed;
    for (std::size_t i = 0; i < table.pieces.size(); ++i) {
      const SubwordTable::Piece& piece = table.pieces[i];
      if (piece.type == Type::normal)
        reversed.emplace_back(std::string(piece.text.rbegin(), piece.text.rend()), static_cast<TokenId>(i));
    }
    std::sort(reversed.begin(), reversed.end());

    struct Range {
      std::size_t begin, end, depth;
    };
    std::vector<Range> ranges = {{0, reversed.size(), 0}};
    for (std::size_t n = 0; n < ranges.size(); ++n) {
      auto [begin, end, depth] = ranges[n];
      Node& node = nodes_.emplace_back();
      for (; begin < end && reversed[begin].first.size() == depth; ++begin) {
        node.token = reversed[begin].second;
        node.log_weight = alpha * static_cast<double>(table.pieces[static_cast<std::size_t>(node.token)].score);
      }
      node.first_edge = labels_.size();
      while (begin < end) {
        const char label = reversed[begin].first[depth];
        std::size_t next = begin + 1;
        while (next < end && reversed[next].first[depth] == label) ++next;
        labels_.push_back(static_cast<unsigned char>(label));
        ranges.push_back({begin, next, depth + 1});
        begin = next;
      }
      node.edges = labels_.size() - node.first_edge;
    }
  }

  const Node& root() const { return nodes_.front(); }
  /// The node behind the edge `label`, or nullptr.
  const Node* next(const Node& node, char label) const {
    const auto first = labels_.begin() + static_cast<std::ptrdiff_t>(node.first_edge);
    const auto last = first + static_cast<std::ptrdiff_t>(node.edges);
    const auto wanted = static_cast<unsigned char>(label);  // strings are sorted by these
    const auto edge = std::lower_bound(first, last, wanted);
    return edge == last || *edge != wanted ? nullptr : &nodes_[static_cast<std::size_t>(edge - labels_.begin()) + 1];
  }

 private:
  std::vector<Node> nodes_;
  std::vector<unsigned char> labels_;
};

/// Forward filtering, backward sampling: the mass of all segmentations of each beginning of the text, summed from left
/// to right; then pieces drawn from right to left, each by its share of the mass of the beginning that it ends.
void sample_unigram(const EndingTrie& trie, std::string_view text, Draws& draws, std::vector<TokenId>& tokens) {
  constexpr double kNoMass = -std::numeric_limits<double>::infinity();
  struct Ending {
    std::size_t begin;
    TokenId token;
    double weight;
  };
  std::vector<Ending> endings;                             // of all places, place by place
  std::vector<std::size_t> first_ending(text.size() + 2);  // of place p: [first_ending[p], first_ending[p + 1])
  std::vector<double> log_mass(text.size() + 1, kNoMass), total_weight(text.size() + 1, 0.0);
  log_mass[0] = 0;
  for (std::size_t end = 1; end <= text.size(); ++end) {
    first_ending[end] = endings.size();
    double most = kNoMass;
    const EndingTrie::Node* node = &trie.root();
    for (std::size_t begin = end; begin > 0;) {
      node = trie.next(*node, text[--begin]);
      if (node == nullptr) break;
      if (node->token == EndingTrie::kNone || log_mass[begin] == kNoMass) continue;
      endings.push_back({begin, node->token, log_mass[begin] + node->log_weight});
      most = std::max(most, endings.back().weight);
    }
    if (endings.size() == first_ending[end]) continue;
    for (std::size_t i = first_ending[end]; i < endings.size(); ++i) {
      endings[i].weight = std::exp(endings[i].weight - most);
      total_weight[end] += endings[i].weight;
    }
    log_mass[end] = most + std::log(total_weight[end]);
  }
  first_ending[text.size() + 1] = endings.size();

  const std::size_t before = tokens.size();
  for (std::size_t end = text.size(); end > 0;) {
    double rest = draws.unit() * total_weight[end];
    std::size_t chosen = first_ending[end];
    while (chosen + 1 < first_ending[end + 1] && rest >= endings[chosen].weight) rest -= endings[chosen++].weight;
    tokens.push_back(endings[chosen].token);
    end = endings[chosen].begin;
  }
  std::reverse(tokens.begin() + static_cast<std::ptrdiff_t>(before), tokens.end());
}

/// Characters are merged to pieces, the pair of the highest score first (the left one of equals), as SentencePiece
/// does it; but each possible merge is left out for good with probability `dropout` when its turn comes. (In the
/// paper's version it may get another turn after other merges; then the number of turns grows with the text.)
void sample_bpe(const PieceIndex& pieces, double dropout, std::string_view text, Draws& draws,
                std::vector<TokenId>& tokens) {
  constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();
  struct Symbol {
    std::size_t begin, length, before, after;  // length 0: merged into the one before
  };
  std::vector<Symbol> symbols;
  for (std::size_t begin = 0; begin < text.size();) {
    std::size_t end = begin + 1;
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) ++end;
    symbols.push_back({begin, end - begin, symbols.size() - 1, symbols.size() + 1});
    begin = end;
  }
  symbols.back().after = kNone;

  struct Pair {
    float score;
    std::size_t left, right, length;
    bool operator<(const Pair& other) const {  // later in the queue
      return score != other.score ? score < other.score : left > other.left;
    }
  };
  std::priority_queue<Pair> queue;
  const auto propose = [&](std::size_t left, std::size_t right) {
    if (left == kNone || right == kNone) return;
    const std::size_t length = symbols[left].length + symbols[right].length;
    const PieceIndex::Entry* merged = pieces.find(text.substr(symbols[left].begin, length));
    if (merged != nullptr) queue.push({merged->score, left, right, length});
  };
  for (std::size_t i = 1; i < symbols.size(); ++i) propose(i - 1, i);
  while (!queue.empty()) {
    const Pair pair = queue.top();
    queue.pop();
    Symbol &left = symbols[pair.left], &right = symbols[pair.right];
    const bool outdated = left.length == 0 || right.length == 0 || left.length + right.length != pair.length;
    if (outdated || (dropout > 0 && draws.unit() < dropout)) continue;
    left.length = pair.length;
    left.after = right.after;
    right.length = 0;
    if (left.after != kNone) symbols[left.after].before = pair.left;
    propose(left.before, pair.left);
    propose(pair.left, left.after);
  }
  for (std::size_t i = 0; i != kNone; i = symbols[i].after) {
    const PieceIndex::Entry* piece = pieces.find(text.substr(symbols[i].begin, symbols[i].length));
    tokens.push_back(piece != nullptr ? piece->token : kUnk);
  }
}

}  // namespace

struct SubwordSampler::Tables {
  Tables(const SubwordTable& table, const SubwordSampling& sampling)
      : index(table), trie(table, sampling.alpha), dropout(sampling.dropout) {
    for (std::size_t i = 0; i < table.pieces.size(); ++i) {
      const SubwordTable::Piece& piece = table.pieces[i];
      if (piece.type == Type::user_defined || piece.type == Type::byte) fixed[piece.text] = static_cast<TokenId>(i);
    }
  }

  PieceIndex index;
  EndingTrie trie;
  double dropout;
  std::unordered_map<std::string, TokenId> fixed;  // pieces that stay as they are
};

SubwordSampler::SubwordSampler(const Subwords& subwords, const SubwordSampling& sampling) : subwords_(subwords) {
  const bool varies = (subwords.kind() == SubwordKind::unigram && sampling.alpha > 0) ||
                      (subwords.kind() == SubwordKind::bpe && sampling.dropout > 0);
  if (varies) tables_ = std::make_shared<const Tables>(read_subword_table(subwords.serialized()), sampling);
}

std::vector<TokenId> SubwordSampler::operator()(std::string_view text, PhiloxKey key) const {
  if (!tables_) return subwords_.encode(text);
  Draws draws(key);
  std::vector<TokenId> tokens;
  std::string run;  // of pieces that are drawn anew
  const auto draw_run = [&] {
    if (run.empty()) return;
    if (subwords_.kind() == SubwordKind::unigram)
      sample_unigram(tables_->trie, run, draws, tokens);
    else
      sample_bpe(tables_->index, tables_->dropout, run, draws, tokens);
    run.clear();
  };
  for (const std::string& piece : subwords_.pieces(text)) {
    if (tables_->index.find(piece) != nullptr) {
      run += piece;
      continue;
    }
    draw_run();
    const auto found = tables_->fixed.find(piece);
    tokens.push_back(found != tables_->fixed.end() ? found->second : kUnk);
  }
  draw_run();
  return tokens;
}

}  // namespace heed
