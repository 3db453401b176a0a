#include "heed/models/transformer.h"

#include <algorithm>
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

// Attention; by the explicit path when its weights are wanted, which are added to `weights`.
at::Tensor attended(MultiHeadAttention& attention, const at::Tensor& query, const at::Tensor& memory,
                    const at::Tensor& mask, const Randomness* randomness, std::vector<at::Tensor>* weights) {
  if (weights == nullptr) return attention(query, memory, mask, randomness);
  auto result = attention->forward_with_weights(query, memory, mask, randomness);
  weights->push_back(result.weights);
  return result.output;
}

constexpr std::int64_t kFirstSteps = 16;  // of a search, that tables of its past have room for at once

// Tables of keys and values only grow; what changes from step to step is which of their rows a hypothesis sees.
struct TransformerState : DecoderState {
  std::vector<KeyValueTable> past;    // per layer: a row for each hypothesis of each step
  std::vector<KeyValueTable> memory;  // per layer: a row for each token of each sentence
  VisibleRows visible_past, visible_memory;
  std::int64_t position = 0;

  void reorder(const at::Tensor& rows, const at::Tensor& sentences) override {
    visible_past.places = visible_past.places.index_select(0, rows);  // [R', T]
    if (!sentences.defined()) return;
    visible_memory.places = visible_memory.places.index_select(0, rows);    // [R', S]
    visible_memory.lengths = visible_memory.lengths.index_select(0, rows);  // [R']
  }

