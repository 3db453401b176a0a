#include "heed/models/transformer.h"

#include <functional>
#include <string>
#include <vector>

#include <ATen/ATen.h>
#include <torch/nn/modules/transformer.h>
#include <torch/nn/modules/transformercoder.h>
#include <torch/nn/modules/transformerlayer.h>

#include "heed/base/error.h"
#include "heed/base/tokens.h"
#include "heed/nn/cross_entropy.h"

#include "catch.h"
#include "sentences.h"
#include "tensors.h"
#include "text/errors.h"

namespace heed {
namespace {

Seq2SeqOptions small_transformer() {
  Seq2SeqOptions options;
  options.source_vocab = options.target_vocab = 31;
  options.enc_layers = options.dec_layers = 2;
  options.dim = 16;
  options.ffn_dim = 24;
  options.heads = 4;
  options.max_positions = 80;
  options.dropout = 0;
  return options;
}

Seq2SeqOptions transformer_with(const std::function<void(Seq2SeqOptions&)>& change) {
  Seq2SeqOptions options = small_transformer();
  change(options);
  return options;
}

// Every way to build one.
std::vector<Seq2SeqOptions> transformer_grid() {
  return {small_transformer(),
          transformer_with([](auto& o) { o.norm_first = false; }),
          transformer_with([](auto& o) { o.tie = TieEmbeddings::none, o.target_vocab = 37; }),
          transformer_with([](auto& o) { o.tie = TieEmbeddings::output, o.target_vocab = 37; }),
          transformer_with([](auto& o) { o.positions = Positions::learned; }),
          transformer_with([](auto& o) { o.head_dim = 7, o.heads = 6, o.kv_heads = 2; }),
          transformer_with([](auto& o) { o.enc_layers = 1, o.dec_layers = 3, o.activation = Activation::gelu; })};
}

at::Tensor logits_of(TransformerImpl& model, const at::Tensor& states) {
  return at::matmul(states, model.output_weight().t());
}

// Token embedding and positions as the model makes them.
at::Tensor embedded(Embedding& table, const at::Tensor& tokens) {
  return at::embedding(table->weight, tokens) * 4.0 +
         sinusoidal_positions(0, tokens.size(1), 16, table->weight.options());
}

void copy_attention(torch::nn::MultiheadAttentionImpl& to, MultiHeadAttentionImpl& from) {
  to.in_proj_weight.copy_(
      at::cat({from.query_projection->weight, from.key_projection->weight, from.value_projection->weight}));
  to.in_proj_bias.copy_(at::cat({from.query_projection->bias, from.key_projection->bias, from.value_projection->bias}));
  to.out_proj->weight.copy_(from.output_projection->weight);
  to.out_proj->bias.copy_(from.output_projection->bias);
}

template <class To, class From>
void copy_affine(To& to, From& from) {
  to->weight.copy_(from->weight);
  to->bias.copy_(from->bias);
}

void move_biases_and_norms(torch::nn::Module& module) {
  for (auto& parameter : module.named_parameters())
    if (parameter.value().dim() == 1) parameter.value().add_(at::randn_like(parameter.value()) * 0.1);
}

}  // namespace

TEST_CASE("post-norm with copied weights equals torch::nn::Transformer") {
  at::manual_seed(1);
  const at::NoGradGuard no_grad;
  for (const Activation activation : {Activation::relu, Activation::gelu}) {
    Transformer model(
        transformer_with([&](auto& o) { o.norm_first = false, o.activation = activation, o.dec_layers = 3; }));
    move_biases_and_norms(*model);
    auto reference_options = torch::nn::TransformerOptions(16, 4, 2, 3).dim_feedforward(24).dropout(0);
    if (activation == Activation::gelu) reference_options.activation(torch::kGELU);
    torch::nn::Transformer reference(reference_options);

    auto& encoder = *reference->encoder.ptr()->as<torch::nn::TransformerEncoderImpl>();
    for (std::size_t i = 0; i < 2; ++i) {
      auto& to = *encoder.layers[i]->as<torch::nn::TransformerEncoderLayerImpl>();
      auto& from = *model->encoder[i]->as<TransformerEncoderLayerImpl>();
      copy_attention(*to.self_attn, *from.self_attention);
      copy_affine(to.linear1, from.feed_forward->expand);
      copy_affine(to.linear2, from.feed_forward->contract);
      copy_affine(to.norm1, from.self_attention_norm);
      copy_affine(to.norm2, from.feed_forward_norm);
    }
    auto encoder_norm = encoder.norm.get<torch::nn::LayerNorm>();
    copy_affine(encoder_norm, model->encoder_norm);
    auto& decoder = *reference->decoder.ptr()->as<torch::nn::TransformerDecoderImpl>();
    for (std::size_t i = 0; i < 3; ++i) {
      auto& to = *decoder.layers[i]->as<torch::nn::TransformerDecoderLayerImpl>();
      auto& from = *model->decoder[i]->as<TransformerDecoderLayerImpl>();
      copy_attention(*to.self_attn, *from.self_attention);
      copy_attention(*to.multihead_attn, *from.cross_attention);
      copy_affine(to.linear1, from.feed_forward->expand);
      copy_affine(to.linear2, from.feed_forward->contract);
      copy_affine(to.norm1, from.self_attention_norm);
      copy_affine(to.norm2, from.cross_attention_norm);
      copy_affine(to.norm3, from.feed_forward_norm);
    }
    auto decoder_norm = decoder.norm.get<torch::nn::LayerNorm>();
    copy_affine(decoder_norm, model->decoder_norm);

    const at::Tensor source = random_sentences({9, 4, 6}, 9), target = random_sentences({8, 8, 8}, 8);
    const SourceBatch batch = source_batch(source);
    const EncodedSource encoded = model->encode(batch, nullptr);
    const at::Tensor states = model->decode(encoded, target, nullptr);  // [B, T, D]
    const at::Tensor padding = batch.mask.logical_not();
    const at::Tensor later = torch::nn::TransformerImpl::generate_square_subsequent_mask(8);
    const at::Tensor expected =
        reference
            ->forward(embedded(model->source_embedding, source).transpose(0, 1),
                      embedded(model->source_embedding, target).transpose(0, 1), {}, later, {}, padding, {}, padding)
            .transpose(0, 1);  // [B, T, D]
    CHECK(difference(states, expected) < 2e-5);
  }
}

TEST_CASE("forward, loss and all gradients equal a Python model") {
  const Numbers numbers("models/transformer_numbers.safetensors");
  Transformer model(transformer_with([](auto& o) { o.source_vocab = o.target_vocab = 29; }));
  {
    const at::NoGradGuard no_grad;
    for (auto& parameter : model->named_parameters()) parameter.value().copy_(numbers["weight." + parameter.key()]);
  }
  const EncodedSource encoded = model->encode(source_batch(numbers["source"]), nullptr);
  CHECK(encoded.memory.sizes() == numbers["memory"].sizes());
  const at::Tensor real = encoded.mask.unsqueeze(2);
  CHECK(difference(encoded.memory * real, numbers["memory"] * real) < 2e-5);
  const at::Tensor states = model->decode(encoded, numbers["target_input"], nullptr);
  CHECK(difference(states, numbers["states"]) < 2e-5);

  const CrossEntropy result =
      cross_entropy(states.flatten(0, 1), model->output_weight(), numbers["target_output"].flatten(), 0.1, kPad);
  CHECK(result.loss.item<double>() == Approx(numbers["loss"].item<double>()).epsilon(1e-5));
  CHECK(result.tokens == 23);
  result.loss.backward();
  for (const auto& parameter : model->named_parameters()) {
    CAPTURE(parameter.key());
    const at::Tensor expected = numbers["gradient." + parameter.key()];
    CHECK(difference(parameter.value().grad(), expected) < 1e-4 * std::max(1.0, expected.abs().max().item<double>()));
  }
}

TEST_CASE("a later target token changes nothing before it") {
  at::manual_seed(2);
  const at::NoGradGuard no_grad;
  for (const auto& options : transformer_grid()) {
    Transformer model(options);
    const EncodedSource encoded = model->encode(source_batch(random_sentences({7, 5}, 7)), nullptr);
    const at::Tensor target = random_sentences({20, 20}, 20);
    const at::Tensor before = model->decode(encoded, target, nullptr);
    for (const std::int64_t at_token : {1, 9, 19}) {
      at::Tensor other = target.clone();
      other.slice(1, at_token).fill_(std::int64_t{5});
      other.select(1, at_token).copy_(target.select(1, at_token).remainder(26).add(4));
      const at::Tensor after = model->decode(encoded, other, nullptr);
      CHECK(same_bits(after.slice(1, 0, at_token), before.slice(1, 0, at_token)));
      CHECK_FALSE(same_bits(after.select(1, at_token), before.select(1, at_token)));
    }
  }
}

TEST_CASE("what stands under padding changes nothing, nor does the length of padding") {
  at::manual_seed(3);
  const at::NoGradGuard no_grad;
  for (const auto& options : transformer_grid()) {
    Transformer model(options);
    const at::Tensor source = random_sentences({9, 5, 1}, 9), target = random_sentences({6, 6, 6}, 6);
    const SourceBatch batch = source_batch(source);
    const EncodedSource encoded = model->encode(batch, nullptr);
    const at::Tensor states = model->decode(encoded, target, nullptr);

    // Other tokens where the mask says padding: the same bits for every real token.
    at::Tensor scribbled = source.masked_fill(batch.mask.logical_not(), 30);
    const EncodedSource again = model->encode({scribbled, batch.mask}, nullptr);
    CHECK(at::equal(again.memory.masked_select(batch.mask.unsqueeze(2)),
                    encoded.memory.masked_select(batch.mask.unsqueeze(2))));
    CHECK(same_bits(model->decode(again, target, nullptr), states));

    // More padding is another shape of matrix products, so only nearly the same bits.
    const at::Tensor wider = at::constant_pad_nd(source, {0, 12}, static_cast<std::int64_t>(kPad));
    const at::Tensor padded = model->decode(model->encode(source_batch(wider), nullptr), target, nullptr);
    CHECK(difference(padded, states) < 1e-5);

    // Target padding at the end of a sentence, and a sentence alone.
    const at::Tensor longer = at::constant_pad_nd(target, {0, 5}, static_cast<std::int64_t>(kPad));
    CHECK(difference(model->decode(encoded, longer, nullptr).slice(1, 0, 6), states) < 1e-5);
    const at::Tensor alone = model->decode(model->encode(source_batch(source.slice(0, 1, 2).slice(1, 0, 5)), nullptr),
                                           target.slice(0, 1, 2), nullptr);
    CHECK(difference(alone[0], states[1]) < 1e-5);
  }
}

TEST_CASE("step by step equals all steps at once, with several hypotheses, reordering and leaving sentences") {
  at::manual_seed(4);
  const at::NoGradGuard no_grad;
  for (const auto& options : transformer_grid()) {
    Transformer model(options);
    model->eval();
    const SourceBatch source = source_batch(random_sentences({9, 4, 6}, 9));
    const EncodedSource encoded = model->encode(source, nullptr);
    const std::int64_t hypotheses = 2, first_part = 21, length = 44;
    const auto state = model->start(source, hypotheses);
    at::Tensor tokens = at::randint(4, 31, {6, length}, at::kLong);  // of row r, sentence r / 2
    const auto expected = [&](const at::Tensor& sentences) {
      const EncodedSource repeated{encoded.memory.index_select(0, sentences), encoded.mask.index_select(0, sentences)};
      return logits_of(*model, model->decode(repeated, tokens, nullptr));  // [R, T, C]
    };
    at::Tensor all = expected(at::tensor({0, 0, 1, 1, 2, 2}, at::kLong));
    for (std::int64_t t = 0; t < first_part; ++t)
      REQUIRE(difference(all_logits(*model, model->step(tokens.select(1, t), *state)), all.select(1, t)) < 2e-5);

    // Sentence 1 leaves, 2 and 0 change places; hypotheses of 0 become copies of its second.
    const at::Tensor rows = at::tensor({5, 4, 1, 1}, at::kLong);
    state->reorder(rows, at::tensor({2, 0}, at::kLong));
    tokens = tokens.index_select(0, rows);
    tokens.slice(1, first_part).copy_(at::randint(4, 31, {4, length - first_part}, at::kLong));
    all = expected(at::tensor({2, 2, 0, 0}, at::kLong));
    for (std::int64_t t = first_part; t < length; ++t)
      REQUIRE(difference(all_logits(*model, model->step(tokens.select(1, t), *state)), all.select(1, t)) < 2e-5);
  }
}

TEST_CASE("attention maps are those of a pass: looking at them changes nothing, and each row sums to one") {
  at::manual_seed(6);
  const at::NoGradGuard no_grad;
  for (const auto& options : transformer_grid()) {
    Transformer model(options);
    model->eval();
    const SourceBatch source = source_batch(random_sentences({7, 4}, 7));
    const at::Tensor target = at::randint(4, 31, {2, 5}, at::kLong);
    const TranslationAttention maps = model->attention_maps(source, target);
    REQUIRE(maps.encoder.size() == static_cast<std::size_t>(options.enc_layers));
    REQUIRE(maps.decoder.size() == static_cast<std::size_t>(options.dec_layers));
    REQUIRE(maps.cross.size() == static_cast<std::size_t>(options.dec_layers));
    for (const at::Tensor& weights : maps.cross) {
      CHECK(weights.sizes() == at::IntArrayRef({2, options.heads, 5, 7}));
      CHECK(difference(weights.sum(-1), at::ones({2, options.heads, 5})) < 1e-5);
      CHECK(weights[1].narrow(-1, 4, 3).abs().max().item<double>() == 0);  // padding
    }
    for (const at::Tensor& weights : maps.decoder) CHECK(weights.triu(1).abs().max().item<double>() == 0);
    for (const at::Tensor& weights : maps.encoder) CHECK(weights.sizes() == at::IntArrayRef({2, options.heads, 7, 7}));
  }
}

TEST_CASE("attention maps are the weights of the layers' attentions") {
  at::manual_seed(7);
  const at::NoGradGuard no_grad;
  for (const auto& grid : transformer_grid()) {
    if (grid.positions == Positions::learned) continue;
    Seq2SeqOptions options = grid;
    options.enc_layers = options.dec_layers = 1;
    Transformer model(options);
    const at::Tensor source = at::randint(4, 31, {2, 7}, at::kLong), target = at::randint(4, 31, {2, 5}, at::kLong);
    const TranslationAttention maps = model->attention_maps(source_batch(source), target);
    auto& encoder_layer = *model->encoder[0]->as<TransformerEncoderLayerImpl>();
    auto& decoder_layer = *model->decoder[0]->as<TransformerDecoderLayerImpl>();
    const auto read_by = [&](LayerNorm& norm, const at::Tensor& input) {
      return options.norm_first ? norm(input) : input;
    };
    const at::Tensor x = embedded(options.tie == TieEmbeddings::all ? model->source_embedding : model->target_embedding,
                                  target),
                     memory = model->encode(source_batch(source), nullptr).memory;
    const at::Tensor seen = read_by(encoder_layer.self_attention_norm, embedded(model->source_embedding, source)),
                     own = read_by(decoder_layer.self_attention_norm, x);
    const auto weights = [](MultiHeadAttention& attention, const at::Tensor& query, const at::Tensor& keys) {
      return attention->forward_with_weights(query, keys).weights;
    };
    CHECK(difference(maps.encoder.at(0), weights(encoder_layer.self_attention, seen, seen)) < 1e-5);
    CHECK(difference(maps.decoder.at(0), weights(decoder_layer.self_attention, own, own)) < 1e-5);
    at::Tensor y = x + decoder_layer.self_attention(own, own);
    if (!options.norm_first) y = decoder_layer.self_attention_norm(y);
    CHECK(difference(maps.cross.at(0), weights(decoder_layer.cross_attention,
                                               read_by(decoder_layer.cross_attention_norm, y), memory)) < 1e-5);
  }
}

TEST_CASE("inference copies in float32 change last bits at most, in bfloat16 little") {
  at::manual_seed(5);
  const at::NoGradGuard no_grad;
  for (const auto& options : transformer_grid()) {
    Transformer model(options);
    model->eval();
    const auto first_logits = [&] {
      const at::Tensor source = at::arange(4, 20, at::kLong).view({4, 4});
      const auto state = model->start(source_batch(source), 1);
      return all_logits(*model, model->step(at::full({4}, static_cast<std::int64_t>(kBos), at::kLong), *state));
    };
    const at::Tensor plain = first_logits();
    model->prepare_inference(at::kFloat);
    CHECK(difference(first_logits(), plain) < 2e-5);
    const ComputeDtypeGuard guard(at::kBFloat16);
    const at::Tensor converted = first_logits();
    model->prepare_inference(at::kBFloat16);
    CHECK(difference(first_logits(), converted) < 0.05);
    CHECK(converted.scalar_type() == at::kFloat);
    CHECK(difference(converted, plain) < 0.1);
    CHECK(difference(converted, plain) > 0);
  }
}

TEST_CASE("parameter_count is the number of weights that are built") {
  for (const auto& options : transformer_grid()) {
    Transformer model(options);
    std::int64_t built = 0;
    for (const auto& parameter : model->parameters()) built += parameter.numel();
    CHECK(parameter_count(options) == built);
  }
}

TEST_CASE("tied tables are one table") {
  Transformer all(small_transformer()), two(transformer_with([](auto& o) { o.tie = TieEmbeddings::output; })),
      none(transformer_with([](auto& o) { o.tie = TieEmbeddings::none; }));
  CHECK(all->output_weight().is_same(all->source_embedding->weight));
  CHECK(all->target_embedding.is_empty());
  CHECK(two->output_weight().is_same(two->target_embedding->weight));
  CHECK(two->output.is_empty());
  CHECK(none->output_weight().is_same(none->output->weight));
  const auto names = [](Transformer& model) { return model->named_parameters().keys(); };
  CHECK(names(none).size() == names(two).size() + 1);
  CHECK(names(two).size() == names(all).size() + 1);
  CHECK(names(all).front() == "source_embedding.weight");
}

TEST_CASE("learned positions are learned, and end") {
  at::manual_seed(6);
  Transformer model(transformer_with([](auto& o) { o.positions = Positions::learned, o.max_positions = 8; }));
  const at::Tensor source = random_sentences({8}, 8);
  const EncodedSource encoded = model->encode(source_batch(source), nullptr);
  const at::Tensor target = random_sentences({5}, 5);
  const at::Tensor states = model->decode(encoded, target, nullptr);
  (states * at::randn_like(states)).sum().backward();
  CHECK(model->source_positions.grad().ne(0).any(1).sum().item<std::int64_t>() == 8);
  CHECK(model->target_positions.grad().ne(0).any(1).sum().item<std::int64_t>() == 5);
  const EncodedSource filled = model->encode(source_batch(at::constant_pad_nd(source, {0, 8}, kPad)), nullptr);
  CHECK(at::allclose(filled.memory.narrow(1, 0, 8), encoded.memory, 1e-5, 1e-6));
  CHECK(thrown([&] { model->encode(source_batch(random_sentences({9}, 9)), nullptr); }) ==
        "3: a sentence of 9 tokens is longer than the 8 learned positions of this model");
  CHECK(thrown([&] { model->decode(encoded, random_sentences({9}, 9), nullptr); }) ==
        "3: a sentence of 9 tokens is longer than the 8 learned positions of this model");
}

TEST_CASE("dropout in training is a function of its key and the sentence") {
  at::manual_seed(7);
  for (const double attention_dropout : {0.0, 0.3}) {
    Transformer model(transformer_with([&](auto& o) { o.dropout = 0.3, o.attention_dropout = attention_dropout; }));
    const at::Tensor source = random_sentences({9, 5, 7}, 9), target = random_sentences({8, 6, 4}, 8);
    const std::vector<std::int64_t> sentence_numbers = {100, 42, 7};
    const auto states_of = [&](const at::Tensor& s, const at::Tensor& t, const std::vector<std::int64_t>& sentences,
                               std::uint64_t update) {
      const at::Tensor numbers = at::tensor(sentences, at::kLong);
      const Randomness source_randomness{.seed = 5, .update = update, .rows = RowPlaces::of_batch(numbers, s.size(1))};
      const Randomness target_randomness{.seed = 5, .update = update, .rows = RowPlaces::of_batch(numbers, t.size(1))};
      return model->decode(model->encode(source_batch(s), &source_randomness), t, &target_randomness);
    };
    const at::Tensor among = states_of(source, target, sentence_numbers, 3);
    CHECK(same_bits(states_of(source, target, sentence_numbers, 3), among));
    CHECK(difference(states_of(source, target, sentence_numbers, 4), among) > 0.01);
    for (std::int64_t b = 0; b < 3; ++b) {
      const std::int64_t s = source[b].ne(static_cast<std::int64_t>(kPad)).sum().item<std::int64_t>();
      const std::int64_t t = target[b].ne(static_cast<std::int64_t>(kPad)).sum().item<std::int64_t>();
      const at::Tensor alone =
          states_of(source.slice(0, b, b + 1).slice(1, 0, s), target.slice(0, b, b + 1).slice(1, 0, t),
                    {sentence_numbers[static_cast<std::size_t>(b)]}, 3);
      CHECK(difference(alone[0], among[b].slice(0, 0, t)) < 1e-5);
    }

    model->eval();
    const at::Tensor quiet = states_of(source, target, sentence_numbers, 3);
    CHECK(same_bits(states_of(source, target, sentence_numbers, 4), quiet));
    CHECK(same_bits(model->decode(model->encode(source_batch(source), nullptr), target, nullptr), quiet));
    CHECK(difference(quiet, among) > 0.01);
  }
}

TEST_CASE("no two dropouts of a model share a mask") {
  // Each sub-layer in turn adds ones to a zero input while the others are silent: zeros, which lie below the mean, show
  // its mask.
  at::manual_seed(8);
  Transformer model(transformer_with([](auto& o) { o.dropout = 0.5, o.enc_layers = 3, o.dec_layers = 3; }));
  const at::NoGradGuard no_grad;
  const auto silence = [](Linear& linear) { linear->weight.zero_(), linear->bias.zero_(); };
  const auto speak = [](Linear& linear) { linear->weight.zero_(), linear->bias.fill_(1); };
  std::vector<at::Tensor> patterns;
  const Randomness randomness{.seed = 1, .rows = RowPlaces::of_batch(at::arange(8, at::kLong), 6)};
  const at::Tensor x = at::zeros({8, 6, 16});
  const Attend attend_to_itself = [](MultiHeadAttention& attention, const at::Tensor& y) { return attention(y, y); };
  LayerNorm norm(16);
  const auto record = [&](auto& layer, const auto&... attend) {
    ResidualStream stream(x, true, &randomness);
    layer.forward(stream, attend...);
    patterns.push_back(stream.finish(norm).lt(0));
  };
  for (std::size_t i = 0; i < 3; ++i) {
    auto& encoder = *model->encoder[i]->as<TransformerEncoderLayerImpl>();
    auto& decoder = *model->decoder[i]->as<TransformerDecoderLayerImpl>();
    std::vector<Linear*> of_encoder = {&encoder.self_attention->output_projection, &encoder.feed_forward->contract};
    std::vector<Linear*> of_decoder = {&decoder.self_attention->output_projection,
                                       &decoder.cross_attention->output_projection, &decoder.feed_forward->contract};
    for (Linear* speaking : of_encoder) {
      for (Linear* linear : of_encoder) linear == speaking ? speak(*linear) : silence(*linear);
      record(encoder, attend_to_itself);
    }
    for (Linear* speaking : of_decoder) {
      for (Linear* linear : of_decoder) linear == speaking ? speak(*linear) : silence(*linear);
      record(decoder, attend_to_itself, attend_to_itself);
    }
  }
  REQUIRE(patterns.size() == 15);
  for (std::size_t a = 0; a < patterns.size(); ++a)
    for (std::size_t b = 0; b < a; ++b) {
      const double agreement = patterns[a].eq(patterns[b]).to(at::kDouble).mean().item<double>();
      CHECK(agreement < 0.6);
    }
}

TEST_CASE("states of packed sentences equal those of padded ones, dropout and gradients included") {
  const std::vector<std::int64_t> source_lengths = {9, 4, 6}, target_lengths = {3, 8, 1};
  const std::vector<std::uint64_t> numbers = {11, 5, 1'000'000};
  const PackedRows source_rows(source_lengths, numbers, at::kCPU), target_rows(target_lengths, numbers, at::kCPU);
  for (const Seq2SeqOptions& grid : transformer_grid())
    for (const double dropout : {0.0, 0.3}) {
      Seq2SeqOptions options = grid;
      options.dropout = options.attention_dropout = dropout;
      at::manual_seed(6);
      Transformer model(options);
      const auto tokens = [&](const PackedRows& rows) {
        return PackedTokens{at::randint(4, 31, {rows.count()}, at::kLong), rows};
      };
      const PackedTokens source = tokens(source_rows), target = tokens(target_rows);
      const at::Tensor factor = at::randn({12, 16});
      const auto results = [&](const at::Tensor& states) {
        const at::Tensor real = states.narrow(0, 0, 12);
        model->zero_grad();
        (real * factor).sum().backward();
        std::vector<at::Tensor> tensors = {real.detach()};
        for (const at::Tensor& parameter : model->parameters())
          if (parameter.grad().defined()) tensors.push_back(parameter.grad().clone());
        return tensors;
      };
      const auto packed = results(model->states(source, target, 3, 4));
      const auto padded = results(model->Seq2SeqModel::states(source, target, 3, 4));
      REQUIRE(packed.size() == padded.size());
      for (std::size_t i = 0; i < packed.size(); ++i) {
        CAPTURE(i, dropout);
        CHECK(difference(packed[i], padded[i]) < 2e-4);
      }
    }
}

}  // namespace heed
