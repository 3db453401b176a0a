#include "heed/nn/recurrent.h"

#include <vector>

#include <ATen/ATen.h>

#include "catch.h"
#include "tensors.h"

namespace heed {
namespace {

constexpr std::int64_t kInputs = 5, kWidth = 19;  // a width that no vector register divides

// What a layer makes of random numbers, and the gradients of a random mean of it.
struct Pass {
  at::Tensor output;
  std::vector<at::Tensor> gradients;  // of input, first state and weights
};

std::vector<at::Tensor> with_gradients(std::vector<at::Tensor> tensors) {
  for (at::Tensor& tensor : tensors) tensor.requires_grad_();
  return tensors;
}

Pass finished(const at::Tensor& output, const std::vector<at::Tensor>& leaves, RecurrentLayer& layer) {
  at::manual_seed(3);
  layer->zero_grad();
  (output * at::randn(output.sizes())).sum().backward();
  Pass pass{output, {}};
  for (const at::Tensor& leaf : leaves) pass.gradients.push_back(leaf.grad().clone());
  for (const at::Tensor& parameter : layer->parameters()) pass.gradients.push_back(parameter.grad().clone());
  return pass;
}

void check_same(const Pass& one, const Pass& other) {
  CHECK(difference(one.output, other.output) < 1e-5);
  REQUIRE(one.gradients.size() == other.gradients.size());
  for (std::size_t i = 0; i < one.gradients.size(); ++i) {
    CAPTURE(i);
    CHECK(difference(one.gradients[i], other.gradients[i]) < 1e-4);
  }
}

RecurrentState state_of(RecurrentCell cell, const std::vector<at::Tensor>& leaves) {
  return {leaves[1], cell == RecurrentCell::lstm ? leaves[2] : at::Tensor()};
}

RecurrentLayer random_layer(RecurrentCell cell) {
  RecurrentLayer layer(cell, kInputs, kWidth);
  const at::NoGradGuard no_grad;
  for (at::Tensor& parameter : layer->parameters()) parameter.normal_(0, 0.4);
  return layer;
}

}  // namespace

TEST_CASE("recurrent layers are those of LibTorch, their gradients too") {
  for (const RecurrentCell cell : {RecurrentCell::lstm, RecurrentCell::gru})
    for (const std::int64_t rows : {2, 37}) {
      at::manual_seed(1);
      RecurrentLayer layer = random_layer(cell);
      std::vector<at::Tensor> leaves =
          with_gradients({at::randn({7, rows, kInputs}), at::randn({rows, kWidth}), at::randn({rows, kWidth})});
      if (cell == RecurrentCell::gru) leaves.pop_back();
      const Pass ours = finished(layer(leaves[0], state_of(cell, leaves)), leaves, layer);

      for (const at::Tensor& leaf : leaves) leaf.mutable_grad() = at::Tensor();
      const std::vector<at::Tensor> weights = {layer->input_gates->weight, layer->hidden_gates->weight,
                                               layer->input_gates->bias, layer->hidden_gates->bias};
      const at::Tensor hidden = leaves[1].unsqueeze(0);
      const at::Tensor theirs = cell == RecurrentCell::lstm
                                    ? std::get<0>(at::lstm(leaves[0], {hidden, leaves[2].unsqueeze(0)}, weights, true,
                                                           1, 0, true, false, false))
                                    : std::get<0>(at::gru(leaves[0], hidden, weights, true, 1, 0, true, false, false));
      check_same(ours, finished(theirs, leaves, layer));
    }
}

TEST_CASE("the CPU's loops are the steps written out, in both directions and with padding") {
  for (const RecurrentCell cell : {RecurrentCell::lstm, RecurrentCell::gru})
    for (const Direction direction : {Direction::forward, Direction::backward}) {
      at::manual_seed(2);
      const std::int64_t rows = 21, steps = 6;
      RecurrentLayer layer = random_layer(cell);
      std::vector<at::Tensor> leaves =
          with_gradients({at::randn({steps, rows, kInputs}), at::randn({rows, kWidth}), at::randn({rows, kWidth})});
      if (cell == RecurrentCell::gru) leaves.pop_back();
      const at::Tensor lengths = at::randint(1, steps + 1, {rows}, at::kLong);                     // [B]
      const at::Tensor real = at::arange(steps, at::kLong).unsqueeze(1).lt(lengths.unsqueeze(0));  // [T, B]
      const Pass ours = finished(layer(leaves[0], state_of(cell, leaves), real, direction), leaves, layer);

      for (const at::Tensor& leaf : leaves) leaf.mutable_grad() = at::Tensor();
      RecurrentState state = state_of(cell, leaves);
      std::vector<at::Tensor> hidden(static_cast<std::size_t>(steps));
      for (std::int64_t step = 0; step < steps; ++step) {
        const std::int64_t t = direction == Direction::forward ? step : steps - 1 - step;
        state =
            recurrent_step(cell, layer->input_gates(leaves[0][t]), layer->hidden_gates(state.hidden), state, real[t]);
        hidden[static_cast<std::size_t>(t)] = state.hidden;
      }
      check_same(ours, finished(at::stack(hidden), leaves, layer));
    }
}

TEST_CASE("a loop of single steps is the whole, its gradients too") {
  for (const RecurrentCell cell : {RecurrentCell::lstm, RecurrentCell::gru}) {
    at::manual_seed(4);
    RecurrentLayer layer = random_layer(cell);
    std::vector<at::Tensor> leaves =
        with_gradients({at::randn({5, 18, kInputs}), at::randn({18, kWidth}), at::randn({18, kWidth})});
    if (cell == RecurrentCell::gru) leaves.pop_back();
    const Pass whole = finished(layer(leaves[0], state_of(cell, leaves)), leaves, layer);
    for (const at::Tensor& leaf : leaves) leaf.mutable_grad() = at::Tensor();
    RecurrentState state = state_of(cell, leaves);
    std::vector<at::Tensor> hidden;
    for (std::int64_t t = 0; t < 5; ++t) hidden.push_back((state = layer->step(leaves[0][t], state)).hidden);
    check_same(whole, finished(at::stack(hidden), leaves, layer));
  }
}

TEST_CASE("both directions of a sentence end at its ends, whatever padding and neighbours it has") {
  const at::NoGradGuard no_grad;
  for (const RecurrentCell cell : {RecurrentCell::lstm, RecurrentCell::gru}) {
    at::manual_seed(5);
    BidirectionalLayer layer(cell, kInputs, kWidth);
    const at::Tensor input = at::randn({9, 40, kInputs});
    const at::Tensor lengths = at::randint(1, 10, {40}, at::kLong);
    const at::Tensor real = at::arange(9, at::kLong).unsqueeze(1).lt(lengths.unsqueeze(0));
    const at::Tensor all = layer(input, real);  // [T, B, 2 W]
    REQUIRE(all.sizes() == at::IntArrayRef({9, 40, 2 * kWidth}));
    for (const std::int64_t row : {0, 7, 39}) {
      const std::int64_t length = lengths[row].item<std::int64_t>();
      const at::Tensor alone = input.narrow(0, 0, length).narrow(1, row, 1);
      const at::Tensor output = layer(alone, at::Tensor());
      CHECK(difference(output, all.narrow(0, 0, length).narrow(1, row, 1)) < 1e-6);
      // The last state of the forward direction stays for all of the padding.
      CHECK(same_bits(all[8][row].narrow(0, 0, kWidth), all[length - 1][row].narrow(0, 0, kWidth)));
    }
    const RecurrentState first = layer->forward_layer->first_state(40);
    CHECK(same_bits(layer->forward_layer(input, first, real), all.narrow(2, 0, kWidth).contiguous()));
  }
}

TEST_CASE("in bfloat16 the products alone lose digits") {
  const ComputeDtypeGuard low(at::kBFloat16);
  for (const RecurrentCell cell : {RecurrentCell::lstm, RecurrentCell::gru}) {
    at::manual_seed(6);
    RecurrentLayer layer = random_layer(cell);
    const auto run = [&] {
      std::vector<at::Tensor> leaves =
          with_gradients({at::ones({5, 18, kInputs}), at::zeros({18, kWidth}), at::zeros({18, kWidth})});
      if (cell == RecurrentCell::gru) leaves.pop_back();
      return finished(layer(leaves[0], state_of(cell, leaves)), leaves, layer);
    };
    const Pass rounded = run();
    const ComputeDtypeGuard exact(at::kFloat);
    const Pass full = run();
    CHECK(rounded.output.scalar_type() == at::kFloat);
    CHECK(difference(rounded.output, full.output) < 0.05);
    CHECK(difference(rounded.output, full.output) > 0);
    for (std::size_t i = 0; i < full.gradients.size(); ++i)
      CHECK(difference(rounded.gradients[i], full.gradients[i]) <
            0.1 * full.gradients[i].abs().max().item<double>() + 0.1);
  }
}

TEST_CASE("an LSTM's forget gates begin open") {
  RecurrentLayer layer(RecurrentCell::lstm, kInputs, kWidth);
  const at::Tensor bias = layer->input_gates->bias + layer->hidden_gates->bias;
  CHECK(bias.narrow(0, kWidth, kWidth).eq(1).all().item<bool>());
  CHECK(bias.sum().item<double>() == kWidth);
  CHECK(RecurrentLayer(RecurrentCell::gru, kInputs, kWidth)->input_gates->bias.eq(0).all().item<bool>());
}

TEST_CASE("tanh is tanh wherever its number stands, its gradient too") {
  at::manual_seed(7);
  const at::Tensor input = (at::randn({10'007}) * 4).requires_grad_();
  const at::Tensor output = tanh_of(input);
  CHECK(difference(output, input.tanh()) < 1e-6);
  CHECK(difference(tanh_of(at::full({3}, 200.0)), at::ones({3})) < 1e-6);
  CHECK(difference(tanh_of(at::full({3}, -200.0)), -at::ones({3})) < 1e-6);
  CHECK(tanh_of(at::full({1}, std::numeric_limits<float>::quiet_NaN())).isnan().item<bool>());
  for (const std::int64_t first : {1, 5, 4099})
    CHECK(same_bits(tanh_of(input.narrow(0, first, 50)), output.narrow(0, first, 50)));
  output.sum().backward();
  CHECK(difference(input.grad(), 1 - input.tanh().square()) < 1e-5);
}

}  // namespace heed
