#include "heed/models/transformer.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include <ATen/ATen.h>
#include <torch/nn/init.h>

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

// Tokens whose logits are computed at a time: a few hundred rows of them, and their weights, fit into a core's cache.
constexpr std::int64_t kOutputPart = 512;

DropoutSite residual_site(const TransformerOptions& options, std::uint64_t first_site, Site site) {
  return {options.dropout, first_site + site};
}

MultiHeadAttentionOptions attention_options(const TransformerOptions& options, std::uint64_t first_site, Site site) {
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

FeedForward feed_forward_of(const TransformerOptions& options, std::uint64_t first_site) {
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

void validate(const TransformerOptions& o) {
  const auto require = [](bool holds, const std::string& message) {
    if (!holds) throw usage_error(message);
  };
  const auto in_range = [&](const char* name, std::int64_t value, std::int64_t low, std::int64_t high) {
    require(value >= low && value <= high, std::string(name) + " must be " + std::to_string(low) + " to " +
                                               std::to_string(high) + ", not " + std::to_string(value));
  };
  in_range("vocabulary size", o.source_vocab, 4, 10'000'000);
  in_range("vocabulary size", o.target_vocab, 4, 10'000'000);
  in_range("enc-layers", o.enc_layers, 1, 1000);
  in_range("dec-layers", o.dec_layers, 1, 1000);
  in_range("dim", o.dim, 1, 65'536);
  in_range("ffn-dim", o.ffn_dim, 1, 1 << 20);
  in_range("heads", o.heads, 1, 4096);
  in_range("kv-heads", o.kv_heads, 0, o.heads);
  in_range("head-dim", o.head_dim, 0, 65'536);
  in_range("max-positions", o.max_positions, 1, 1 << 20);
  require(o.dropout >= 0 && o.dropout < 1, "dropout must be at least 0 and below 1");
  require(o.attention_dropout >= 0 && o.attention_dropout < 1, "attention-dropout must be at least 0 and below 1");
  require(o.head_dim > 0 || o.dim % o.heads == 0,
          "dim " + std::to_string(o.dim) + " is not a multiple of heads " + std::to_string(o.heads) +
              ": choose another number of heads, or say the width of a head with --head-dim");
  require(o.kv_heads == 0 || o.heads % o.kv_heads == 0, "heads must be a multiple of kv-heads");
  require(o.tie != TieEmbeddings::all || o.source_vocab == o.target_vocab,
          "--tie all needs one vocabulary for both sides: use --tie output, or a shared vocabulary");
}

std::int64_t parameter_count(const TransformerOptions& o) {
  const std::int64_t head = o.head_dim > 0 ? o.head_dim : o.dim / o.heads;
  const std::int64_t query = o.heads * head, memory = (o.kv_heads > 0 ? o.kv_heads : o.heads) * head;
  const std::int64_t attention = 2 * (o.dim * query) + 2 * (o.dim * memory) + query + 2 * memory + o.dim;
  const std::int64_t feed_forward = 2 * o.dim * o.ffn_dim + o.ffn_dim + o.dim;
  const std::int64_t norm = 2 * o.dim;
  const std::int64_t tables = o.tie == TieEmbeddings::all      ? o.source_vocab
                              : o.tie == TieEmbeddings::output ? o.source_vocab + o.target_vocab
                                                               : o.source_vocab + 2 * o.target_vocab;
  const std::int64_t positions = o.positions == Positions::learned ? 2 * o.max_positions * o.dim : 0;
  return tables * o.dim + positions + o.enc_layers * (attention + feed_forward + 2 * norm) +
         o.dec_layers * (2 * attention + feed_forward + 3 * norm) + 2 * norm;
}

TransformerEncoderLayerImpl::TransformerEncoderLayerImpl(const TransformerOptions& options, std::uint64_t first_site)
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

at::Tensor TransformerEncoderLayerImpl::forward_rows(at::Tensor x, const VisibleRows& visible) {
  KeyValueTable own;
  x = residual(norm_first_, x, self_attention_norm,
               [&](const at::Tensor& y) { return self_attention->step(y, own, visible); });
  return residual(norm_first_, x, feed_forward_norm, [&](const at::Tensor& y) { return feed_forward(y, nullptr); });
}

TransformerDecoderLayerImpl::TransformerDecoderLayerImpl(const TransformerOptions& options, std::uint64_t first_site)
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

at::Tensor TransformerDecoderLayerImpl::step(at::Tensor x, KeyValueTable& past, const VisibleRows& visible_past,
                                             const KeyValueTable& memory, const VisibleRows& visible_memory) {
  x = residual(norm_first_, x, self_attention_norm,
               [&](const at::Tensor& y) { return self_attention->step(y, past, visible_past); });
  x = residual(norm_first_, x, cross_attention_norm,
               [&](const at::Tensor& y) { return cross_attention->attend_to(y, memory, visible_memory); });
  return residual(norm_first_, x, feed_forward_norm, [&](const at::Tensor& y) { return feed_forward(y, nullptr); });
}

TransformerImpl::TransformerImpl(TransformerOptions given) : options(given) {
  validate(options);
  source_embedding = register_module("source_embedding", Embedding(options.source_vocab, options.dim, kPad));
  if (options.tie != TieEmbeddings::all)
    target_embedding = register_module("target_embedding", Embedding(options.target_vocab, options.dim, kPad));
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
  if (options.tie == TieEmbeddings::none)
    output = register_module("output", Linear(options.dim, options.target_vocab, /*with_bias=*/false));
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

at::Tensor TransformerImpl::output_weight() const {
  switch (options.tie) {
    case TieEmbeddings::none:
      return output->weight;
    case TieEmbeddings::output:
      return target_embedding->weight;
    case TieEmbeddings::all:
      break;
  }
  return source_embedding->weight;
}

std::unique_ptr<DecoderState> TransformerImpl::start(const SourceBatch& source, std::int64_t hypotheses) {
  // The tokens of all sentences one after another: padding costs nothing and changes nothing.
  const at::Tensor lengths = source.mask.sum(1);                          // [B]
  const at::Tensor places = (lengths.cumsum(0) - lengths).unsqueeze(1) +  // [B, S]
                            at::arange(source.tokens.size(1), lengths.options());
  const at::Tensor is_token = source.mask.flatten().nonzero().squeeze(1);  // [N]
  at::Tensor x = embed(source_embedding, source_positions, source.tokens, 0, {}, nullptr)
                     .flatten(0, 1)
                     .index_select(0, is_token);  // [N, D]
  const VisibleRows own_sentence{places.repeat_interleave(lengths, 0), lengths.repeat_interleave(lengths)};
  for (const auto& layer : *encoder) x = layer->as<TransformerEncoderLayerImpl>()->forward_rows(x, own_sentence);
  const at::Tensor memory = encoder_norm(x);  // [N, D]

  auto state = std::make_unique<TransformerState>();
  state->past.resize(static_cast<std::size_t>(options.dec_layers));
  for (const auto& layer : *decoder)
    state->memory.push_back(layer->as<TransformerDecoderLayerImpl>()->cross_attention->project_memory(memory));
  state->visible_memory = {places.repeat_interleave(hypotheses, 0),                                      // [R, S]
                           lengths.repeat_interleave(hypotheses, 0)};                                    // [R]
  state->visible_past.places = at::zeros({state->visible_memory.lengths.size(0), 0}, places.options());  // [R, T]
  return state;
}

std::int64_t TransformerImpl::longest_target() const {
  return options.positions == Positions::learned ? options.max_positions - 1 : std::numeric_limits<std::int64_t>::max();
}

at::Tensor TransformerImpl::step(const at::Tensor& tokens, DecoderState& abstract_state) {
  auto& state = static_cast<TransformerState&>(abstract_state);
  at::Tensor x = embed(table_of_target(), target_positions, tokens.unsqueeze(1), state.position, {}, nullptr)
                     .squeeze(1);  // [R, D]
  state.add_step(tokens.size(0));
  for (std::size_t i = 0; i < decoder->size(); ++i)
    x = decoder[i]->as<TransformerDecoderLayerImpl>()->step(x, state.past[i], state.visible_past, state.memory[i],
                                                            state.visible_memory);
  return decoder_norm(x);  // [R, D]
}

void TransformerImpl::read_logits(const at::Tensor& states, const LogitsReader& read) {
  const at::ScalarType dtype = compute_dtype();
  if (output_parts_.empty() || output_parts_.front().dtype() != dtype) {
    const at::Tensor logits = at::linear(product_rows(states, dtype), output_weight().to(dtype));  // [R', C]
    return read(logits.narrow(0, 0, states.size(0)).to(at::kFloat), 0);
  }
  std::int64_t first_token = 0;
  for (const InferenceProduct& part : output_parts_) {
    read(part(states).to(at::kFloat), first_token);
    first_token += kOutputPart;
  }
}

void TransformerImpl::prepare_inference(at::ScalarType dtype) {
  heed::prepare_inference(*this, dtype);
  output_parts_.clear();
  for (const at::Tensor& weight : output_weight().split(kOutputPart))
    output_parts_.emplace_back(weight, at::Tensor(), dtype);
}

Embedding& TransformerImpl::table_of_target() {
  return options.tie == TieEmbeddings::all ? source_embedding : target_embedding;
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
