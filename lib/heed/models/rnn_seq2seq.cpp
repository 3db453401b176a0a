#include "heed/models/rnn_seq2seq.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include <ATen/ATen.h>

#include "heed/base/error.h"
#include "heed/base/tokens.h"
#include "heed/nn/inference_product.h"

namespace heed {
namespace {

// Dropout sites: after encoder layer i, after decoder layer kDecoderSites + i, and those of embeddings and output.
constexpr std::uint64_t kSourceSite = (1 << 20) - 1, kTargetSite = kDecoderSites + (1 << 20) - 1,
                        kOutputSite = kTargetSite - 1;

RecurrentCell cell_of(const Seq2SeqOptions& options) {
  return options.arch == Arch::lstm ? RecurrentCell::lstm : RecurrentCell::gru;
}

MultiHeadAttentionOptions luong_options(const Seq2SeqOptions& options) {
  return {.heads = 1,
          .width = options.dim,
          .bias = false,
          .projections = options.rnn_attention == RnnAttention::general ? Projections::keys : Projections::none,
          .scale = 1};
}

// The same places with the rows of [T, B, ..] instead of [B, T, ..].
std::optional<Randomness> time_first(const Randomness* randomness, std::int64_t batch) {
  if (randomness == nullptr) return std::nullopt;
  const auto turned = [&](const at::Tensor& rows) { return rows.view({batch, -1}).t().reshape({-1}); };  // [T * B]
  return Randomness{
      randomness->seed, randomness->update, {turned(randomness->rows.sentence), turned(randomness->rows.position)}};
}

// Those of one step.
std::optional<Randomness> step_of(const std::optional<Randomness>& all, std::int64_t step, std::int64_t batch) {
  if (!all) return std::nullopt;
  const auto part = [&](const at::Tensor& rows) { return rows.narrow(0, step * batch, batch); };  // [B]
  return Randomness{all->seed, all->update, {part(all->rows.sentence), part(all->rows.position)}};
}

const Randomness* pointer(const std::optional<Randomness>& randomness) {
  return randomness ? &*randomness : nullptr;
}

}  // namespace

struct RnnSeq2SeqImpl::State : DecoderState {
  std::vector<RecurrentState> layers;  // rows R
  at::Tensor fed;                      // [R, D] attentional vectors of the step before, where they are fed
  Memory memory;                       // sentences B: never copied per hypothesis

