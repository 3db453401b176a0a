#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <torch/nn/modules/container/modulelist.h>

#include "heed/models/token_tables.h"
#include "heed/nn/attention.h"
#include "heed/nn/layers.h"

namespace heed {

/// A sub-layer's place in the residual stream: pre-norm x + dropout(f(norm(x))), post-norm norm(x + dropout(f(x))).
class TransformerEncoderLayerImpl : public torch::nn::Module {
 public:
  /// Dropout sites are numbered from `first_site`.
  TransformerEncoderLayerImpl(const Seq2SeqOptions& options, std::uint64_t first_site);
  /// input [B, S, D], mask [B, 1, 1, S] -> [B, S, D]; its attention weights are added to `maps`, if any.
  at::Tensor forward(at::Tensor x, const at::Tensor& mask, const Randomness* randomness,
                     TranslationAttention* maps = nullptr);

  MultiHeadAttention self_attention{nullptr};
  FeedForward feed_forward{nullptr};
  LayerNorm self_attention_norm{nullptr}, feed_forward_norm{nullptr};

 private:
  bool norm_first_;
  DropoutSite self_attention_dropout_, feed_forward_dropout_;
};
TORCH_MODULE(TransformerEncoderLayer);

class TransformerDecoderLayerImpl : public torch::nn::Module {
 public:
  TransformerDecoderLayerImpl(const Seq2SeqOptions& options, std::uint64_t first_site);
  /// All steps: x [B, T, D], memory [B, S, D], memory_mask [B, 1, 1, S] -> [B, T, D].
  at::Tensor forward(at::Tensor x, const at::Tensor& memory, const at::Tensor& memory_mask,
                     const Randomness* randomness, TranslationAttention* maps = nullptr);
  /// One step of R = B * hypotheses rows: x [R, 1, D] -> [R, 1, D].
  at::Tensor step(at::Tensor x, KeyValueCache& cache, const KeyValue& memory, const at::Tensor& memory_mask);

  MultiHeadAttention self_attention{nullptr}, cross_attention{nullptr};
  FeedForward feed_forward{nullptr};
  LayerNorm self_attention_norm{nullptr}, cross_attention_norm{nullptr}, feed_forward_norm{nullptr};

 private:
  bool norm_first_;
  DropoutSite self_attention_dropout_, cross_attention_dropout_, feed_forward_dropout_;
};
TORCH_MODULE(TransformerDecoderLayer);

/// Encoder-decoder Transformer (Vaswani et al. 2017), pre-norm by default (Xiong et al. 2020).
class TransformerImpl : public TokenTables {
 public:
  explicit TransformerImpl(const Seq2SeqOptions& options);

  EncodedSource encode(const SourceBatch& source, const Randomness* randomness) override;
  at::Tensor decode(const EncodedSource& encoded, const at::Tensor& target, const Randomness* randomness) override;
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
  at::Tensor embed(Embedding& table, const at::Tensor& learned, const at::Tensor& tokens, std::int64_t first_position,
                   const DropoutSite& site, const Randomness* randomness);

  DropoutSite source_dropout_, target_dropout_;
};
TORCH_MODULE(Transformer);

}  // namespace heed
