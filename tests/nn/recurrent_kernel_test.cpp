#include "heed/nn/recurrent_kernel.h"

#include <cmath>
#include <vector>

#include "catch.h"

using namespace heed;

namespace {

constexpr std::int64_t kRows = 4, kWidth = 19;  // a width that no vector register divides

std::vector<float> wave(std::int64_t count, double pace) {
  std::vector<float> numbers;
  for (std::int64_t i = 0; i < count; ++i)
    numbers.push_back(static_cast<float>(1.5 * std::sin(pace * static_cast<double>(i) + pace)));
  return numbers;
}

double sigmoid(double x) {
  return 1 / (1 + std::exp(-x));
}

// Numbers that a step reads, and room for what it writes.
struct Bench {
  explicit Bench(std::int64_t gates) : x(wave(kRows * gates * kWidth, 0.7)), h(wave(kRows * gates * kWidth, 1.1)) {}

  CellStep step() {
    return {x.data(), h.data(),           hidden_before.data(), cell_before.data(),
            real,     activations.data(), hidden.data(),        cell.data()};
  }
  double gate(const std::vector<float>& from, std::int64_t gates, std::int64_t row, std::int64_t gate,
              std::int64_t k) const {
    return static_cast<double>(from[static_cast<std::size_t>((row * gates + gate) * kWidth + k)]);
  }

  std::vector<float> x, h;
  std::vector<float> hidden_before = wave(kRows * kWidth, 0.3), cell_before = wave(kRows * kWidth, 0.5);
  bool real[kRows] = {true, true, false, true};
  std::vector<float> activations = std::vector<float>(4 * kRows * kWidth, 9);
  std::vector<float> hidden = std::vector<float>(kRows * kWidth, 9), cell = hidden;
};

std::size_t place(std::int64_t row, std::int64_t k) {
  return static_cast<std::size_t>(row * kWidth + k);
}

}  // namespace

TEST_CASE("an LSTM's step is its formulas, row by row; a row of padding keeps its state") {
  Bench bench(4);
  lstm_step(bench.step(), 1, kRows, kWidth);
  for (std::int64_t k = 0; k < kWidth; ++k) {
    CHECK(bench.hidden[place(0, k)] == 9);  // row 0 was not asked for
    CHECK(bench.hidden[place(2, k)] == bench.hidden_before[place(2, k)]);
    CHECK(bench.cell[place(2, k)] == bench.cell_before[place(2, k)]);
    for (const std::int64_t row : {1, 3}) {
      const auto sum = [&](std::int64_t gate) {
        return bench.gate(bench.x, 4, row, gate, k) + bench.gate(bench.h, 4, row, gate, k);
      };
      const double cell =
          sigmoid(sum(1)) * static_cast<double>(bench.cell_before[place(row, k)]) + sigmoid(sum(0)) * std::tanh(sum(2));
      CHECK(bench.cell[place(row, k)] == Approx(cell).margin(1e-5));
      CHECK(bench.hidden[place(row, k)] == Approx(sigmoid(sum(3)) * std::tanh(cell)).margin(1e-5));
    }
  }
}

TEST_CASE("a GRU's step is its formulas, row by row; a row of padding keeps its state") {
  Bench bench(3);
  gru_step(bench.step(), 0, kRows, kWidth);
  for (std::int64_t k = 0; k < kWidth; ++k) {
    CHECK(bench.hidden[place(2, k)] == bench.hidden_before[place(2, k)]);
    for (const std::int64_t row : {0, 1, 3}) {
      const auto part = [&](std::int64_t gate) {
        return std::pair(bench.gate(bench.x, 3, row, gate, k), bench.gate(bench.h, 3, row, gate, k));
      };
      const auto [r_x, r_h] = part(0);
      const auto [z_x, z_h] = part(1);
      const auto [n_x, n_h] = part(2);
      const double z = sigmoid(z_x + z_h), n = std::tanh(n_x + sigmoid(r_x + r_h) * n_h);
      const double expected = (1 - z) * n + z * static_cast<double>(bench.hidden_before[place(row, k)]);
      CHECK(bench.hidden[place(row, k)] == Approx(expected).margin(1e-5));
    }
  }
}

TEST_CASE("gradients of both cells are slopes, and pass a row of padding by") {
  for (const bool is_lstm : {true, false}) {
    const std::int64_t gates = is_lstm ? 4 : 3;
    const std::vector<float> hidden_weights = wave(kRows * kWidth, 0.9), cell_weights = wave(kRows * kWidth, 1.3);
    const auto run = [&](Bench& bench) {
      (is_lstm ? lstm_step : gru_step)(bench.step(), 0, kRows, kWidth);
      double total = 0;
      for (std::size_t i = 0; i < bench.hidden.size(); ++i) {
        total += static_cast<double>(bench.hidden[i]) * static_cast<double>(hidden_weights[i]);
        if (is_lstm) total += static_cast<double>(bench.cell[i]) * static_cast<double>(cell_weights[i]);
      }
      return total;
    };
    Bench bench(gates);
    run(bench);
    std::vector<float> x_gradient(bench.x.size()), h_gradient(bench.x.size()), hidden(bench.hidden.size()),
        cell(bench.hidden.size());
    (is_lstm ? lstm_step_gradient : gru_step_gradient)(
        {bench.activations.data(), bench.hidden_before.data(), bench.cell_before.data(), bench.cell.data(), bench.real,
         hidden_weights.data(), cell_weights.data(), x_gradient.data(), h_gradient.data(), hidden.data(), cell.data()},
        0, kRows, kWidth);
    const auto check_slope = [&](std::vector<float> Bench::*numbers, std::size_t i, float gradient) {
      constexpr float kStep = 1.0F / 128;
      Bench above(gates), below(gates);
      (above.*numbers)[i] += kStep;
      (below.*numbers)[i] -= kStep;
      CHECK(static_cast<double>(gradient) == Approx((run(above) - run(below)) / (2.0 / 128)).margin(2e-3));
    };
    for (std::size_t i = 0; i < bench.x.size(); i += 5) {
      check_slope(&Bench::x, i, x_gradient[i]);
      check_slope(&Bench::h, i, is_lstm ? x_gradient[i] : h_gradient[i]);
    }
    for (std::size_t i = 0; i < hidden.size(); i += 3) {
      // What comes through the hidden gates is not in it, and here they do not depend on the state.
      check_slope(&Bench::hidden_before, i, hidden[i]);
      if (is_lstm) check_slope(&Bench::cell_before, i, cell[i]);
    }
  }
}

TEST_CASE("tanh of a row") {
  const std::vector<float> in = wave(37, 0.4);
  std::vector<float> out(in.size());
  tanh_row(in.data(), out.data(), std::ssize(in));
  for (std::size_t i = 0; i < in.size(); ++i)
    CHECK(out[i] == Approx(std::tanh(static_cast<double>(in[i]))).margin(1e-6));
}
