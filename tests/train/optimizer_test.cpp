#include "heed/train/optimizer.h"

#include <cmath>
#include <set>
#include <string>
#include <vector>

#include <ATen/ATen.h>

#include "heed/models/transformer.h"
#include "heed/nn/cross_entropy.h"
#include "heed/nn/layers.h"

#include "catch.h"
#include "tensors.h"

namespace heed {
namespace {

Transformer tied_network() {
  Seq2SeqOptions options;
  options.source_vocab = options.target_vocab = 20;
  options.enc_layers = options.dec_layers = 1;
  options.dim = 8;
  options.ffn_dim = 12;
  options.heads = 2;
  options.dropout = 0;
  return Transformer(options);
}

at::Tensor loss_of(Transformer& network) {
  const at::Tensor tokens = at::arange(4, 16, at::kLong).view({2, 6});
  const at::Tensor states = network->decode(network->encode({tokens, tokens.ne(1)}, nullptr), tokens, nullptr);
  return cross_entropy(states.flatten(0, 1), network->output_weight(), tokens.flatten(), 0.1, 1).loss;
}

}  // namespace

TEST_CASE("Adam and AdamW take the steps of Python's torch.optim") {
  const Numbers numbers("train/optimizer_numbers.safetensors");
  struct Case {
    std::string name;
    AdamOptions options;
  };
  const std::vector<Case> cases = {
      {"adam", {.kind = OptimizerKind::adam}},
      {"adam_decay", {.kind = OptimizerKind::adam, .weight_decay = 0.1}},
      {"adamw", {.kind = OptimizerKind::adamw}},
      {"adamw_decay", {.kind = OptimizerKind::adamw, .weight_decay = 0.1}},
  };
  const std::int64_t workers = GENERATE(1, 3);
  for (const auto& [name, options] : cases) {
    Linear linear(7, 5);
    {
      const at::NoGradGuard no_grad;
      linear->weight.copy_(numbers["weight"]);
      linear->bias.copy_(numbers["bias"]);
    }
    FlatParameters flat(*linear);
    Adam adam(flat, options);
    for (std::int64_t step = 0; step < 5; ++step) {
      CAPTURE(name, step, workers);
      linear->weight.mutable_grad().copy_(numbers["gradients.weight"][step]);
      linear->bias.mutable_grad().copy_(numbers["gradients.bias"][step]);
      adam.step(flat, numbers["rates"][step].item<double>(), step + 1, 1, workers);
      const std::string expected = name + "." + std::to_string(step);
      CHECK(difference(linear->weight, numbers[expected + ".weight"]) < 1e-6);
      CHECK(difference(linear->bias, numbers[expected + ".bias"]) < 1e-6);
    }
  }
}

TEST_CASE("a step by gradients with a divisor is one by the divided gradients") {
  for (const OptimizerKind kind : {OptimizerKind::adam, OptimizerKind::adamw}) {
    std::vector<at::Tensor> results;
    for (const double divisor : {1.0, 40.0}) {
      at::manual_seed(1);
      Linear linear(7, 5);
      FlatParameters flat(*linear);
      Adam adam(flat, {.kind = kind, .epsilon = 0.1, .weight_decay = 0.1});
      for (std::int64_t update = 1; update <= 3; ++update) {
        flat.gradients.copy_(at::randn_like(flat.gradients) * divisor);
        adam.step(flat, 0.01, update, divisor);
      }
      results.push_back(flat.values.clone());
    }
    CHECK(difference(results[0], results[1]) < 1e-6);
  }
}

TEST_CASE("flat parameters keep their values, matrices first, every weight once") {
  at::manual_seed(1);
  Transformer network = tied_network();
  std::map<std::string, at::Tensor> before;
  for (const auto& parameter : network->named_parameters())
    before[parameter.key()] = parameter.value().detach().clone();
  const FlatParameters flat(*network);
  CHECK(flat.values.numel() == parameter_count(network->options));
  REQUIRE(flat.slots().size() == before.size());
  std::int64_t offset = 0, matrices = 0;
  bool vectors_begun = false;
  for (const auto& slot : flat.slots()) {
    CAPTURE(slot.name);
    CHECK(slot.offset == offset);
    offset += slot.elements;
    if (slot.shape.size() > 1) {
      CHECK_FALSE(vectors_begun);
      matrices += slot.elements;
    } else {
      vectors_begun = true;
    }
    CHECK(same_bits(FlatParameters::view(flat.values, slot), before.at(slot.name)));
    CHECK(same_bits(network->named_parameters()[slot.name], before.at(slot.name)));
  }
  CHECK(flat.matrix_elements == matrices);
}

TEST_CASE("values and gradients stay views after backward") {
  at::manual_seed(2);
  Transformer network = tied_network(), plain = tied_network();
  {
    const at::NoGradGuard no_grad;
    for (auto& parameter : plain->named_parameters())
      parameter.value().copy_(network->named_parameters()[parameter.key()]);
  }
  loss_of(plain).backward();
  FlatParameters flat(*network);
  for (int round = 1; round <= 2; ++round) {  // gradients of two batches add up
    loss_of(network).backward();
    for (const auto& slot : flat.slots()) {
      CAPTURE(slot.name, round);
      const at::Tensor parameter = network->named_parameters()[slot.name];
      CHECK(parameter.grad().data_ptr() == FlatParameters::view(flat.gradients, slot).data_ptr());
      CHECK(parameter.data_ptr() == FlatParameters::view(flat.values, slot).data_ptr());
      const at::Tensor expected = plain->named_parameters()[slot.name].grad() * round;
      CHECK(difference(parameter.grad(), expected) < 1e-5);
    }
  }
  flat.gradients.zero_();
  CHECK(network->source_embedding->weight.grad().eq(0).all().item<bool>());
  // What is written to the flat buffer is what the network computes with.
  const double loss = loss_of(network).item<double>();
  flat.values.mul_(0.5);
  CHECK(std::abs(loss_of(network).item<double>() - loss) > 1e-3);
}

TEST_CASE("an average has no gradients") {
  at::manual_seed(3);
  Transformer network = tied_network();
  const FlatParameters flat(*network, /*with_gradients=*/false);
  CHECK_FALSE(flat.gradients.defined());
  for (const auto& parameter : network->parameters()) CHECK_FALSE(parameter.grad().defined());
}

TEST_CASE("networks can share their values and keep gradients of their own") {
  at::manual_seed(5);
  Transformer network = tied_network(), other = tied_network();
  FlatParameters flat(*network), shared(*other, flat);
  REQUIRE(shared.slots().size() == flat.slots().size());
  CHECK(shared.matrix_elements == flat.matrix_elements);
  CHECK(same_bits(loss_of(network), loss_of(other)));
  loss_of(other).backward();
  CHECK(flat.gradients.eq(0).all().item<bool>());
  CHECK(shared.gradients.ne(0).any().item<bool>());
  const at::NoGradGuard no_grad;
  flat.values.mul_(0.5);
  CHECK(same_bits(loss_of(network), loss_of(other)));
}

TEST_CASE("slices cover every element once") {
  for (const std::int64_t total : {0, 1, 7, 12}) {
    for (const std::int64_t workers : {1, 2, 5}) {
      CAPTURE(total, workers);
      at::Tensor visits = at::zeros({total});
      for_slices(total, workers,
                 [&](std::int64_t begin, std::int64_t count) { visits.narrow(0, begin, count).add_(1); });
      CHECK(visits.eq(1).all().item<bool>());
    }
  }
}

TEST_CASE("Adam brings a loss down") {
  at::manual_seed(4);
  Transformer network = tied_network();
  FlatParameters flat(*network);
  Adam adam(flat, {});
  const double before = loss_of(network).item<double>();
  for (std::int64_t update = 1; update <= 30; ++update) {
    flat.gradients.zero_();
    loss_of(network).backward();
    adam.step(flat, 1e-2, update);
  }
  CHECK(loss_of(network).item<double>() < 0.6 * before);
}

}  // namespace heed
