#include "heed/models/seq2seq_options.h"

#include <algorithm>
#include <limits>

#include "heed/base/require.h"

namespace heed {
namespace {

void validate_transformer(const Seq2SeqOptions& o) {
  require_in_range("ffn-dim", o.ffn_dim, 1, 1 << 20);
  require_in_range("heads", o.heads, 1, 4096);
  require_in_range("kv-heads", o.kv_heads, 0, o.heads);
  require_in_range("head-dim", o.head_dim, 0, 1 << 16);
  require_in_range("max-positions", o.max_positions, 1, 1 << 20);
  require(o.attention_dropout >= 0 && o.attention_dropout < 1, "attention-dropout must be at least 0 and below 1");
  require(o.head_dim > 0 || o.dim % o.heads == 0,
          "dim " + std::to_string(o.dim) + " is not a multiple of heads " + std::to_string(o.heads) +
              ": choose another number of heads, or say the width of a head with --head-dim");
  require(o.kv_heads == 0 || o.heads % o.kv_heads == 0, "heads must be a multiple of kv-heads");
}

void validate_rnn(const Seq2SeqOptions& o) {
  require(o.dim % 2 == 0,
          "dim " + std::to_string(o.dim) + " is odd: the two directions of a recurrent encoder share it");
}

std::int64_t transformer_layer_parameters(const Seq2SeqOptions& o) {
  const std::int64_t head = o.head_dim > 0 ? o.head_dim : o.dim / o.heads;
  const std::int64_t query = o.heads * head, memory = (o.kv_heads > 0 ? o.kv_heads : o.heads) * head;
  const std::int64_t attention = 2 * (o.dim * query) + 2 * (o.dim * memory) + query + 2 * memory + o.dim;
  const std::int64_t feed_forward = 2 * o.dim * o.ffn_dim + o.ffn_dim + o.dim;
  const std::int64_t norm = 2 * o.dim;
  const std::int64_t positions = o.positions == Positions::learned ? 2 * o.max_positions * o.dim : 0;
  return positions + o.enc_layers * (attention + feed_forward + 2 * norm) +
         o.dec_layers * (2 * attention + feed_forward + 3 * norm) + 2 * norm;
}

std::int64_t rnn_layer_parameters(const Seq2SeqOptions& o) {
  const std::int64_t gates = o.arch == Arch::lstm ? 4 : 3, states = o.arch == Arch::lstm ? 2 : 1;
  const auto layer = [&](std::int64_t inputs, std::int64_t width) { return gates * width * (inputs + width + 2); };
  const std::int64_t encoder = o.enc_layers * 2 * layer(o.dim, o.dim / 2);
  const std::int64_t decoder =
      layer(feeds_input(o) ? 2 * o.dim : o.dim, o.dim) + (o.dec_layers - 1) * layer(o.dim, o.dim);
  const std::int64_t bridge = (o.dim + 1) * o.dec_layers * states * o.dim;
  std::int64_t attention = 0;
  switch (o.rnn_attention) {
    case RnnAttention::additive:
      attention = 2 * o.dim * o.dim + 2 * o.dim;
      break;
    case RnnAttention::general:
      attention = o.dim * o.dim;
      break;
    case RnnAttention::dot:
    case RnnAttention::none:
      break;
  }
  const std::int64_t combine = o.rnn_attention == RnnAttention::none ? 0 : 2 * o.dim * o.dim;
  return encoder + decoder + bridge + attention + combine;
}

}  // namespace

bool has_option(Arch arch, std::string_view name) {
  static constexpr std::string_view kTransformer[] = {"ffn-dim",       "heads",      "kv-heads",
                                                      "head-dim",      "activation", "positions",
                                                      "max-positions", "norm-first", "attention-dropout"};
  static constexpr std::string_view kRnn[] = {"rnn-attention", "input-feeding"};
  return arch == Arch::transformer ? std::ranges::find(kRnn, name) == std::end(kRnn)
                                   : std::ranges::find(kTransformer, name) == std::end(kTransformer);
}

bool feeds_input(const Seq2SeqOptions& o) {
  return o.input_feeding && o.rnn_attention != RnnAttention::none;
}

void require_attention(const Seq2SeqOptions& o) {
  require(o.arch == Arch::transformer || o.rnn_attention != RnnAttention::none,
          "this model was trained with --rnn-attention none: it has no attention to look at");
}

std::int64_t longest_sentence(const Seq2SeqOptions& o) {
  const bool limited = o.arch == Arch::transformer && o.positions == Positions::learned;
  return limited ? o.max_positions : std::numeric_limits<std::int64_t>::max();
}

std::string describe(const Seq2SeqOptions& o) {
  const std::string shape = std::to_string(o.enc_layers) + "+" + std::to_string(o.dec_layers) + " layers, " +
                            std::to_string(o.dim) + " wide, ";
  if (o.arch == Arch::transformer)
    return shape + "feed-forward " + std::to_string(o.ffn_dim) + ", " + std::to_string(o.heads) + " heads";
  const std::string cell = o.arch == Arch::lstm ? "LSTM, " : "GRU, ";
  if (o.rnn_attention == RnnAttention::none) return cell + shape + "no attention";
  return cell + shape + std::string(name_of(o.rnn_attention)) + " attention" +
         (feeds_input(o) ? " with input feeding" : "");
}

void validate(const Seq2SeqOptions& o) {
  require_in_range("vocabulary size", o.source_vocab, 4, 10'000'000);
  require_in_range("vocabulary size", o.target_vocab, 4, 10'000'000);
  require_in_range("enc-layers", o.enc_layers, 1, 1000);
  require_in_range("dec-layers", o.dec_layers, 1, 1000);
  require_in_range("dim", o.dim, 1, 1 << 16);
  require(o.dropout >= 0 && o.dropout < 1, "dropout must be at least 0 and below 1");
  o.arch == Arch::transformer ? validate_transformer(o) : validate_rnn(o);
  require(o.tie != TieEmbeddings::all || o.source_vocab == o.target_vocab,
          "--tie all needs one vocabulary for both sides: use --tie output, or a shared vocabulary");
}

std::int64_t parameter_count(const Seq2SeqOptions& o) {
  const std::int64_t tables = o.tie == TieEmbeddings::all      ? o.source_vocab
                              : o.tie == TieEmbeddings::output ? o.source_vocab + o.target_vocab
                                                               : o.source_vocab + 2 * o.target_vocab;
  return tables * o.dim + (o.arch == Arch::transformer ? transformer_layer_parameters(o) : rnn_layer_parameters(o));
}

}  // namespace heed