  // The rows that the next step will append, and what each of its hypotheses may see: its past and itself.
  void add_step(std::int64_t rows) {
    const auto numbers = visible_memory.places.options();
    const std::int64_t first = past.front().size(), room = visible_past.places.size(1);
    if (position == room)
      visible_past.places =
          at::cat({visible_past.places, at::zeros({rows, std::max<std::int64_t>(16, room)}, numbers)}, 1);  // [R, T]
    visible_past.places.select(1, position).copy_(at::arange(first, first + rows, numbers));
    visible_past.lengths = at::full({rows}, ++position, numbers);  // [R]
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
      self_attention_dropout_(residual_site(options, first_site, kSelfResidual)),
      feed_forward_dropout_(residual_site(options, first_site, kFeedForwardResidual)) {}

void TransformerEncoderLayerImpl::forward(ResidualStream& x, const Attend& attend_to_source) {
  x.pass(self_attention_norm, self_attention_dropout_,
         [&](const at::Tensor& y) { return attend_to_source(self_attention, y); });
  x.pass(feed_forward_norm, feed_forward_dropout_,
         [&](const at::Tensor& y) { return feed_forward(y, x.randomness()); });
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
      self_attention_dropout_(residual_site(options, first_site, kSelfResidual)),
      cross_attention_dropout_(residual_site(options, first_site, kCrossResidual)),
      feed_forward_dropout_(residual_site(options, first_site, kFeedForwardResidual)) {}

void TransformerDecoderLayerImpl::forward(ResidualStream& x, const Attend& attend_to_target,
                                          const Attend& attend_to_memory) {
  x.pass(self_attention_norm, self_attention_dropout_,
         [&](const at::Tensor& y) { return attend_to_target(self_attention, y); });
  x.pass(cross_attention_norm, cross_attention_dropout_,
         [&](const at::Tensor& y) { return attend_to_memory(cross_attention, y); });
  x.pass(feed_forward_norm, feed_forward_dropout_,
         [&](const at::Tensor& y) { return feed_forward(y, x.randomness()); });
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
  const at::Tensor x = embed(source_embedding, source_positions, source.tokens, 0, source_dropout_, randomness);
  const at::Tensor memory = run_encoder(x, randomness, [&](MultiHeadAttention& attention, const at::Tensor& y) {
    return attended(attention, y, y, mask, randomness, maps ? &maps->encoder : nullptr);
  });
  return {memory, source.mask};  // [B, S, D]
}

// Padding stands only at the end of a target, so the causal rule alone keeps it from every token before it.
at::Tensor TransformerImpl::decode_layers(const EncodedSource& encoded, const at::Tensor& target,
                                          const Randomness* randomness, TranslationAttention* maps) {
  const at::Tensor memory_mask = encoded.mask.unsqueeze(1).unsqueeze(1);  // [B, 1, 1, S]
  const at::Tensor x = embed(table_of_target(), target_positions, target, 0, target_dropout_, randomness);
  return run_decoder(
      x, randomness,
      [&](MultiHeadAttention& attention, const at::Tensor& y) {
        return attended(attention, y, y, {}, randomness, maps ? &maps->decoder : nullptr);
      },
      [&](MultiHeadAttention& attention, const at::Tensor& y) {
        return attended(attention, y, encoded.memory, memory_mask, randomness, maps ? &maps->cross : nullptr);
      });  // [B, T, D]
}

at::Tensor TransformerImpl::states(const PackedTokens& source, const PackedTokens& target, std::uint64_t seed,
                                   std::uint64_t update) {
  const Randomness source_randomness{seed, update, source.rows.places};
  const Randomness target_randomness{seed, update, target.rows.places};
  const at::Tensor memory =
      run_encoder(embed_packed(source_embedding, source_positions, source, source_dropout_, &source_randomness),
                  &source_randomness, [&](MultiHeadAttention& attention, const at::Tensor& y) {
                    return attention->forward_packed(y, y, source.rows, source.rows, &source_randomness);
                  });  // [M, D]
  return run_decoder(
      embed_packed(table_of_target(), target_positions, target, target_dropout_, &target_randomness),
      &target_randomness,
      [&](MultiHeadAttention& attention, const at::Tensor& y) {
        return attention->forward_packed(y, y, target.rows, target.rows, &target_randomness);
      },
      [&](MultiHeadAttention& attention, const at::Tensor& y) {
        return attention->forward_packed(y, memory, target.rows, source.rows, &target_randomness);
      });  // [N, D]
}

at::Tensor TransformerImpl::run_encoder(at::Tensor embedded, const Randomness* randomness,
                                        const Attend& attend_to_source) {
  ResidualStream x(std::move(embedded), options.norm_first, is_training() ? randomness : nullptr);
  for (const auto& layer : *encoder) layer->as<TransformerEncoderLayerImpl>()->forward(x, attend_to_source);
  return x.finish(encoder_norm);
}

at::Tensor TransformerImpl::run_decoder(at::Tensor embedded, const Randomness* randomness,
                                        const Attend& attend_to_target, const Attend& attend_to_memory) {
  ResidualStream x(std::move(embedded), options.norm_first, is_training() ? randomness : nullptr);
  for (const auto& layer : *decoder)
    layer->as<TransformerDecoderLayerImpl>()->forward(x, attend_to_target, attend_to_memory);
  return x.finish(decoder_norm);
}

std::unique_ptr<DecoderState> TransformerImpl::start(const SourceBatch& source, std::int64_t hypotheses) {
  // The tokens of all sentences one after another: padding costs nothing and changes nothing.
  const at::Tensor lengths = source.mask.sum(1);                          // [B]
  const at::Tensor places = (lengths.cumsum(0) - lengths).unsqueeze(1) +  // [B, S]
                            at::arange(source.tokens.size(1), lengths.options());
  const at::Tensor is_token = source.mask.flatten().nonzero().squeeze(1);  // [N]
  const at::Tensor embedded = embed(source_embedding, source_positions, source.tokens, 0, {}, nullptr)
                                  .flatten(0, 1)
                                  .index_select(0, is_token);  // [N, D]
  const VisibleRows own_sentence{places.repeat_interleave(lengths, 0), lengths.repeat_interleave(lengths)};
  const at::Tensor memory = run_encoder(embedded, nullptr, [&](MultiHeadAttention& attention, const at::Tensor& y) {
    KeyValueTable own;
    return attention->step(y, own, own_sentence);
  });  // [N, D]

  auto state = std::make_unique<TransformerState>();
  state->past.resize(static_cast<std::size_t>(options.dec_layers), KeyValueTable(kFirstSteps));
  for (const auto& layer : *decoder)
    state->memory.push_back(layer->as<TransformerDecoderLayerImpl>()->cross_attention->tabulate_memory(memory));
  state->visible_memory = {places.repeat_interleave(hypotheses, 0),                                      // [R, S]
                           lengths.repeat_interleave(hypotheses, 0)};                                    // [R]
  state->visible_past.places = at::zeros({state->visible_memory.lengths.size(0), 0}, places.options());  // [R, T]
  return state;
}

std::int64_t TransformerImpl::longest_target() const {
  return longest_sentence(options) - 1;
}

at::Tensor TransformerImpl::step(const at::Tensor& tokens, DecoderState& abstract_state) {
  auto& state = static_cast<TransformerState&>(abstract_state);
  const at::Tensor embedded =
      embed(table_of_target(), target_positions, tokens.unsqueeze(1), state.position, {}, nullptr)
          .squeeze(1);  // [R, D]
  state.add_step(tokens.size(0));
  std::size_t layer = 0;
  return run_decoder(
      embedded, nullptr,
      [&](MultiHeadAttention& attention, const at::Tensor& y) {
        return attention->step(y, state.past[layer], state.visible_past);
      },
      [&](MultiHeadAttention& attention, const at::Tensor& y) {
        return attention->attend_to(y, state.memory[layer++], state.visible_memory);
      });  // [R, D]
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

// The same for packed sentences: [N] -> [N, D].
at::Tensor TransformerImpl::embed_packed(Embedding& table, const at::Tensor& learned, const PackedTokens& sentences,
                                         const DropoutSite& site, const Randomness* randomness) {
  const std::int64_t length = sentences.rows.longest();
  const at::Tensor embedded = table(sentences.tokens) * std::sqrt(static_cast<double>(options.dim));  // [N, D]
  if (learned.defined() && length > learned.size(0))
    throw data_error("a sentence of " + std::to_string(length) + " tokens is longer than the " +
                     std::to_string(learned.size(0)) + " learned positions of this model");
  const at::Tensor positions =
      learned.defined() ? learned : sinusoidal_positions(0, length, options.dim, embedded.options());  // [L, D]
  return dropout_if(is_training(), embedded + positions.index_select(0, sentences.rows.places.position), site,
                    randomness);
}

}  // namespace heed
