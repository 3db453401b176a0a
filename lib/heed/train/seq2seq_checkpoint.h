#pragma once

#include <deque>
#include <filesystem>
#include <optional>
#include <string>

#include "heed/text/translation_model.h"
#include "heed/train/checkpoint.h"
#include "heed/train/seq2seq_state.h"

namespace heed {

/// Flat weights at the validations before, the oldest first: with those of now they are what --average averages.
using RecentWeights = std::deque<at::Tensor>;

/// What belongs into a checkpoint of a translation run; everything is only pointed at.
struct Seq2SeqRun {
  const Seq2SeqOptions& network;
  const Subwords &source, &target;
  const Shortlist& shortlist;
  const std::string& train_options;  ///< JSON
  const FlatParameters& parameters;
  const FlatParameters* average;  ///< nullptr: no average is kept
  const RecentWeights& recent;
  const Adam& adam;
  const Seq2SeqState& state;
};

/// Everything needed to go on, for save_last().
Checkpoint to_go_on(const Seq2SeqRun& run);
/// `weights` under the plain names and what is needed to translate, for save_best().
Checkpoint to_translate(const Seq2SeqRun& run, const FlatParameters& weights);

/// open_last() for a translation run.
std::optional<safetensors::File> open_last_seq2seq(const std::filesystem::path& directory);

/// Copies the tensors of a saved run. `average` may be nullptr; where the file has none, the weights stand in for it.
void read_tensors(const safetensors::File& file, FlatParameters& parameters, FlatParameters* average, Adam& adam);
/// The newest of those that a saved run holds, at most so many.
RecentWeights read_recent(const safetensors::File& file, const FlatParameters& layout, std::int64_t most);

}  // namespace heed
