#include "heed/text/attention_record.h"

#include <algorithm>

#include "heed/base/progress.h"
#include "heed/text/pieces.h"

namespace heed {
namespace {

using Json = nlohmann::ordered_json;

Json to_json(const AttentionMatrix& matrix) {
  Json rows = Json::array();
  for (std::size_t r = 0; r < matrix.rows; ++r) {
    Json row = Json::array();
    for (std::size_t c = 0; c < matrix.columns; ++c)
      row.push_back(Json::parse(format_number(static_cast<double>(matrix.at(r, c)), 4)));
    rows.push_back(std::move(row));
  }
  return rows;
}

Json to_json(const AttentionLayers& layers) {
  Json json = Json::array();
  for (const auto& heads : layers) {
    Json layer = Json::array();
    for (const AttentionMatrix& head : heads) layer.push_back(to_json(head));
    json.push_back(std::move(layer));
  }
  return json;
}

// Which word each piece belongs to; the end mark, the last piece, to none.
std::vector<std::size_t> words_of(const std::vector<std::string>& pieces) {
  std::vector<std::size_t> words;
  std::size_t word = 0;
  for (std::size_t i = 0; i + 1 < pieces.size(); ++i) {
    if (i > 0 && begins_word(pieces[i])) ++word;
    words.push_back(word);
  }
  return words;
}

// [target words][source words], rows sum to one at most: what falls on the end mark belongs to no word.
std::vector<std::vector<double>> shares_of(const AttentionRecord& record) {
  const std::vector<std::size_t> source = words_of(record.source), target = words_of(record.target);
  if (source.empty() || target.empty()) return {};
  std::vector<std::vector<double>> shares(target.back() + 1, std::vector<double>(source.back() + 1));
  std::vector<double> pieces(target.back() + 1);
  for (std::size_t t = 0; t < target.size(); ++t) {
    ++pieces[target[t]];
    for (std::size_t s = 0; s < source.size(); ++s)
      shares[target[t]][source[s]] += static_cast<double>(record.mean.at(t, s));
  }
  for (std::size_t t = 0; t < shares.size(); ++t)
    for (double& share : shares[t]) share /= pieces[t];
  return shares;
}

}  // namespace

AttentionMatrix mean_of(const AttentionLayers& layers) {
  AttentionMatrix mean{layers.front().front().rows, layers.front().front().columns, {}};
  mean.weights.resize(mean.rows * mean.columns);
  float count = 0;
  for (const auto& heads : layers)
    for (const AttentionMatrix& head : heads) {
      for (std::size_t i = 0; i < mean.weights.size(); ++i) mean.weights[i] += head.weights[i];
      ++count;
    }
  for (float& weight : mean.weights) weight /= count;
  return mean;
}

nlohmann::ordered_json to_json(const AttentionRecord& record) {
  return {{"source", record.source},
          {"target", record.target},
          {"mean", to_json(record.mean)},
          {"encoder", to_json(record.encoder)},
          {"decoder", to_json(record.decoder)},
          {"cross", to_json(record.cross)}};
}

std::vector<AlignedWords> hard_alignment(const AttentionRecord& record) {
  std::vector<AlignedWords> pairs;
  const auto shares = shares_of(record);
  for (std::size_t t = 0; t < shares.size(); ++t) {
    const auto best = std::ranges::max_element(shares[t]);
    pairs.push_back({static_cast<std::size_t>(best - shares[t].begin()), t, *best});
  }
  return pairs;
}

std::vector<AlignedWords> soft_alignment(const AttentionRecord& record) {
  constexpr double kLeast = 0.1;
  std::vector<AlignedWords> pairs;
  const auto shares = shares_of(record);
  for (std::size_t t = 0; t < shares.size(); ++t)
    for (std::size_t s = 0; s < shares[t].size(); ++s)
      if (shares[t][s] >= kLeast) pairs.push_back({s, t, shares[t][s]});
  return pairs;
}

std::vector<AlignedWords> alignment(const AttentionRecord& record, AlignmentKind kind) {
  switch (kind) {
    case AlignmentKind::none:
      break;
    case AlignmentKind::hard:
      return hard_alignment(record);
    case AlignmentKind::soft:
      return soft_alignment(record);
  }
  return {};
}

std::string pharaoh_text(std::span<const AlignedWords> pairs, bool with_shares) {
  std::string text;
  for (const AlignedWords& pair : pairs) {
    if (!text.empty()) text += ' ';
    text += std::to_string(pair.source) + "-" + std::to_string(pair.target);
    if (with_shares) text += ":" + format_number(pair.share, 2);
  }
  return text;
}

}  // namespace heed
