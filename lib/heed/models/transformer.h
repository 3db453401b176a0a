#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include <torch/nn/modules/container/modulelist.h>

#include "heed/base/fields.h"
#include "heed/models/seq2seq.h"
#include "heed/nn/attention.h"
#include "heed/nn/layers.h"

namespace heed {

/// Which of the three token tables are one: none; target embedding and output; or the source embedding too.
enum class TieEmbeddings { none, output, all };
inline std::span<const std::string_view> enum_names(TieEmbeddings) {
  static constexpr std::string_view names[] = {"none", "output", "all"};
  return names;
}

enum class Positions { sinusoidal, learned };
inline std::span<const std::string_view> enum_names(Positions) {
  static constexpr std::string_view names[] = {"sinusoidal", "learned"};
  return names;
}

/// The shape of a Transformer; everything here must be the same for the life of its weights, but for the dropouts.
struct TransformerOptions {
  std::int64_t source_vocab = 0, target_vocab = 0;  ///< C; set from the vocabularies, not by flags
  std::int64_t enc_layers = 3, dec_layers = 3;
  std::int64_t dim = 256, ffn_dim = 1024;
  std::int64_t heads = 4, kv_heads = 0, head_dim = 0;
  Activation activation = Activation::relu;
  Positions positions = Positions::sinusoidal;
  std::int64_t max_positions = 1024;
  bool norm_first = true;
  TieEmbeddings tie = TieEmbeddings::all;
  double dropout = 0.1, attention_dropout = 0;
};

template <OptionsOf<TransformerOptions> Options, class Visitor>
void visit_fields(Options& o, Visitor&& visit) {
  visit("enc-layers", o.enc_layers, "encoder layers");
  visit("dec-layers", o.dec_layers, "decoder layers");
  visit("dim", o.dim, "model width");
  visit("ffn-dim", o.ffn_dim, "inner width of the feed-forward parts");
  visit("heads", o.heads, "attention heads");
  visit("kv-heads", o.kv_heads, "key/value heads, for grouped-query attention (0 = heads)");
  visit("head-dim", o.head_dim, "width of a head (0 = dim / heads)");
  visit("activation", o.activation, "of the feed-forward parts");
  visit("positions", o.positions, "position encoding");
  visit("max-positions", o.max_positions, "longest sentence in tokens that learned positions can take");
  visit("norm-first", o.norm_first, "layer norm before each part (pre-norm), else after it (post-norm)");
  visit("tie", o.tie, "token tables that are one: target embedding and output, or all three");
  visit("dropout", o.dropout, "on embeddings, residuals and inside the feed-forward (0 = off)");
  visit("attention-dropout", o.attention_dropout, "on attention weights (0 = off)");
}

/// Throws Error(usage) that names the option and the remedy. Ranges keep hostile files from asking for the impossible.
void validate(const TransformerOptions& options);
/// Number of weights that a Transformer of these options has, without building it.
std::int64_t parameter_count(const TransformerOptions& options);

/// A sub-layer's place in the residual stream: pre-norm x + dropout(f(norm(x))), post-norm norm(x + dropout(f(x))).
class TransformerEncoderLayerImpl : public torch::nn::Module {
 public:
  /// Dropout sites are numbered from `first_site`.
  TransformerEncoderLayerImpl(const TransformerOptions& options, std::uint64_t first_site);
  /// input [B, S, D], mask [B, 1, 1, S] -> [B, S, D]; its attention weights are added to `maps`, if any.
  at::Tensor forward(at::Tensor x, const at::Tensor& mask, const Randomness* randomness,
                     TranslationAttention* maps = nullptr);
  /// The same without padding and dropout: a row for each token, which attends to the rows `visible` -> [N, D].
  at::Tensor forward_rows(at::Tensor x, const VisibleRows& visible);

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
  TransformerDecoderLayerImpl(const TransformerOptions& options, std::uint64_t first_site);
  /// All steps: x [B, T, D], memory [B, S, D], memory_mask [B, 1, 1, S] -> [B, T, D].
  at::Tensor forward(at::Tensor x, const at::Tensor& memory, const at::Tensor& memory_mask,
                     const Randomness* randomness, TranslationAttention* maps = nullptr);
  /// One step of R rows: x [R, D] -> [R, D]. `past`: the layer's own keys and values; `memory`: those of the sentences.
  at::Tensor step(at::Tensor x, KeyValueTable& past, const VisibleRows& visible_past, const KeyValueTable& memory,
                  const VisibleRows& visible_memory);

  MultiHeadAttention self_attention{nullptr}, cross_attention{nullptr};
  FeedForward feed_forward{nullptr};
  LayerNorm self_attention_norm{nullptr}, cross_attention_norm{nullptr}, feed_forward_norm{nullptr};

 private:
  bool norm_first_;
  DropoutSite self_attention_dropout_, cross_attention_dropout_, feed_forward_dropout_;
};
TORCH_MODULE(TransformerDecoderLayer);

/// Encoder-decoder Transformer (Vaswani et al. 2017), pre-norm by default (Xiong et al. 2020).
class TransformerImpl : public Seq2SeqModel {
 public:
  explicit TransformerImpl(TransformerOptions options);

  EncodedSource encode(const SourceBatch& source, const Randomness* randomness) override;
  at::Tensor decode(const EncodedSource& encoded, const at::Tensor& target, const Randomness* randomness) override;
  TranslationAttention attention_maps(const SourceBatch& source, const at::Tensor& target) override;
  at::Tensor output_weight() const override;
  std::unique_ptr<DecoderState> start(const SourceBatch& source, std::int64_t hypotheses) override;
  std::int64_t longest_target() const override;
  at::Tensor step(const at::Tensor& tokens, DecoderState& state) override;
  void read_logits(const at::Tensor& states, const LogitsReader& read) override;
  std::int64_t target_vocabulary() const override { return options.target_vocab; }
  std::int64_t state_width() const override { return options.dim; }
  void prepare_inference(at::ScalarType dtype) override;

  const TransformerOptions options;
  Embedding source_embedding{nullptr}, target_embedding{nullptr};  ///< target_embedding: unless tie is `all`
  at::Tensor source_positions, target_positions;  ///< learned positions [max_positions, D], else undefined
  torch::nn::ModuleList encoder{nullptr}, decoder{nullptr};
  LayerNorm encoder_norm{nullptr}, decoder_norm{nullptr};  ///< pre-norm and post-norm alike
  Linear output{nullptr};                                  ///< only when tie is `none`

 private:
  /// As encode() and decode(); attention weights are added to `maps`, if any.
  EncodedSource encode_layers(const SourceBatch& source, const Randomness* randomness, TranslationAttention* maps);
  at::Tensor decode_layers(const EncodedSource& encoded, const at::Tensor& target, const Randomness* randomness,
                           TranslationAttention* maps);
  Embedding& table_of_target();
  at::Tensor embed(Embedding& table, const at::Tensor& learned, const at::Tensor& tokens, std::int64_t first_position,
                   const DropoutSite& site, const Randomness* randomness);

  DropoutSite source_dropout_, target_dropout_;
  std::vector<InferenceProduct> output_parts_;  // of the output weight, kOutputPart tokens each
};
TORCH_MODULE(Transformer);

}  // namespace heed
