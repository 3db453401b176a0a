#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <torch/nn/modules/container/modulelist.h>

#include "heed/models/token_tables.h"
#include "heed/nn/additive_attention.h"
#include "heed/nn/attention.h"
#include "heed/nn/recurrent.h"

namespace heed {

/// Recurrent encoder and decoder with attention: bidirectional layers read the source (Bahdanau et al. 2015); at each
/// step the decoder's last layer attends to their states and both make the attentional vector tanh(W [context; state]),
/// from which the token follows and which with input feeding is part of the next step's input (Luong et al. 2015).
/// Without attention the decoder's state alone makes the token (Sutskever et al. 2014). The decoder begins with what a
/// linear layer makes of the encoder's last state.
///
/// The memory [B, S, D] holds the last layer's states, D / 2 of each direction; past the end of a sentence the forward
/// ones stay as they were there, so that the last state is in the memory, whatever its padding.
class RnnSeq2SeqImpl : public TokenTables {
 public:
  explicit RnnSeq2SeqImpl(const Seq2SeqOptions& options);

  EncodedSource encode(const SourceBatch& source, const Randomness* randomness) override;
  at::Tensor decode(const EncodedSource& encoded, const at::Tensor& target, const Randomness* randomness) override;
  TranslationAttention attention_maps(const SourceBatch& source, const at::Tensor& target) override;
  std::unique_ptr<DecoderState> start(const SourceBatch& source, std::int64_t hypotheses) override;
  std::int64_t longest_target() const override;
  at::Tensor step(const at::Tensor& tokens, DecoderState& state) override;

  torch::nn::ModuleList encoder{nullptr}, decoder{nullptr};  ///< BidirectionalLayers, RecurrentLayers
  Linear bridge{nullptr};                                    ///< last state [D] -> [layers, hidden and cell, D]
  MultiHeadAttention attention{nullptr};                     ///< general or dot
  AdditiveAttention additive_attention{nullptr};
  Linear combine{nullptr};  ///< [context; state] -> attentional vector; unless attention is `none`

 private:
  // What the decoder attends to.
  struct Memory {
    KeyValue projected;
    at::Tensor states;  // [B, S, D], for a look at the weights only
    at::Tensor mask;    // [B, 1, 1, S]
  };
  struct State;

  Memory memory_of(const EncodedSource& encoded);
  std::vector<RecurrentState> first_states(const EncodedSource& encoded);
  at::Tensor embed(Embedding& table, const at::Tensor& tokens, const DropoutSite& site, const Randomness* randomness);
  at::Tensor decode_steps(const EncodedSource& encoded, const at::Tensor& target, const Randomness* randomness,
                          std::vector<at::Tensor>* weights);
  at::Tensor one_step(at::Tensor x, std::vector<RecurrentState>& states, const Randomness* randomness);
  at::Tensor attentional(const at::Tensor& query, const Memory& memory, std::vector<at::Tensor>* weights);
  at::Tensor dropped(const at::Tensor& x, const DropoutSite& site, const Randomness* randomness);
  DropoutSite site(std::uint64_t number) const;
};
TORCH_MODULE(RnnSeq2Seq);

}  // namespace heed
