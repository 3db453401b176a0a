#include "heed/models/transformer.h"

#include <cmath>
#include <string>

#include <ATen/ATen.h>

#include "heed/base/error.h"
#include "heed/base/tokens.h"

namespace heed {
namespace {

// Dropout sites of a layer: one per sub-layer, the inner one of the feed-forward part, those on attention weights.
constexpr std::uint64_t kSitesPerLayer = 8;
enum Site : std::uint64_t {
  kSelfResidual,
  kCrossResidual,
  kFeedForwardResidual,
  kFeedForwardInner,
  kSelfWeights,
  kCrossWeights
};
// The decoder's sites start here, so that encoder layers can be added without moving them.
constexpr std::uint64_t kDecoderSites = 1 << 20;
constexpr std::uint64_t kEmbeddingSite = (1 << 20) - 1;

DropoutSite residual_site(const Seq2SeqOptions& options, std::uint64_t first_site, Site site) {
  return {options.dropout, first_site + site};
}

MultiHeadAttentionOptions attention_options(const Seq2SeqOptions& options, std::uint64_t first_site, Site site) {
  return {.heads = options.heads,
          .width = options.dim,
          .head_dim = options.head_dim,
          .kv_heads = options.kv_heads,
          .dropout = {options.attention_dropout, first_site + site}};
}

MultiHeadAttentionOptions causal(MultiHeadAttentionOptions options) {
  options.causal = true;
  return options;
}

FeedForward feed_forward_of(const Seq2SeqOptions& options, std::uint64_t first_site) {
  return FeedForward(options.dim, options.ffn_dim, options.activation,
                     residual_site(options, first_site, kFeedForwardInner));
}

// Where a sub-layer reads and how its result joins the residual stream.
template <class SubLayer>
at::Tensor residual(bool norm_first, const at::Tensor& x, LayerNorm& norm, const SubLayer& sub_layer) {
  return norm_first ? x + sub_layer(norm(x)) : norm(x + sub_layer(x));
}

// Attention; by the explicit path when its weights are wanted, which are added to `weights`.
at::Tensor attended(MultiHeadAttention& attention, const at::Tensor& query, const at::Tensor& memory,
                    const at::Tensor& mask, const Randomness* randomness, std::vector<at::Tensor>* weights) {
  if (weights == nullptr) return attention(query, memory, mask, randomness);
  auto result = attention->forward_with_weights(query, memory, mask, randomness);
  weights->push_back(result.weights);
  return result.output;
}

struct TransformerState : DecoderState {
  std::vector<KeyValueCache> self_attention;  // per layer, rows R
  std::vector<KeyValue> memory;               // per layer, sentences B: never copied per hypothesis
  at::Tensor memory_mask;                     // [B, 1, 1, S]
  std::int64_t position = 0;

