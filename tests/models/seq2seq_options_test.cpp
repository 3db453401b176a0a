#include "heed/models/seq2seq_options.h"

#include <functional>
#include <limits>

#include "catch.h"
#include "text/errors.h"

namespace heed {
namespace {

Seq2SeqOptions small_options() {
  Seq2SeqOptions options;
  options.source_vocab = options.target_vocab = 31;
  options.dim = 16;
  options.ffn_dim = 24;
  return options;
}

Seq2SeqOptions changed(const std::function<void(Seq2SeqOptions&)>& change) {
  Seq2SeqOptions options = small_options();
  change(options);
  return options;
}

}  // namespace

TEST_CASE("options that cannot be are refused with the remedy") {
  const auto message = [](const std::function<void(Seq2SeqOptions&)>& change) {
    return thrown([&] { validate(changed(change)); });
  };
  CHECK(message([](auto&) {}) == "nothing");
  CHECK(message([](auto& o) { o.heads = 3; }) ==
        "2: dim 16 is not a multiple of heads 3: choose another number of heads, or say the width of a head with "
        "--head-dim");
  CHECK(message([](auto& o) { o.heads = 3, o.head_dim = 5; }) == "nothing");
  CHECK(message([](auto& o) { o.kv_heads = 3; }) == "2: heads must be a multiple of kv-heads");
  CHECK(message([](auto& o) { o.kv_heads = 8; }) == "2: kv-heads must be 0 to 4, not 8");
  CHECK(message([](auto& o) { o.target_vocab = 37; }) ==
        "2: --tie all needs one vocabulary for both sides: use --tie output, or a shared vocabulary");
  CHECK(message([](auto& o) { o.dropout = 1; }) == "2: dropout must be at least 0 and below 1");
  CHECK(message([](auto& o) { o.attention_dropout = -0.1; }) == "2: attention-dropout must be at least 0 and below 1");
  CHECK(message([](auto& o) { o.dropout = std::numeric_limits<double>::quiet_NaN(); }) ==
        "2: dropout must be at least 0 and below 1");
  CHECK(message([](auto& o) { o.enc_layers = 0; }) == "2: enc-layers must be 1 to 1000, not 0");
  CHECK(message([](auto& o) { o.dec_layers = 1001; }) == "2: dec-layers must be 1 to 1000, not 1001");
  CHECK(message([](auto& o) { o.dim = 0; }) == "2: dim must be 1 to 65536, not 0");
  CHECK(message([](auto& o) { o.ffn_dim = -1; }) == "2: ffn-dim must be 1 to 1048576, not -1");
  CHECK(message([](auto& o) { o.heads = 0; }) == "2: heads must be 1 to 4096, not 0");
  CHECK(message([](auto& o) { o.head_dim = -1; }) == "2: head-dim must be 0 to 65536, not -1");
  CHECK(message([](auto& o) { o.max_positions = 0; }) == "2: max-positions must be 1 to 1048576, not 0");
  CHECK(message([](auto& o) { o.source_vocab = o.target_vocab = 3; }) ==
        "2: vocabulary size must be 4 to 10000000, not 3");
  CHECK(message([](auto& o) { o.arch = Arch::gru, o.dim = 15; }) ==
        "2: dim 15 is odd: the two directions of a recurrent encoder share it");
  // What says nothing to a network cannot be wrong.
  CHECK(message([](auto& o) { o.arch = Arch::lstm, o.heads = 3, o.ffn_dim = -1; }) == "nothing");
}

TEST_CASE("an architecture has its own options and those of all") {
  for (const char* name : {"arch", "dim", "enc-layers", "tie", "dropout"})
    for (const Arch arch : {Arch::transformer, Arch::lstm, Arch::gru}) CHECK(has_option(arch, name));
  for (const char* name : {"heads", "ffn-dim", "positions", "norm-first", "attention-dropout"}) {
    CHECK(has_option(Arch::transformer, name));
    CHECK_FALSE(has_option(Arch::lstm, name));
  }
  for (const char* name : {"rnn-attention", "input-feeding"}) {
    CHECK_FALSE(has_option(Arch::transformer, name));
    CHECK(has_option(Arch::gru, name));
  }
}

TEST_CASE("sentences end with learned positions only") {
  CHECK(longest_sentence(small_options()) == std::numeric_limits<std::int64_t>::max());
  const auto learned = [](auto& o) { o.positions = Positions::learned, o.max_positions = 80; };
  CHECK(longest_sentence(changed(learned)) == 80);
  CHECK(longest_sentence(changed([&](auto& o) { learned(o), o.arch = Arch::lstm; })) ==
        std::numeric_limits<std::int64_t>::max());
}

TEST_CASE("a network in words") {
  CHECK(describe(small_options()) == "3+3 layers, 16 wide, feed-forward 24, 4 heads");
  CHECK(describe(changed([](auto& o) { o.arch = Arch::lstm; })) ==
        "LSTM, 3+3 layers, 16 wide, general attention with input feeding");
  CHECK(describe(changed([](auto& o) {
          o.arch = Arch::gru, o.rnn_attention = RnnAttention::dot, o.input_feeding = false;
        })) == "GRU, 3+3 layers, 16 wide, dot attention");
  CHECK(describe(changed([](auto& o) { o.arch = Arch::gru, o.rnn_attention = RnnAttention::none; })) ==
        "GRU, 3+3 layers, 16 wide, no attention");
}

}  // namespace heed
