#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <ATen/core/Tensor.h>

#include "heed/nn/dropout.h"

namespace heed {

/// Sentences without padding: the rows of an activation [N, ..] are the tokens of one sentence after the other. What
/// works row by row (embedding, linear layers, norms, dropout, loss) need not know; attention goes by the offsets. The
/// number of rows is filled up to a multiple of kMultiple with rows that belong to no sentence, so that matrix products
/// meet few shapes (see product_rows()); what stands in those rows means nothing and has no effect.
struct PackedRows {
  static constexpr std::int64_t kMultiple = 64;

  std::vector<std::int64_t> offsets;  ///< [B + 1]: sentence b has rows offsets[b] .. offsets[b + 1] - 1
  RowPlaces places;                   ///< of the rows [N]; those at the end have sentence 0, position 0

  /// Rows of sentences of these lengths, with their numbers in the corpus.
  PackedRows(std::span<const std::int64_t> lengths, std::span<const std::uint64_t> sentences, c10::Device device);

  std::int64_t sentences() const { return static_cast<std::int64_t>(offsets.size()) - 1; }
  std::int64_t longest() const;
  std::int64_t count() const { return places.sentence.size(0); }  ///< N

  /// The same as a padded batch, L = longest(): [N, ..] -> [B, L, ..]; what pads is a copy of a sentence's last row.
  at::Tensor to_padded(const at::Tensor& rows) const;
  /// And back: [B, L, ..] -> [N, ..].
  at::Tensor from_padded(const at::Tensor& padded) const;
  /// [B, L] bool, true = a token.
  at::Tensor padded_mask() const;
  /// Places of the rows [B * L] of the padded batch.
  RowPlaces padded_places() const;
};

}  // namespace heed
