#include "heed/nn/attention_kernel.h"

#include <bit>
#include <cmath>
#include <vector>

#include "catch.h"

using namespace heed;

namespace {

using Doubles = std::vector<double>;

float number(std::size_t i) {
  return static_cast<float>(std::sin(static_cast<double>(i * i % 9973)));
}

// Attention of one head as it is defined, in double: q [T, K], k [S, K], v [S, V] -> weights [T, S] and output [T, V].
struct Reference {
  std::size_t queries, keys, key_width, value_width;
  double scale;
  bool causal;

  bool seen(std::size_t t, std::size_t s) const { return !causal || s + queries <= t + keys; }
  Doubles weights(const Doubles& q, const Doubles& k) const {
    Doubles weights(queries * keys);
    for (std::size_t t = 0; t < queries; ++t) {
      double sum = 0;
      for (std::size_t s = 0; s < keys; ++s) {
        double score = 0;
        for (std::size_t c = 0; c < key_width; ++c) score += q[t * key_width + c] * k[s * key_width + c];
        if (seen(t, s)) sum += weights[t * keys + s] = std::exp(scale * score);
      }
      for (std::size_t s = 0; s < keys && sum > 0; ++s) weights[t * keys + s] /= sum;
    }
    return weights;
  }
  Doubles output(const Doubles& q, const Doubles& k, const Doubles& v) const {
    const Doubles w = weights(q, k);
    Doubles output(queries * value_width);
    for (std::size_t t = 0; t < queries; ++t)
      for (std::size_t s = 0; s < keys; ++s)
        for (std::size_t c = 0; c < value_width; ++c)
          output[t * value_width + c] += w[t * keys + s] * v[s * value_width + c];
    return output;
  }
};

double dot(const Doubles& a, const Doubles& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

// Slope of dot(output, direction) in x[i] by a central difference.
template <class Function>
double slope(const Function& output, Doubles& x, std::size_t i, const Doubles& direction) {
  const double step = 1e-5, kept = x[i];
  x[i] = kept + step;
  const double up = dot(output(), direction);
  x[i] = kept - step;
  const double down = dot(output(), direction);
  x[i] = kept;
  return (up - down) / (2 * step);
}

Doubles to_doubles(const std::vector<float>& numbers, std::size_t rows, std::size_t width, std::size_t stride) {
  Doubles result;
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t c = 0; c < width; ++c) result.push_back(static_cast<double>(numbers[r * stride + c]));
  return result;
}

}  // namespace

TEST_CASE("the loop's attention and its gradients are those of the definition") {
  struct Case {
    std::int64_t queries, keys, key_width, value_width;
    bool causal;
  };
  for (const Case& c : {Case{1, 1, 4, 4, false}, Case{5, 7, 16, 16, false}, Case{18, 18, 9, 5, true},
                        Case{3, 35, 8, 20, false}, Case{40, 40, 4, 16, true}, Case{6, 4, 8, 8, true}}) {
    CAPTURE(c.queries, c.keys, c.key_width, c.value_width, c.causal);
    const auto T = static_cast<std::size_t>(c.queries), S = static_cast<std::size_t>(c.keys);
    const auto K = static_cast<std::size_t>(c.key_width), V = static_cast<std::size_t>(c.value_width);
    const std::size_t gap = 3;  // rows stand inside of wider ones
    std::vector<float> q(T * (K + gap)), k(S * (K + gap)), v(S * (V + gap)), direction(T * (V + gap));
    std::size_t drawn = 0;
    for (std::vector<float>* numbers : {&q, &k, &v, &direction})
      for (float& x : *numbers) x = number(drawn++);
    std::vector<float> output(T * (V + gap), 99), dq(q.size(), 99), dk(k.size(), 99), dv(v.size(), 99);
    const AttentionShape shape{1, 1, c.key_width, c.value_width, 0.5F, c.causal};
    std::vector<float> workspace(static_cast<std::size_t>(attention_workspace(shape, c.keys)));
    const auto in = [&](const std::vector<float>& x, std::int64_t width) {
      return Rows<const float>{x.data(), width + static_cast<std::int64_t>(gap)};
    };
    const auto out = [&](std::vector<float>& x, std::int64_t width) {
      return Rows<float>{x.data(), width + static_cast<std::int64_t>(gap)};
    };
    attend_sentence(shape,
                    AttentionForward<float>{c.queries, c.keys, in(q, c.key_width), in(k, c.key_width),
                                            in(v, c.value_width), out(output, c.value_width)},
                    workspace.data());
    attend_sentence_backward(
        shape,
        AttentionBackward<float>{c.queries, c.keys, in(q, c.key_width), in(k, c.key_width), in(v, c.value_width),
                                 in(direction, c.value_width), out(dq, c.key_width), out(dk, c.key_width),
                                 out(dv, c.value_width)},
        workspace.data());

    const Reference reference{T, S, K, V, 0.5, c.causal};
    Doubles exact_q = to_doubles(q, T, K, K + gap), exact_k = to_doubles(k, S, K, K + gap),
            exact_v = to_doubles(v, S, V, V + gap);
    const Doubles along = to_doubles(direction, T, V, V + gap);
    const auto run = [&] { return reference.output(exact_q, exact_k, exact_v); };
    const Doubles expected = run(), made = to_doubles(output, T, V, V + gap);
    double wrong = 0;
    for (std::size_t i = 0; i < expected.size(); ++i) wrong = std::max(wrong, std::abs(made[i] - expected[i]));
    CHECK(wrong < 1e-5);
    CHECK(output[V] == 99);  // between the rows nothing is written
    const auto worst = [&](Doubles& x, const std::vector<float>& gradient, std::size_t width) {
      double most = 0;
      for (std::size_t i = 0; i < x.size(); i += 3)
        most = std::max(most, std::abs(slope(run, x, i, along) -
                                       static_cast<double>(gradient[i / width * (width + gap) + i % width])));
      return most;
    };
    CHECK(worst(exact_q, dq, K) < 1e-4);
    CHECK(worst(exact_k, dk, K) < 1e-4);
    CHECK(worst(exact_v, dv, V) < 1e-4);
  }
}

TEST_CASE("query heads of a group read its keys, and bfloat16 is read and written") {
  // Two query heads of one key/value head: with equal queries both give the same.
  const auto bits = [](float x) { return static_cast<BFloat16Bits>(std::bit_cast<std::uint32_t>(x) >> 16); };
  std::vector<BFloat16Bits> q, k, v, output(3 * 8);
  for (std::size_t t = 0; t < 3; ++t)
    for (int twice = 0; twice < 2; ++twice)
      for (std::size_t c = 0; c < 4; ++c) q.push_back(bits(number(7 * t + c)));
  for (std::size_t i = 0; i < 5 * 4; ++i) {
    k.push_back(bits(number(i + 50)));
    v.push_back(bits(2.0F));
  }
  const AttentionShape shape{2, 1, 4, 4, 1.0F, false};
  std::vector<float> workspace(static_cast<std::size_t>(attention_workspace(shape, 5)));
  attend_sentence(shape,
                  AttentionForward<BFloat16Bits>{3, 5, {q.data(), 8}, {k.data(), 4}, {v.data(), 4}, {output.data(), 8}},
                  workspace.data());
  for (const BFloat16Bits x : output) CHECK(x == bits(2.0F));
}
