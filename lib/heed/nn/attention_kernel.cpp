#include "heed/nn/attention_kernel.h"

#include <algorithm>

#include "heed/nn/vectors.h"

namespace heed {
namespace {

constexpr std::int64_t kTile = 32;      // queries at a time
constexpr std::int64_t kBlockRows = 4;  // rows of a product at a time
constexpr float kNever = -1e30F;        // a score that no query has

constexpr std::int64_t whole_blocks(std::int64_t rows) {
  return (rows + kBlockRows - 1) / kBlockRows * kBlockRows;
}

// A factor of a product, read forwards or (rows and columns exchanged) transposed.
struct Factor {
  const float* data;
  std::int64_t row_stride, column_stride;
};

// Rows [0, kBlockRows) and columns [0, vectors * kLanes) of result (+)= left right, over `inner` terms.
template <int vectors>
HEED_INLINE void block_product(Factor left, const float* right, std::int64_t right_stride, std::int64_t inner,
                               float* result, std::int64_t result_stride, bool accumulate) {
  Floats sum[kBlockRows][vectors];
#pragma GCC unroll 4
  for (int r = 0; r < kBlockRows; ++r)
#pragma GCC unroll 2
    for (int v = 0; v < vectors; ++v) sum[r][v] = accumulate ? load(result + r * result_stride + v * kLanes) : Floats{};
  for (std::int64_t i = 0; i < inner; ++i) {
    Floats term[vectors];
#pragma GCC unroll 2
    for (int v = 0; v < vectors; ++v) term[v] = load(right + i * right_stride + v * kLanes);
#pragma GCC unroll 4
    for (int r = 0; r < kBlockRows; ++r) {
      const float factor = left.data[r * left.row_stride + i * left.column_stride];
#pragma GCC unroll 2
      for (int v = 0; v < vectors; ++v) sum[r][v] += factor * term[v];
    }
  }
#pragma GCC unroll 4
  for (int r = 0; r < kBlockRows; ++r)
#pragma GCC unroll 2
    for (int v = 0; v < vectors; ++v) store(result + r * result_stride + v * kLanes, sum[r][v]);
}

// result (+)= left right: [rows, inner] x [inner, columns]; rows in whole blocks, columns in whole vectors.
HEED_INLINE void product(Factor left, const float* right, std::int64_t right_stride, std::int64_t rows,
                         std::int64_t inner, std::int64_t columns, float* result, std::int64_t result_stride,
                         bool accumulate) {
  for (std::int64_t r = 0; r < rows; r += kBlockRows) {
    const Factor block = {left.data + r * left.row_stride, left.row_stride, left.column_stride};
    std::int64_t c = 0;
    for (; c + 2 * kLanes <= columns; c += 2 * kLanes)
      block_product<2>(block, right + c, right_stride, inner, result + r * result_stride + c, result_stride,
                       accumulate);
    if (c < columns)
      block_product<1>(block, right + c, right_stride, inner, result + r * result_stride + c, result_stride,
                       accumulate);
  }
}

// `rows` rows of `width` numbers times `factor`, filled up with zeros to `filled` rows and whole vectors.
template <class Number>
HEED_INLINE void copy_in(Rows<const Number> from, std::int64_t rows, std::int64_t width, float factor,
                         std::int64_t filled, float* to) {
  const std::int64_t whole = whole_vectors(width);
  for (std::int64_t r = 0; r < rows; ++r)
    for (std::int64_t c = 0; c < whole; c += kLanes)
      store(to + r * whole + c, factor * load_up_to(from.data + r * from.stride + c, std::min(width - c, kLanes)));
  for (std::int64_t i = rows * whole; i < filled * whole; i += kLanes) store(to + i, Floats{});
}

template <class Number>
HEED_INLINE void copy_out(const float* from, std::int64_t rows, std::int64_t width, float factor, Rows<Number> to) {
  const std::int64_t whole = whole_vectors(width);
  for (std::int64_t r = 0; r < rows; ++r)
    for (std::int64_t c = 0; c < whole; c += kLanes) {
      Number* at = to.data + r * to.stride + c;
      store_up_to(at, factor * load(from + r * whole + c), std::min(width - c, kLanes));
    }
}

// [rows, columns] -> [columns, rows], both in whole vectors.
HEED_INLINE void transpose(const float* from, std::int64_t rows, std::int64_t columns, float* to) {
  for (std::int64_t r = 0; r < rows; r += kLanes)
    for (std::int64_t c = 0; c < columns; c += kLanes)
      transpose_block(from + r * columns + c, columns, to + c * rows + r, rows);
}

HEED_INLINE Floats lanes_below(Floats values, std::int64_t first_lane, std::int64_t end, float otherwise) {
  const Words lanes = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  return lanes + static_cast<std::uint32_t>(first_lane) < static_cast<std::uint32_t>(end) ? values : all(otherwise);
}

// Scores -> weights of one query that sees the first `seen` of the keys; zeros from there to `columns`.
HEED_INLINE void softmax_row(float* scores, std::int64_t seen, std::int64_t columns) {
  Floats greatest = all(kNever);
  for (std::int64_t c = 0; c < columns; c += kLanes)
    greatest = greater(greatest, lanes_below(load(scores + c), c, seen, kNever));
  const float top = greatest_of(greatest);
  Floats total{};
  for (std::int64_t c = 0; c < columns; c += kLanes) {
    const Floats weights = lanes_below(exp_of_negative(load(scores + c) - top), c, seen, 0);
    store(scores + c, weights);
    total += weights;
  }
  const float sum = sum_of(total), factor = sum > 0 ? 1 / sum : 0;
  for (std::int64_t c = 0; c < columns; c += kLanes) store(scores + c, load(scores + c) * factor);
}

// Queries [begin, end) of a sentence.
struct Tile {
  std::int64_t begin, end;
  std::int64_t ahead;  // S - T of a causal sentence, else so much that every key is seen
  std::int64_t keys;   // S
  std::int64_t rows() const { return end - begin; }
  std::int64_t seen(std::int64_t row) const { return std::clamp<std::int64_t>(begin + row + 1 + ahead, 0, keys); }
  std::int64_t columns() const { return whole_vectors(seen(rows() - 1)); }
};

// Hands out the parts of the working memory, each in whole vectors.
class Workspace {
 public:
  explicit Workspace(float* memory) : next_(memory) {}
  float* take(std::int64_t floats) {
    float* const part = next_;
    next_ += whole_vectors(floats);
    return part;
  }

