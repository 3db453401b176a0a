#pragma once

#include <filesystem>
#include <memory>
#include <utility>

#include "heed/base/safetensors.h"
#include "heed/io/model_file.h"
#include "heed/models/seq2seq.h"
#include "heed/text/shortlist.h"
#include "heed/text/subwords.h"

/// What a translation model is on disk: a model file (heed/io/model_file.h) with the subword models as U8 tensors and,
/// where training made one, the lexical shortlist as an I32 tensor.
namespace heed {

/// A model and what it reads and writes.
struct TranslationModel {
  std::shared_ptr<Seq2SeqModel> network;
  Subwords source, target;
  Shortlist shortlist = {};  ///< empty where the file has none
};

/// Metadata and tensors of a model for safetensors::write: the architecture is the kind, and its options are those that
/// it goes by. `subwords`: the target's is left out when both are one.
safetensors::Metadata translation_metadata(const Seq2SeqOptions& options);
void add_subwords(TensorList& tensors, const Subwords& source, const Subwords& target);

/// The options, validated: their parameter count must equal the numbers in the file before anything is built.
Seq2SeqOptions model_options(const safetensors::File& file);
void add_shortlist(TensorList& tensors, const Shortlist& shortlist);
/// Source and target vocabulary.
std::pair<Subwords, Subwords> read_subwords(const safetensors::File& file);
Shortlist read_shortlist(const safetensors::File& file, const Seq2SeqOptions& options);

/// `path`: a model directory (its `best.safetensors`, else `last.safetensors`) or a checkpoint file. Averaged weights
/// are preferred where a file has both. The network is on the CPU, in evaluation mode. Throws Error(checkpoint).
TranslationModel load_translation_model(const std::filesystem::path& path, bool verify = true);

}  // namespace heed
