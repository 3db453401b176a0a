#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "heed/base/fields.h"
#include "heed/nn/activation.h"

namespace heed {

/// What a translation model is made of: a Transformer, or recurrent layers of LSTM or GRU cells, with attention.
enum class Arch { transformer, lstm, gru };
inline std::span<const std::string_view> enum_names(Arch) {
  static constexpr std::string_view names[] = {"transformer", "lstm", "gru"};
  return names;
}

/// Which of the three token tables are one: none; target embedding and output; or the source embedding too.
enum class TieEmbeddings { none, output, all };
inline std::span<const std::string_view> enum_names(TieEmbeddings) {
  static constexpr std::string_view names[] = {"none", "output", "all"};
  return names;
}

enum class Positions { sinusoidal, learned };
inline std::span<const std::string_view> enum_names(Positions) {
  static constexpr std::string_view names[] = {"sinusoidal", "learned"};
  return names;
}

/// How a recurrent decoder scores the source positions: by a small network (Bahdanau et al. 2015), by a bilinear form
/// or a plain product (Luong et al. 2015). `none`: it knows the source by the encoder's last state only.
enum class RnnAttention { additive, general, dot, none };
inline std::span<const std::string_view> enum_names(RnnAttention) {
  static constexpr std::string_view names[] = {"additive", "general", "dot", "none"};
  return names;
}

/// The shape of a translation model; everything here must be the same for the life of its weights, but for the
/// dropouts. has_option() tells which fields an architecture goes by.
struct Seq2SeqOptions {
  Arch arch = Arch::transformer;
  std::int64_t source_vocab = 0, target_vocab = 0;  ///< C; set from the vocabularies, not by flags
  std::int64_t enc_layers = 3, dec_layers = 3;
  std::int64_t dim = 256, ffn_dim = 1024;
  std::int64_t heads = 4, kv_heads = 0, head_dim = 0;
  Activation activation = Activation::relu;
  Positions positions = Positions::sinusoidal;
  std::int64_t max_positions = 1024;
  bool norm_first = true;
  TieEmbeddings tie = TieEmbeddings::all;
  double dropout = 0.1, attention_dropout = 0;
  RnnAttention rnn_attention = RnnAttention::general;
  bool input_feeding = true;
};

template <OptionsOf<Seq2SeqOptions> Options, class Visitor>
void visit_fields(Options& o, Visitor&& visit) {
  visit("arch", o.arch, "architecture");
  visit("enc-layers", o.enc_layers, "encoder layers");
  visit("dec-layers", o.dec_layers, "decoder layers");
  visit("dim", o.dim, "model width");
  visit("ffn-dim", o.ffn_dim, "inner width of the feed-forward parts");
  visit("heads", o.heads, "attention heads");
  visit("kv-heads", o.kv_heads, "key/value heads, for grouped-query attention (0 = heads)");
  visit("head-dim", o.head_dim, "width of a head (0 = dim / heads)");
  visit("activation", o.activation, "of the feed-forward parts");
  visit("positions", o.positions, "position encoding");
  visit("max-positions", o.max_positions, "longest sentence in tokens that learned positions can take");
  visit("norm-first", o.norm_first, "layer norm before each part (pre-norm), else after it (post-norm)");
  visit("tie", o.tie, "token tables that are one: target embedding and output, or all three");
  visit("dropout", o.dropout, "on embeddings, between layers and before the output (0 = off)");
  visit("attention-dropout", o.attention_dropout, "on attention weights (0 = off)");
  visit("rnn-attention", o.rnn_attention, "how an lstm or gru scores source positions (none: last state only)");
  visit("input-feeding", o.input_feeding, "an lstm or gru sees at each step what it attended to before");
}

/// Whether networks of that architecture go by the option of that name (as in visit_fields).
bool has_option(Arch arch, std::string_view name);
/// Whether what a recurrent decoder attended to is part of its next input.
bool feeds_input(const Seq2SeqOptions& options);
/// Throws Error(usage) where the network has no attention to look at.
void require_attention(const Seq2SeqOptions& options);
/// Most tokens of a sentence on either side, its end or start mark included; the largest number where there is no
/// limit.
std::int64_t longest_sentence(const Seq2SeqOptions& options);
/// The network in words, without its vocabulary: "3+3 layers, 256 wide, ...".
std::string describe(const Seq2SeqOptions& options);

/// Throws Error(usage) that names the option and the remedy. Ranges keep hostile files from asking for the impossible.
void validate(const Seq2SeqOptions& options);
/// Number of weights that a model of these options has, without building it.
std::int64_t parameter_count(const Seq2SeqOptions& options);

}  // namespace heed
