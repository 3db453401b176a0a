#include "heed/models/rnn_seq2seq.h"

#include <functional>
#include <string>
#include <vector>

#include <ATen/ATen.h>

#include "heed/base/tokens.h"
#include "heed/nn/cross_entropy.h"

#include "catch.h"
#include "sentences.h"
#include "tensors.h"
#include "text/errors.h"

namespace heed {
namespace {

Seq2SeqOptions small_rnn() {
  Seq2SeqOptions options;
  options.arch = Arch::lstm;
  options.source_vocab = options.target_vocab = 31;
  options.enc_layers = options.dec_layers = 2;
  options.dim = 16;
  options.dropout = 0;
  return options;
}

Seq2SeqOptions rnn_with(const std::function<void(Seq2SeqOptions&)>& change) {
  Seq2SeqOptions options = small_rnn();
  change(options);
  return options;
}

// Every way to build one.
std::vector<Seq2SeqOptions> rnn_grid() {
  std::vector<Seq2SeqOptions> grid;
  for (const Arch arch : {Arch::lstm, Arch::gru})
    for (const RnnAttention attention :
         {RnnAttention::additive, RnnAttention::general, RnnAttention::dot, RnnAttention::none})
      for (const bool feeding : {true, false})
        grid.push_back(
            rnn_with([&](auto& o) { o.arch = arch, o.rnn_attention = attention, o.input_feeding = feeding; }));
  grid.push_back(rnn_with([](auto& o) { o.enc_layers = 1, o.dec_layers = 3, o.tie = TieEmbeddings::none; }));
  grid.push_back(rnn_with([](auto& o) { o.enc_layers = 3, o.dec_layers = 1, o.tie = TieEmbeddings::output; }));
  grid.back().target_vocab = 37;
  return grid;
}

}  // namespace

TEST_CASE("memory, states, loss, attention and all gradients of recurrent models equal Python's") {
  const Numbers numbers("models/rnn_seq2seq_numbers.safetensors");
  struct Case {
    std::string name;
    Arch arch;
    std::int64_t enc_layers, dec_layers;
    RnnAttention attention;
    bool feeding;
  };
  const std::vector<Case> cases = {{"lstm-additive-fed", Arch::lstm, 2, 1, RnnAttention::additive, true},
                                   {"lstm-general", Arch::lstm, 1, 2, RnnAttention::general, false},
                                   {"lstm-dot-fed", Arch::lstm, 1, 2, RnnAttention::dot, true},
                                   {"lstm-none", Arch::lstm, 2, 2, RnnAttention::none, false},
                                   {"gru-additive", Arch::gru, 1, 1, RnnAttention::additive, false},
                                   {"gru-general-fed", Arch::gru, 2, 2, RnnAttention::general, true},
                                   {"gru-dot", Arch::gru, 1, 1, RnnAttention::dot, false},
                                   {"gru-none", Arch::gru, 1, 1, RnnAttention::none, false}};
  for (const Case& one : cases) {
    CAPTURE(one.name);
    RnnSeq2Seq model(Seq2SeqOptions{.arch = one.arch,
                                    .source_vocab = 23,
                                    .target_vocab = 23,
                                    .enc_layers = one.enc_layers,
                                    .dec_layers = one.dec_layers,
                                    .dim = 8,
                                    .rnn_attention = one.attention,
                                    .input_feeding = one.feeding});
    {
      const at::NoGradGuard no_grad;
      for (auto& parameter : model->named_parameters())
        parameter.value().copy_(numbers[one.name + ".weight." + parameter.key()]);
    }
    const SourceBatch source = source_batch(numbers["source"]);
    const EncodedSource encoded = model->encode(source, nullptr);
    const at::Tensor real = encoded.mask.unsqueeze(2);
    CHECK(difference(encoded.memory * real, numbers[one.name + ".memory"] * real) < 1e-5);
    const at::Tensor states = model->decode(encoded, numbers["target_input"], nullptr);
    CHECK(difference(states, numbers[one.name + ".states"]) < 2e-5);
    if (one.attention != RnnAttention::none) {
      const TranslationAttention maps = model->attention_maps(source, numbers["target_input"]);
      REQUIRE(maps.cross.size() == 1);
      CHECK(maps.encoder.empty());
      CHECK(maps.decoder.empty());
      CHECK(difference(maps.cross[0], numbers[one.name + ".attention"]) < 1e-5);
    }

    const CrossEntropy result =
        cross_entropy(states.flatten(0, 1), model->output_weight(), numbers["target_output"].flatten(), 0.1, kPad);
    CHECK(result.loss.item<double>() == Approx(numbers[one.name + ".loss"].item<double>()).epsilon(1e-5));
    result.loss.backward();
    for (const auto& parameter : model->named_parameters()) {
      CAPTURE(parameter.key());
      const at::Tensor expected = numbers[one.name + ".gradient." + parameter.key()];
      CHECK(difference(parameter.value().grad(), expected) < 1e-4 * std::max(1.0, expected.abs().max().item<double>()));
    }
  }
}

TEST_CASE("a later target token changes nothing before it in a recurrent decoder") {
  at::manual_seed(2);
  const at::NoGradGuard no_grad;
  for (const auto& options : rnn_grid()) {
    RnnSeq2Seq model(options);
    const EncodedSource encoded = model->encode(source_batch(random_sentences({7, 5}, 7)), nullptr);
    const at::Tensor target = random_sentences({9, 9}, 9);
    at::Tensor other = target.clone();
    other.select(1, 4).copy_(target.select(1, 4).remainder(26).add(4));
    const at::Tensor before = model->decode(encoded, target, nullptr), after = model->decode(encoded, other, nullptr);
    CHECK(same_bits(after.slice(1, 0, 4), before.slice(1, 0, 4)));
    CHECK_FALSE(same_bits(after.select(1, 4), before.select(1, 4)));
  }
}

TEST_CASE("padding and neighbours change nothing in a recurrent model") {
  at::manual_seed(3);
  const at::NoGradGuard no_grad;
  for (const auto& options : rnn_grid()) {
    RnnSeq2Seq model(options);
    const at::Tensor source = random_sentences({9, 5, 1}, 9), target = random_sentences({6, 6, 6}, 6);
    const at::Tensor states = model->decode(model->encode(source_batch(source), nullptr), target, nullptr);
    const at::Tensor wider = at::constant_pad_nd(source, {0, 4}, static_cast<std::int64_t>(kPad));
    CHECK(difference(model->decode(model->encode(source_batch(wider), nullptr), target, nullptr), states) < 1e-5);
    for (const auto& [row, length] : {std::pair<std::int64_t, std::int64_t>{1, 5}, {2, 1}}) {
      const at::Tensor alone =
          model->decode(model->encode(source_batch(source.slice(0, row, row + 1).slice(1, 0, length)), nullptr),
                        target.slice(0, row, row + 1), nullptr);
      CHECK(difference(alone[0], states[row]) < 1e-5);
    }
  }
}

TEST_CASE("a recurrent decoder step by step equals all steps at once, reordered and with leaving sentences") {
  at::manual_seed(4);
  const at::NoGradGuard no_grad;
  for (const auto& options : rnn_grid()) {
    RnnSeq2Seq model(options);
    model->eval();
    const SourceBatch source = source_batch(random_sentences({9, 4, 6}, 9));
    const EncodedSource encoded = model->encode(source, nullptr);
    const std::int64_t first_part = 5, length = 11;
    const auto state = model->start(source, /*hypotheses=*/2);
    at::Tensor tokens = at::randint(4, 31, {6, length}, at::kLong);  // of row r, sentence r / 2
    const auto expected = [&](const at::Tensor& sentences) {
      const EncodedSource repeated{encoded.memory.index_select(0, sentences), encoded.mask.index_select(0, sentences)};
      return at::matmul(model->decode(repeated, tokens, nullptr), model->output_weight().t());  // [R, T, C]
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

TEST_CASE("a search's logits for a sentence are the same bits among any neighbours") {
  at::manual_seed(5);
  const at::NoGradGuard no_grad;
  for (const auto& options : rnn_grid()) {
    RnnSeq2Seq model(options);
    model->eval();
    const at::Tensor sources = random_sentences({9, 4, 6, 16, 1, 11}, 16);
    const at::Tensor tokens = at::randint(4, 31, {24, 5}, at::kLong);
    const auto logits_of = [&](const std::vector<std::int64_t>& sentences) {
      const at::Tensor numbers = at::tensor(sentences, at::kLong);
      const auto state = model->start(source_batch(sources.index_select(0, numbers)), /*hypotheses=*/4);
      const at::Tensor own = tokens.view({6, 4, 5}).index_select(0, numbers).flatten(0, 1);
      std::vector<at::Tensor> logits;
      for (std::int64_t t = 0; t < 5; ++t) logits.push_back(all_logits(*model, model->step(own.select(1, t), *state)));
      return at::stack(logits, 1).view({std::ssize(sentences), 4, 5, -1});  // [B, hypotheses, T, C]
    };
    const at::Tensor six = logits_of({0, 1, 2, 3, 4, 5}), four = logits_of({3, 1, 5, 0});
    CHECK(same_bits(six[3], four[0]));
    CHECK(same_bits(six[1], four[1]));
    CHECK(same_bits(six[5], four[2]));
    CHECK(same_bits(six[0], four[3]));
  }
}

TEST_CASE("a recurrent model's attention sums to one over the words; without attention there is nothing to see") {
  at::manual_seed(6);
  const at::NoGradGuard no_grad;
  for (const auto& options : rnn_grid()) {
    RnnSeq2Seq model(options);
    const SourceBatch source = source_batch(random_sentences({7, 4}, 7));
    const at::Tensor target = at::randint(4, 31, {2, 5}, at::kLong);
    if (options.rnn_attention == RnnAttention::none) {
      CHECK(thrown([&] { model->attention_maps(source, target); }) ==
            "2: this model was trained with --rnn-attention none: it has no attention to look at");
      continue;
    }
    const at::Tensor weights = model->attention_maps(source, target).cross.at(0);
    CHECK(weights.sizes() == at::IntArrayRef({2, 1, 5, 7}));
    CHECK(difference(weights.sum(-1), at::ones({2, 1, 5})) < 1e-5);
    CHECK(weights[1].narrow(-1, 4, 3).abs().max().item<double>() == 0);  // padding
  }
}

TEST_CASE("dropout of a recurrent model is a function of its key and the sentence") {
  at::manual_seed(7);
  for (auto options : rnn_grid()) {
    options.dropout = 0.3;
    RnnSeq2Seq model(options);
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
    CHECK(same_bits(states_of(source, target, sentence_numbers, 4), states_of(source, target, sentence_numbers, 3)));
  }
}

TEST_CASE("inference copies of a recurrent model change nothing in float32, in bfloat16 little") {
  at::manual_seed(8);
  const at::NoGradGuard no_grad;
  for (const auto& options : rnn_grid()) {
    RnnSeq2Seq model(options);
    model->eval();
    const auto first_logits = [&] {
      const auto state = model->start(source_batch(at::arange(4, 20, at::kLong).view({4, 4})), 1);
      return all_logits(*model, model->step(at::full({4}, static_cast<std::int64_t>(kBos), at::kLong), *state));
    };
    const at::Tensor plain = first_logits();
    model->prepare_inference(at::kFloat);
    CHECK(same_bits(first_logits(), plain));
    const ComputeDtypeGuard guard(at::kBFloat16);
    const at::Tensor converted = first_logits();
    model->prepare_inference(at::kBFloat16);
    CHECK(same_bits(first_logits(), converted));
    CHECK(converted.scalar_type() == at::kFloat);
    CHECK(difference(converted, plain) < 0.1);
    CHECK(difference(converted, plain) > 0);
  }
}

TEST_CASE("parameter_count is the number of weights of a recurrent model") {
  for (const auto& options : rnn_grid()) {
    RnnSeq2Seq model(options);
    std::int64_t built = 0;
    for (const auto& parameter : model->parameters()) built += parameter.numel();
    CHECK(parameter_count(options) == built);
  }
}

}  // namespace heed