  void reorder(const at::Tensor& rows, const at::Tensor& sentences) override {
    for (RecurrentState& layer : layers) layer.reorder(rows);
    if (fed.defined()) fed = fed.index_select(0, rows);  // [R', D]
    if (!sentences.defined() || !memory.projected.key.defined()) return;
    memory.projected = {memory.projected.key.index_select(0, sentences),
                        memory.projected.value.index_select(0, sentences)};
    memory.mask = memory.mask.index_select(0, sentences);
  }
};

RnnSeq2SeqImpl::RnnSeq2SeqImpl(const Seq2SeqOptions& given) : TokenTables(given) {
  const RecurrentCell cell = cell_of(options);
  const std::int64_t dim = options.dim, states = cell == RecurrentCell::lstm ? 2 : 1;
  encoder = register_module("encoder", torch::nn::ModuleList());
  for (std::int64_t i = 0; i < options.enc_layers; ++i) encoder->push_back(BidirectionalLayer(cell, dim, dim / 2));
  decoder = register_module("decoder", torch::nn::ModuleList());
  for (std::int64_t i = 0; i < options.dec_layers; ++i)
    decoder->push_back(RecurrentLayer(cell, i == 0 && feeds_input(options) ? 2 * dim : dim, dim));
  bridge = register_module("bridge", Linear(dim, options.dec_layers * states * dim));
  if (options.rnn_attention == RnnAttention::none) return;
  if (options.rnn_attention == RnnAttention::additive)
    additive_attention = register_module("attention", AdditiveAttention(dim, dim, dim));
  else
    attention = register_module("attention", MultiHeadAttention(luong_options(options)));
  combine = register_module("combine", Linear(2 * dim, dim, /*with_bias=*/false));
}

EncodedSource RnnSeq2SeqImpl::encode(const SourceBatch& source, const Randomness* randomness) {
  const std::optional<Randomness> by_time = time_first(randomness, source.tokens.size(0));
  const at::Tensor real = source.mask.t().contiguous();                                        // [S, B]
  at::Tensor x = embed(source_embedding, source.tokens, site(kSourceSite), pointer(by_time));  // [S, B, D]
  for (std::size_t i = 0; i < encoder->size(); ++i) {
    if (i > 0) x = dropped(x, site(i), pointer(by_time));
    x = encoder[i]->as<BidirectionalLayerImpl>()->forward(x, real);  // [S, B, D]
  }
  return {x.transpose(0, 1).contiguous(), source.mask};  // [B, S, D]
}

at::Tensor RnnSeq2SeqImpl::decode(const EncodedSource& encoded, const at::Tensor& target,
                                  const Randomness* randomness) {
  return decode_steps(encoded, target, randomness, nullptr);
}

TranslationAttention RnnSeq2SeqImpl::attention_maps(const SourceBatch& source, const at::Tensor& target) {
  require_attention(options);
  std::vector<at::Tensor> weights;
  decode_steps(encode(source, nullptr), target, nullptr, &weights);
  return {.encoder = {}, .decoder = {}, .cross = {at::cat(weights, 2)}};  // [B, 1, T, S]
}

// Attention weights of all steps, or of one step after the other, are added to `weights`, if any.
at::Tensor RnnSeq2SeqImpl::decode_steps(const EncodedSource& encoded, const at::Tensor& target,
                                        const Randomness* randomness, std::vector<at::Tensor>* weights) {
  const std::int64_t batch = target.size(0), length = target.size(1);
  const std::optional<Randomness> by_time = time_first(randomness, batch);
  const at::Tensor words = embed(table_of_target(), target, site(kTargetSite), pointer(by_time));  // [T, B, D]
  const Memory memory = memory_of(encoded);
  std::vector<RecurrentState> states = first_states(encoded);

  if (!feeds_input(options)) {  // no step waits for attention
    at::Tensor x = words;
    for (std::size_t i = 0; i < decoder->size(); ++i) {
      if (i > 0) x = dropped(x, site(kDecoderSites + i), pointer(by_time));
      x = decoder[i]->as<RecurrentLayerImpl>()->forward(x, states[i]);  // [T, B, D]
    }
    const at::Tensor made = attentional(x.transpose(0, 1).contiguous(), memory, weights);  // [B, T, D]
    return dropped(made, site(kOutputSite), randomness);
  }

  at::Tensor fed = at::zeros({batch, options.dim}, words.options());  // [B, D]
  std::vector<at::Tensor> made;
  for (std::int64_t t = 0; t < length; ++t) {
    const std::optional<Randomness> here = step_of(by_time, t, batch);
    const at::Tensor top = one_step(at::cat({words[t], fed}, 1), states, pointer(here));  // [B, D]
    const at::Tensor vector = attentional(top.unsqueeze(1), memory, weights).squeeze(1);  // [B, D]
    fed = dropped(vector, site(kOutputSite), pointer(here));                              // [B, D]
    made.push_back(fed);
  }
  return at::stack(made, 1);  // [B, T, D]
}

std::unique_ptr<DecoderState> RnnSeq2SeqImpl::start(const SourceBatch& source, std::int64_t hypotheses) {
  const EncodedSource encoded = encode(source, nullptr);
  const at::Tensor rows = at::arange(source.tokens.size(0), source.tokens.options()).repeat_interleave(hypotheses);
  auto state = std::make_unique<State>();
  state->memory = memory_of(encoded);
  state->memory.states.reset();
  state->layers = first_states(encoded);
  for (RecurrentState& layer : state->layers) layer.reorder(rows);
  if (feeds_input(options)) state->fed = at::zeros({rows.size(0), options.dim}, encoded.memory.options());  // [R, D]
  return state;
}

std::int64_t RnnSeq2SeqImpl::longest_target() const {
  return longest_sentence(options) - 1;
}

at::Tensor RnnSeq2SeqImpl::step(const at::Tensor& tokens, DecoderState& abstract_state) {
  auto& state = static_cast<State&>(abstract_state);
  const at::Tensor word = embed(table_of_target(), tokens.unsqueeze(1), {}, nullptr).squeeze(0);  // [R, D]
  const at::Tensor x = state.fed.defined() ? at::cat({word, state.fed}, 1) : word;                // [R, D or 2 D]
  const at::Tensor top = one_step(x, state.layers, nullptr);                                      // [R, D]
  if (options.rnn_attention == RnnAttention::none) return top;                                    // [R, D]
  // The hypotheses of a sentence stand side by side as queries of one attention to its memory.
  const at::Tensor queries = top.view({state.memory.mask.size(0), -1, options.dim});    // [B, hypotheses, D]
  const at::Tensor vectors = attentional(queries, state.memory, nullptr).view_as(top);  // [R, D]
  if (state.fed.defined()) state.fed = vectors;
  return vectors;
}

RnnSeq2SeqImpl::Memory RnnSeq2SeqImpl::memory_of(const EncodedSource& encoded) {
  if (options.rnn_attention == RnnAttention::none) return {};
  return {additive_attention ? additive_attention->project_memory(encoded.memory)
                             : attention->project_memory(encoded.memory),
          encoded.memory, encoded.mask.unsqueeze(1).unsqueeze(1)};  // [B, 1, 1, S]
}

// Of each decoder layer, [B, D].
std::vector<RecurrentState> RnnSeq2SeqImpl::first_states(const EncodedSource& encoded) {
  const std::int64_t half = options.dim / 2, batch = encoded.memory.size(0);
  const at::Tensor last = at::cat({encoded.memory.select(1, -1).narrow(1, 0, half),  // of the forward direction
                                   encoded.memory.select(1, 0).narrow(1, half, half)},
                                  1);  // [B, D]
  const at::Tensor filled = at::constant_pad_nd(last, {0, 0, 0, std::max<std::int64_t>(0, kFewestProductRows - batch)});
  const at::Tensor begun = bridge(filled).to(at::kFloat).narrow(0, 0, batch);  // [B, layers * states * D]
  const auto parts = begun.split(options.dim, 1);                              // [B, D] each
  std::vector<RecurrentState> states;
  for (std::size_t i = 0; i < decoder->size(); ++i) {
    if (cell_of(options) == RecurrentCell::lstm)
      states.push_back({tanh_of(parts[2 * i]), parts[2 * i + 1].contiguous()});
    else
      states.push_back({tanh_of(parts[i]), {}});
  }
  return states;
}

// Token embedding times sqrt(D), time first: [B, L] -> [L, B, D].
at::Tensor RnnSeq2SeqImpl::embed(Embedding& table, const at::Tensor& tokens, const DropoutSite& where,
                                 const Randomness* randomness) {
  return dropped(table(tokens.t().contiguous()) * std::sqrt(static_cast<double>(options.dim)), where, randomness);
}

// Through all layers: x [R, I] -> the last one's hidden state [R, D]; their states go on.
at::Tensor RnnSeq2SeqImpl::one_step(at::Tensor x, std::vector<RecurrentState>& states, const Randomness* randomness) {
  for (std::size_t i = 0; i < decoder->size(); ++i) {
    if (i > 0) x = dropped(x, site(kDecoderSites + i), randomness);
    states[i] = decoder[i]->as<RecurrentLayerImpl>()->step(x, states[i]);
    x = states[i].hidden;  // [R, D]
  }
  return x;
}

// The attentional vectors of decoder states [B, T, D]; the states themselves where there is no attention.
at::Tensor RnnSeq2SeqImpl::attentional(const at::Tensor& query, const Memory& memory,
                                       std::vector<at::Tensor>* weights) {
  if (options.rnn_attention == RnnAttention::none) return query;
  at::Tensor context;  // [B, T, D]
  if (weights == nullptr) {
    context = additive_attention ? additive_attention->attend_to(query, memory.projected, memory.mask)
                                 : attention->attend_to(query, memory.projected, memory.mask);
  } else {
    const auto seen = additive_attention ? additive_attention->forward_with_weights(query, memory.states, memory.mask)
                                         : attention->forward_with_weights(query, memory.states, memory.mask);
    context = seen.output;
    weights->push_back(seen.weights);  // [B, 1, T, S]
  }
  return tanh_of(combine(at::cat({context, query}, -1)));  // [B, T, D]
}

at::Tensor RnnSeq2SeqImpl::dropped(const at::Tensor& x, const DropoutSite& where, const Randomness* randomness) {
  return dropout_if(is_training(), x, where, randomness);
}

DropoutSite RnnSeq2SeqImpl::site(std::uint64_t number) const {
  return {options.dropout, number};
}

}  // namespace heed
