#include "heed/train/seq2seq_checkpoint.h"

namespace heed {

Checkpoint to_go_on(const Seq2SeqRun& run) {
  Checkpoint checkpoint{.tensors = {}, .metadata = translation_metadata(run.network)};
  TensorList& tensors = checkpoint.tensors;
  add_flat(tensors, "", run.parameters, run.parameters.values);
  if (run.average != nullptr) add_flat(tensors, kEmaPrefix, *run.average, run.average->values);
  add_moments(tensors, "", run.parameters, run.adam);
  add_subwords(tensors, run.source, run.target);
  checkpoint.metadata["state"] = fields_to_json(run.state).dump();
  checkpoint.metadata["train_options"] = run.train_options;
  return checkpoint;
}

Checkpoint to_translate(const Seq2SeqRun& run, const FlatParameters& weights) {
  Checkpoint checkpoint{.tensors = {}, .metadata = translation_metadata(run.network)};
  add_flat(checkpoint.tensors, "", weights, weights.values);
  add_subwords(checkpoint.tensors, run.source, run.target);
  checkpoint.metadata["update"] = std::to_string(run.state.update);
  checkpoint.metadata["train_options"] = run.train_options;
  return checkpoint;
}

std::optional<safetensors::File> open_last_seq2seq(const std::filesystem::path& directory) {
  return open_last(directory, [](const safetensors::File& file) {
    check_kind(file, kTranslationModel);
    read_state<Seq2SeqState>(file);
  });
}

void read_tensors(const safetensors::File& file, FlatParameters& parameters, FlatParameters* average, Adam& adam) {
  read_flat(file, "", parameters, parameters.values);
  if (average != nullptr) {
    const bool averaged = file.find(std::string(kEmaPrefix) + parameters.slots().front().name) != nullptr;
    read_flat(file, averaged ? kEmaPrefix : std::string_view(), *average, average->values);
  }
  read_moments(file, "", parameters, adam);
}

}  // namespace heed
