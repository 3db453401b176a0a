#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

/// What a translation model attended to while it made one translation. No LibTorch here.
namespace heed {

/// Weights of one head, row by row; a row sums to one.
struct AttentionMatrix {
  std::size_t rows = 0, columns = 0;
  std::vector<float> weights;
  float at(std::size_t row, std::size_t column) const { return weights[row * columns + column]; }
};

/// Layer by layer, head by head.
using AttentionLayers = std::vector<std::vector<AttentionMatrix>>;

/// A row stands for the piece that the model makes there; the end mark is the last piece of both sides.
struct AttentionRecord {
  std::vector<std::string> source, target;  ///< pieces
  AttentionMatrix mean;                     ///< target to source, over all layers and heads
  AttentionLayers encoder;                  ///< source to source
  AttentionLayers decoder;  ///< target to the start mark and what stood before: columns "<s>", target[0], ...
  AttentionLayers cross;    ///< target to source
};

AttentionMatrix mean_of(const AttentionLayers& layers);

/// All of it: {"source", "target", "mean", "encoder", "decoder", "cross"}, weights with four decimals.
nlohmann::ordered_json to_json(const AttentionRecord& record);

/// Words of the source (first) and of the translation that belong together, by number from 0, with the share of the
/// target word's attention that falls on the source word.
struct AlignedWords {
  std::size_t source, target;
  double share;
};
/// Which of these pairs are asked for.
enum class AlignmentKind { none, hard, soft };
inline std::span<const std::string_view> enum_names(AlignmentKind) {
  static constexpr std::string_view names[] = {"none", "hard", "soft"};
  return names;
}
std::vector<AlignedWords> alignment(const AttentionRecord& record, AlignmentKind kind);
/// For each word of the translation the source word that it attends to most.
std::vector<AlignedWords> hard_alignment(const AttentionRecord& record);
/// All pairs with a share of a tenth or more.
std::vector<AlignedWords> soft_alignment(const AttentionRecord& record);
/// "0-0 2-1", and with shares "0-0:0.91 2-1:0.55".
std::string pharaoh_text(std::span<const AlignedWords> pairs, bool with_shares);

}  // namespace heed