 private:
  float* next_;
};

// Weights of a tile's queries (scaled): [rows, S'] with S' = whole_vectors(keys).
HEED_INLINE void weights_of(const Tile& tile, const float* q, std::int64_t key_width, const float* k_transposed,
                            float* weights) {
  const std::int64_t stride = whole_vectors(tile.keys), columns = tile.columns();
  product({q, whole_vectors(key_width), 1}, k_transposed, stride, whole_blocks(tile.rows()), key_width, columns,
          weights, stride, false);  // [rows, S']
  for (std::int64_t r = 0; r < tile.rows(); ++r) softmax_row(weights + r * stride, tile.seen(r), columns);
}

template <class Visit>
HEED_INLINE void visit_tiles(const AttentionShape& shape, std::int64_t queries, std::int64_t keys, Visit&& visit) {
  for (std::int64_t begin = 0; begin < queries; begin += kTile)
    visit(Tile{begin, std::min(begin + kTile, queries), shape.causal ? keys - queries : keys, keys});
}

template <class Number>
HEED_INLINE void forward(const AttentionShape& shape, const AttentionForward<Number>& s, float* memory) {
  const std::int64_t key_width = shape.key_width, value_width = shape.value_width;
  const std::int64_t key_stride = whole_vectors(key_width), value_stride = whole_vectors(value_width);
  const std::int64_t keys = whole_vectors(s.keys);
  Workspace workspace(memory);
  float* const k = workspace.take(keys * key_stride);
  float* const k_transposed = workspace.take(key_stride * keys);
  float* const v = workspace.take(keys * value_stride);
  float* const q = workspace.take(kTile * key_stride);
  float* const weights = workspace.take(kTile * keys);
  float* const output = workspace.take(kTile * value_stride);
  const std::int64_t group = shape.heads / shape.kv_heads;
  for (std::int64_t g = 0; g < shape.kv_heads; ++g) {
    copy_in<Number>({s.k.data + g * key_width, s.k.stride}, s.keys, key_width, 1, keys, k);      // [S, K]
    copy_in<Number>({s.v.data + g * value_width, s.v.stride}, s.keys, value_width, 1, keys, v);  // [S, V]
    transpose(k, keys, key_stride, k_transposed);                                                // [K, S]
    for (std::int64_t h = g * group; h < (g + 1) * group; ++h)
      visit_tiles(shape, s.queries, s.keys, [&](const Tile& tile) HEED_INLINE_LAMBDA {
        const std::int64_t rows = tile.rows();
        copy_in<Number>({s.q.from(tile.begin).data + h * key_width, s.q.stride}, rows, key_width, shape.scale,
                        whole_blocks(rows), q);
        weights_of(tile, q, key_width, k_transposed, weights);  // [rows, S]
        product({weights, keys, 1}, v, value_stride, whole_blocks(rows), tile.seen(rows - 1), value_stride, output,
                value_stride, false);  // [rows, V]
        copy_out<Number>(output, rows, value_width, 1,
                         {s.output.from(tile.begin).data + h * value_width, s.output.stride});
      });
  }
}

// weights, and their gradient in place of which the gradient of the scores is left.
HEED_INLINE void softmax_gradient_row(const float* weights, float* gradient, std::int64_t columns) {
  Floats total{};
  for (std::int64_t c = 0; c < columns; c += kLanes) total += load(weights + c) * load(gradient + c);
  const float mean = sum_of(total);
  for (std::int64_t c = 0; c < columns; c += kLanes)
    store(gradient + c, load(weights + c) * (load(gradient + c) - mean));
}

template <class Number>
HEED_INLINE void backward(const AttentionShape& shape, const AttentionBackward<Number>& s, float* memory) {
  const std::int64_t key_width = shape.key_width, value_width = shape.value_width;
  const std::int64_t key_stride = whole_vectors(key_width), value_stride = whole_vectors(value_width);
  const std::int64_t keys = whole_vectors(s.keys);
  Workspace workspace(memory);
  float* const k = workspace.take(keys * key_stride);
  float* const k_transposed = workspace.take(key_stride * keys);
  float* const v = workspace.take(keys * value_stride);
  float* const q = workspace.take(kTile * key_stride);
  float* const weights = workspace.take(kTile * keys);
  float* const output_gradient = workspace.take(kTile * value_stride);
  float* const v_transposed = workspace.take(value_stride * keys);
  float* const score_gradient = workspace.take(kTile * keys);
  float* const q_gradient = workspace.take(kTile * key_stride);
  float* const k_gradient = workspace.take(keys * key_stride);
  float* const v_gradient = workspace.take(keys * value_stride);
  const std::int64_t group = shape.heads / shape.kv_heads;
  for (std::int64_t g = 0; g < shape.kv_heads; ++g) {
    copy_in<Number>({s.k.data + g * key_width, s.k.stride}, s.keys, key_width, 1, keys, k);      // [S, K]
    copy_in<Number>({s.v.data + g * value_width, s.v.stride}, s.keys, value_width, 1, keys, v);  // [S, V]
    transpose(k, keys, key_stride, k_transposed);                                                // [K, S]
    transpose(v, keys, value_stride, v_transposed);                                              // [V, S]
    std::fill_n(k_gradient, keys * key_stride, 0.0F);
    std::fill_n(v_gradient, keys * value_stride, 0.0F);
    for (std::int64_t h = g * group; h < (g + 1) * group; ++h)
      visit_tiles(shape, s.queries, s.keys, [&](const Tile& tile) HEED_INLINE_LAMBDA {
        const std::int64_t rows = tile.rows(), columns = tile.columns(), seen = tile.seen(rows - 1);
        copy_in<Number>({s.q.from(tile.begin).data + h * key_width, s.q.stride}, rows, key_width, shape.scale,
                        whole_blocks(rows), q);
        copy_in<Number>({s.output_gradient.from(tile.begin).data + h * value_width, s.output_gradient.stride}, rows,
                        value_width, 1, whole_blocks(rows), output_gradient);
        weights_of(tile, q, key_width, k_transposed, weights);  // [rows, S]
        product({output_gradient, value_stride, 1}, v_transposed, keys, whole_blocks(rows), value_width, columns,
                score_gradient, keys, false);  // [rows, S]
        for (std::int64_t r = 0; r < rows; ++r)
          softmax_gradient_row(weights + r * keys, score_gradient + r * keys, columns);
        product({score_gradient, keys, 1}, k, key_stride, whole_blocks(rows), seen, key_stride, q_gradient, key_stride,
                false);  // [rows, K]
        product({score_gradient, 1, keys}, q, key_stride, whole_blocks(seen), rows, key_stride, k_gradient, key_stride,
                true);  // [S, K]
        product({weights, 1, keys}, output_gradient, value_stride, whole_blocks(seen), rows, value_stride, v_gradient,
                value_stride, true);  // [S, V]
        copy_out<Number>(q_gradient, rows, key_width, shape.scale,
                         {s.q_gradient.from(tile.begin).data + h * key_width, s.q_gradient.stride});
      });
    copy_out<Number>(k_gradient, s.keys, key_width, 1, {s.k_gradient.data + g * key_width, s.k_gradient.stride});
    copy_out<Number>(v_gradient, s.keys, value_width, 1, {s.v_gradient.data + g * value_width, s.v_gradient.stride});
  }
}

}  // namespace

std::int64_t attention_workspace(const AttentionShape& shape, std::int64_t keys) {
  const std::int64_t rows = whole_vectors(keys), key_stride = whole_vectors(shape.key_width),
                     value_stride = whole_vectors(shape.value_width);
  return 3 * rows * (key_stride + value_stride) + kTile * (2 * rows + 2 * key_stride + 2 * value_stride);
}

HEED_CLONES void attend_sentence(const AttentionShape& shape, const AttentionForward<float>& sentence,
                                 float* workspace) {
  forward(shape, sentence, workspace);
}
HEED_CLONES void attend_sentence(const AttentionShape& shape, const AttentionForward<BFloat16Bits>& sentence,
                                 float* workspace) {
  forward(shape, sentence, workspace);
}
HEED_CLONES void attend_sentence_backward(const AttentionShape& shape, const AttentionBackward<float>& sentence,
                                          float* workspace) {
  backward(shape, sentence, workspace);
}
HEED_CLONES void attend_sentence_backward(const AttentionShape& shape, const AttentionBackward<BFloat16Bits>& sentence,
                                          float* workspace) {
  backward(shape, sentence, workspace);
}

}  // namespace heed
