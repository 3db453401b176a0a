#pragma once

#include <string_view>
#include <utility>

#include "heed/base/safetensors.h"
#include "heed/models/seq2seq_options.h"
#include "heed/text/shortlist.h"
#include "heed/text/subwords.h"

/// What a translation model is on disk: a model file (heed/io/model_identity.h) with the subword models as U8 tensors
/// and, where training made one, the lexical shortlist as an I32 tensor. Everything but the weights is read here,
/// without LibTorch.
namespace heed {

inline constexpr std::string_view kSourceSubwords = "subwords.source", kTargetSubwords = "subwords.target";

/// Metadata of a model for safetensors::write: the architecture is the kind, and its options are those that it goes by.
safetensors::Metadata translation_metadata(const Seq2SeqOptions& options);

/// The options, validated, and what check_weights() says of them. Throws Error(checkpoint), as the others do.
Seq2SeqOptions model_options(const safetensors::File& file);
/// Refuses valid options unless the file holds as many weights as they ask for: whoever asks for more than there is
/// must not make us allocate it.
void check_weights(const safetensors::File& file, const Seq2SeqOptions& options);
/// Source and target vocabulary.
std::pair<Subwords, Subwords> read_subwords(const safetensors::File& file);
Shortlist read_shortlist(const safetensors::File& file, const Seq2SeqOptions& options);

}  // namespace heed
