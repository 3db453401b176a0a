#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

/// Dropout (Srivastava et al. 2014) whose mask is a function of a key and a place, see base/random.h: what is dropped
/// depends neither on batch composition and padding nor on what was drawn before, and the backward pass computes the
/// mask again instead of storing it.
namespace heed {

/// Where the rows of an activation stand: row r of [N, C] belongs to token `position[r]` of sentence `sentence[r]`.
struct RowPlaces {
  at::Tensor sentence;  ///< [N] int64, number of the sentence in the corpus
  at::Tensor position;  ///< [N] int64

  /// Rows of a [B, T, ...] activation, given the sentence numbers [B] int64.
  static RowPlaces of_batch(const at::Tensor& sentences, std::int64_t length);
};

/// What the dropouts of one forward pass are keyed by. Modules in training mode draw from it; evaluation ignores it.
struct Randomness {
  std::uint64_t seed = 0;
  std::uint64_t update = 0;
  RowPlaces rows;
};

/// One dropout of a network; `site` tells the dropouts of a model apart (the model numbers them when it is built).
struct DropoutSite {
  double p = 0;  ///< probability of a zero, 0 = off; kept to 1/65536
  std::uint64_t site = 0;
};

/// `input` [N or B x T, C] with elements zeroed with probability p and the others divided by 1 - p. Element (row,
/// channel) uses 16 of the random bits of counter (channel / 8, position, sentence) under key (seed, update, site).
/// float and bfloat16; a vector loop on the CPU, tensor operations with the same result elsewhere.
at::Tensor dropout(const at::Tensor& input, const DropoutSite& site, const Randomness& randomness);

/// dropout(relu(input)), the inside of a feed-forward part, in one pass on the CPU; `randomness` nullptr: relu alone.
/// Its gradient needs no mask: what left as zero was negative or dropped.
at::Tensor relu_dropout(const at::Tensor& input, const DropoutSite& site, const Randomness* randomness);

/// Dropout on attention weights [B, H, T, S], rows of `randomness` being those of the queries [B * T]: head h and key s
/// stand for channel h * 65536 + s, so the mask does not depend on the padded length.
at::Tensor attention_dropout(const at::Tensor& weights, const DropoutSite& site, const Randomness& randomness);

/// The scaled mask (0 or 1 / (1 - p)) as tensor operations, float32 [N, channels]: the path for other devices and the
/// oracle of the vector loop. `channel_base` [N] int64 is added to the channel number (a multiple of 8).
at::Tensor dropout_mask(std::int64_t channels, const DropoutSite& site, const Randomness& randomness,
                        const at::Tensor& channel_base = {});

}  // namespace heed