  void reorder(const at::Tensor& rows, const at::Tensor& sentences) override {
    for (KeyValueCache& cache : self_attention) cache.reorder(rows);
    if (!sentences.defined()) return;
    for (KeyValue& layer : memory)
      layer = {layer.key.index_select(0, sentences), layer.value.index_select(0, sentences)};
    memory_mask = memory_mask.index_select(0, sentences);
  }
};

// Places `first`, `first` + 1, ... of the table for tokens [B, L]: [L, D]. Search fills sources up beyond the table's
// end; such places hold padding alone, which nothing attends to, and get zeros.
at::Tensor learned_positions(const at::Tensor& table, const at::Tensor& tokens, std::int64_t first) {
  const std::int64_t length = tokens.size(1), known = std::min(length, table.size(0) - first);
  if (known == length) return table.narrow(0, first, length);  // [L, D]
  const at::Tensor longest = tokens.ne(kPad).sum(1).max();     // []
  if (known < 0 || longest.item<std::int64_t>() > known)
    throw data_error("a sentence of " + std::to_string(first + longest.item<std::int64_t>()) +
                     " tokens is longer than the " + std::to_string(table.size(0)) +
                     " learned positions of this model");
  return at::constant_pad_nd(table.narrow(0, first, known), {0, 0, 0, length - known});  // [L, D]
}

}  // namespace

TransformerEncoderLayerImpl::TransformerEncoderLayerImpl(const Seq2SeqOptions& options, std::uint64_t first_site)
    : self_attention(
          register_module("self_attention", MultiHeadAttention(attention_options(options, first_site, kSelfWeights)))),
      feed_forward(register_module("feed_forward", feed_forward_of(options, first_site))),
      self_attention_norm(register_module("self_attention_norm", LayerNorm(options.dim))),
      feed_forward_norm(register_module("feed_forward_norm", LayerNorm(options.dim))),
      norm_first_(options.norm_first),
      self_attention_dropout_(residual_site(options, first_site, kSelfResidual)),
      feed_forward_dropout_(residual_site(options, first_site, kFeedForwardResidual)) {}

at::Tensor TransformerEncoderLayerImpl::forward(at::Tensor x, const at::Tensor& mask, const Randomness* randomness,
                                                TranslationAttention* maps) {
  x = residual(norm_first_, x, self_attention_norm, [&](const at::Tensor& y) {
    return dropout_if(is_training(), attended(self_attention, y, y, mask, randomness, maps ? &maps->encoder : nullptr),
                      self_attention_dropout_, randomness);
  });
  return residual(norm_first_, x, feed_forward_norm, [&](const at::Tensor& y) {
    return dropout_if(is_training(), feed_forward(y, randomness), feed_forward_dropout_, randomness);
  });
}

TransformerDecoderLayerImpl::TransformerDecoderLayerImpl(const Seq2SeqOptions& options, std::uint64_t first_site)
    : self_attention(register_module("self_attention",
                                     MultiHeadAttention(causal(attention_options(options, first_site, kSelfWeights))))),
      cross_attention(register_module("cross_attention",
                                      MultiHeadAttention(attention_options(options, first_site, kCrossWeights)))),
      feed_forward(register_module("feed_forward", feed_forward_of(options, first_site))),
      self_attention_norm(register_module("self_attention_norm", LayerNorm(options.dim))),
      cross_attention_norm(register_module("cross_attention_norm", LayerNorm(options.dim))),
      feed_forward_norm(register_module("feed_forward_norm", LayerNorm(options.dim))),
      norm_first_(options.norm_first),
      self_attention_dropout_(residual_site(options, first_site, kSelfResidual)),
      cross_attention_dropout_(residual_site(options, first_site, kCrossResidual)),
      feed_forward_dropout_(residual_site(options, first_site, kFeedForwardResidual)) {}

// Padding stands only at the end of a target, so the causal rule alone keeps it from every token before it.
at::Tensor TransformerDecoderLayerImpl::forward(at::Tensor x, const at::Tensor& memory, const at::Tensor& memory_mask,
                                                const Randomness* randomness, TranslationAttention* maps) {
  x = residual(norm_first_, x, self_attention_norm, [&](const at::Tensor& y) {
    return dropout_if(is_training(),
                      attended(self_attention, y, y, at::Tensor(), randomness, maps ? &maps->decoder : nullptr),
                      self_attention_dropout_, randomness);
  });
  x = residual(norm_first_, x, cross_attention_norm, [&](const at::Tensor& y) {
    return dropout_if(is_training(),
                      attended(cross_attention, y, memory, memory_mask, randomness, maps ? &maps->cross : nullptr),
                      cross_attention_dropout_, randomness);
  });
  return residual(norm_first_, x, feed_forward_norm, [&](const at::Tensor& y) {
    return dropout_if(is_training(), feed_forward(y, randomness), feed_forward_dropout_, randomness);
  });
}

at::Tensor TransformerDecoderLayerImpl::step(at::Tensor x, KeyValueCache& cache, const KeyValue& memory,
                                             const at::Tensor& memory_mask) {
  x = residual(norm_first_, x, self_attention_norm,
               [&](const at::Tensor& y) { return self_attention->step(y, cache); });
  // The hypotheses of a sentence stand side by side as queries of one attention to its memory.
  x = residual(norm_first_, x, cross_attention_norm, [&](const at::Tensor& y) {
    const at::Tensor queries = y.view({memory.key.size(0), -1, y.size(2)});                    // [B, hypotheses, D]
    return cross_attention->attend_to(queries, memory, memory_mask).view({y.size(0), 1, -1});  // [R, 1, D]
  });
  return residual(norm_first_, x, feed_forward_norm, [&](const at::Tensor& y) { return feed_forward(y, nullptr); });
}

TransformerImpl::TransformerImpl(const Seq2SeqOptions& given) : TokenTables(given) {
  if (options.positions == Positions::learned) {
    const auto table = [&] { return at::randn({options.max_positions, options.dim}) * 0.02; };
    source_positions = register_parameter("source_positions", table());
    target_positions = register_parameter("target_positions", table());
  }
  encoder = register_module("encoder", torch::nn::ModuleList());
  for (std::int64_t i = 0; i < options.enc_layers; ++i)
    encoder->push_back(TransformerEncoderLayer(options, static_cast<std::uint64_t>(i) * kSitesPerLayer));
  decoder = register_module("decoder", torch::nn::ModuleList());
  for (std::int64_t i = 0; i < options.dec_layers; ++i)
    decoder->push_back(
        TransformerDecoderLayer(options, kDecoderSites + static_cast<std::uint64_t>(i) * kSitesPerLayer));
  encoder_norm = register_module("encoder_norm", LayerNorm(options.dim));
  decoder_norm = register_module("decoder_norm", LayerNorm(options.dim));
  source_dropout_ = {options.dropout, kEmbeddingSite};
  target_dropout_ = {options.dropout, kDecoderSites + kEmbeddingSite};
}

EncodedSource TransformerImpl::encode(const SourceBatch& source, const Randomness* randomness) {
  return encode_layers(source, randomness, nullptr);
}

at::Tensor TransformerImpl::decode(const EncodedSource& encoded, const at::Tensor& target,
                                   const Randomness* randomness) {
  return decode_layers(encoded, target, randomness, nullptr);
}

TranslationAttention TransformerImpl::attention_maps(const SourceBatch& source, const at::Tensor& target) {
  TranslationAttention maps;
  decode_layers(encode_layers(source, nullptr, &maps), target, nullptr, &maps);
  return maps;
}

EncodedSource TransformerImpl::encode_layers(const SourceBatch& source, const Randomness* randomness,
                                             TranslationAttention* maps) {
  const at::Tensor mask = source.mask.unsqueeze(1).unsqueeze(1);  // [B, 1, 1, S]
  at::Tensor x = embed(source_embedding, source_positions, source.tokens, 0, source_dropout_, randomness);
  for (const auto& layer : *encoder) x = layer->as<TransformerEncoderLayerImpl>()->forward(x, mask, randomness, maps);
  return {encoder_norm(x), source.mask};  // [B, S, D]
}

at::Tensor TransformerImpl::decode_layers(const EncodedSource& encoded, const at::Tensor& target,
                                          const Randomness* randomness, TranslationAttention* maps) {
  const at::Tensor memory_mask = encoded.mask.unsqueeze(1).unsqueeze(1);  // [B, 1, 1, S]
  at::Tensor x = embed(table_of_target(), target_positions, target, 0, target_dropout_, randomness);
  for (const auto& layer : *decoder)
    x = layer->as<TransformerDecoderLayerImpl>()->forward(x, encoded.memory, memory_mask, randomness, maps);
  return decoder_norm(x);  // [B, T, D]
}

std::unique_ptr<DecoderState> TransformerImpl::start(const SourceBatch& source, std::int64_t) {
  const EncodedSource encoded = encode(source, nullptr);
  auto state = std::make_unique<TransformerState>();
  state->self_attention.resize(static_cast<std::size_t>(options.dec_layers));
  for (const auto& layer : *decoder)
    state->memory.push_back(layer->as<TransformerDecoderLayerImpl>()->cross_attention->project_memory(encoded.memory));
  state->memory_mask = encoded.mask.unsqueeze(1).unsqueeze(1);  // [B, 1, 1, S]
  return state;
}

std::int64_t TransformerImpl::longest_target() const {
  return longest_sentence(options) - 1;
}

at::Tensor TransformerImpl::step(const at::Tensor& tokens, DecoderState& abstract_state) {
  auto& state = static_cast<TransformerState&>(abstract_state);
  at::Tensor x =
      embed(table_of_target(), target_positions, tokens.unsqueeze(1), state.position, {}, nullptr);  // [R, 1, D]
  ++state.position;
  for (std::size_t i = 0; i < decoder->size(); ++i)
    x = decoder[i]->as<TransformerDecoderLayerImpl>()->step(x, state.self_attention[i], state.memory[i],
                                                            state.memory_mask);
  return logits(decoder_norm(x).squeeze(1));  // [R, C]
}

// Token embedding times sqrt(D) plus positions: [B, L] -> [B, L, D].
at::Tensor TransformerImpl::embed(Embedding& table, const at::Tensor& learned, const at::Tensor& tokens,
                                  std::int64_t first_position, const DropoutSite& site, const Randomness* randomness) {
  const std::int64_t length = tokens.size(1);
  const at::Tensor embedded = table(tokens) * std::sqrt(static_cast<double>(options.dim));  // [B, L, D]
  const at::Tensor positions = learned.defined()
                                   ? learned_positions(learned, tokens, first_position)  // [L, D]
                                   : sinusoidal_positions(first_position, length, options.dim, embedded.options());
  return dropout_if(is_training(), embedded + positions, site, randomness);
}

}  // namespace heed
