#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include <torch/nn/modules/container/modulelist.h>

#include "heed/models/token_tables.h"
#include "heed/nn/attention.h"
#include "heed/nn/layers.h"
#include "heed/nn/residual.h"

namespace heed {

/// How an attention of a layer is computed (padded or packed, with its weights kept or not): takes the attention and
/// what its queries come from, gives the same shape.
using Attend = std::function<at::Tensor(MultiHeadAttention& attention, const at::Tensor& queries)>;

class TransformerEncoderLayerImpl : public torch::nn::Module {
 public:
  /// Dropout sites are numbered from `first_site`.
  TransformerEncoderLayerImpl(const Seq2SeqOptions& options, std::uint64_t first_site);
  /// Passes the stream [.., D] through self-attention and feed-forward.
  void forward(ResidualStream& x, const Attend& attend_to_source);

  MultiHeadAttention self_attention{nullptr};
  FeedForward feed_forward{nullptr};
  LayerNorm self_attention_norm{nullptr}, feed_forward_norm{nullptr};

 private:
  DropoutSite self_attention_dropout_, feed_forward_dropout_;
};
TORCH_MODULE(TransformerEncoderLayer);

class TransformerDecoderLayerImpl : public torch::nn::Module {
 public:
  TransformerDecoderLayerImpl(const Seq2SeqOptions& options, std::uint64_t first_site);
  /// Passes the stream [.., D] of all steps through self-attention, attention to the memory and feed-forward.
  void forward(ResidualStream& x, const Attend& attend_to_target, const Attend& attend_to_memory);

  MultiHeadAttention self_attention{nullptr}, cross_attention{nullptr};
  FeedForward feed_forward{nullptr};
  LayerNorm self_attention_norm{nullptr}, cross_attention_norm{nullptr}, feed_forward_norm{nullptr};

 private:
  DropoutSite self_attention_dropout_, cross_attention_dropout_, feed_forward_dropout_;
};
TORCH_MODULE(TransformerDecoderLayer);

/// Encoder-decoder Transformer (Vaswani et al. 2017), pre-norm by default (Xiong et al. 2020).
class TransformerImpl : public TokenTables {
 public:
  explicit TransformerImpl(const Seq2SeqOptions& options);

  EncodedSource encode(const SourceBatch& source, const Randomness* randomness) override;
  at::Tensor decode(const EncodedSource& encoded, const at::Tensor& target, const Randomness* randomness) override;
  at::Tensor states(const PackedTokens& source, const PackedTokens& target, std::uint64_t seed,
                    std::uint64_t update) override;
  TranslationAttention attention_maps(const SourceBatch& source, const at::Tensor& target) override;
  std::unique_ptr<DecoderState> start(const SourceBatch& source, std::int64_t hypotheses) override;
  std::int64_t longest_target() const override;
  at::Tensor step(const at::Tensor& tokens, DecoderState& state) override;

  at::Tensor source_positions, target_positions;  ///< learned positions [max_positions, D], else undefined
  torch::nn::ModuleList encoder{nullptr}, decoder{nullptr};
  LayerNorm encoder_norm{nullptr}, decoder_norm{nullptr};  ///< pre-norm and post-norm alike

 private:
  /// As encode() and decode(); attention weights are added to `maps`, if any.
  EncodedSource encode_layers(const SourceBatch& source, const Randomness* randomness, TranslationAttention* maps);
  at::Tensor decode_layers(const EncodedSource& encoded, const at::Tensor& target, const Randomness* randomness,
                           TranslationAttention* maps);
  at::Tensor run_encoder(at::Tensor embedded, const Randomness* randomness, const Attend& attend_to_source);
  at::Tensor run_decoder(at::Tensor embedded, const Randomness* randomness, const Attend& attend_to_target,
                         const Attend& attend_to_memory);
  at::Tensor embed(Embedding& table, const at::Tensor& learned, const at::Tensor& tokens, std::int64_t first_position,
                   const DropoutSite& site, const Randomness* randomness);
  at::Tensor embed_packed(Embedding& table, const at::Tensor& learned, const PackedTokens& sentences,
                          const DropoutSite& site, const Randomness* randomness);

  DropoutSite source_dropout_, target_dropout_;
};
TORCH_MODULE(Transformer);

}  // namespace heed
