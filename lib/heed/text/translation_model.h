#pragma once

#include <filesystem>
#include <memory>

#include "heed/io/model_file.h"
#include "heed/models/seq2seq.h"
#include "heed/text/translation_file.h"

/// A translation model out of its file (heed/text/translation_file.h), and into one.
namespace heed {

/// A model and what it reads and writes.
struct TranslationModel {
  std::shared_ptr<Seq2SeqModel> network;
  Subwords source, target;
  Shortlist shortlist = {};  ///< empty where the file has none
};

/// Tensors of a model for safetensors::write, beside its weights. The target's vocabulary is left out when both are
/// one.
void add_subwords(TensorList& tensors, const Subwords& source, const Subwords& target);
void add_shortlist(TensorList& tensors, const Shortlist& shortlist);

/// `path`: a model directory (its `best.safetensors`, else `last.safetensors`) or a checkpoint file. Averaged weights
/// are preferred where a file has both. The network is on the CPU, in evaluation mode. Throws Error(checkpoint).
TranslationModel load_translation_model(const std::filesystem::path& path, bool verify = true);

}  // namespace heed
