#include "heed/train/seq2seq_checkpoint.h"

#include <ATen/ATen.h>

namespace heed {
namespace {

std::string recent_prefix(std::size_t number) {
  return std::string(kRecentPrefix) + std::to_string(number) + ".";
}

}  // namespace

Checkpoint to_go_on(const Seq2SeqRun& run) {
  Checkpoint checkpoint{.tensors = {}, .metadata = translation_metadata(run.network)};
  TensorList& tensors = checkpoint.tensors;
  add_flat(tensors, "", run.parameters, run.parameters.values);
  if (run.average != nullptr) add_flat(tensors, kEmaPrefix, *run.average, run.average->values);
  for (std::size_t i = 0; i < run.recent.size(); ++i)
    add_flat(tensors, recent_prefix(i), run.parameters, run.recent[i]);
  add_moments(tensors, "", run.parameters, run.adam);
  add_subwords(tensors, run.source, run.target);
  add_shortlist(tensors, run.shortlist);
  checkpoint.metadata["state"] = fields_to_json(run.state).dump();
  checkpoint.metadata["train_options"] = run.train_options;
  return checkpoint;
}

Checkpoint to_translate(const Seq2SeqRun& run, const FlatParameters& weights) {
  Checkpoint checkpoint{.tensors = {}, .metadata = translation_metadata(run.network)};
  add_flat(checkpoint.tensors, "", weights, weights.values);
  add_subwords(checkpoint.tensors, run.source, run.target);
  add_shortlist(checkpoint.tensors, run.shortlist);
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

RecentWeights read_recent(const safetensors::File& file, const FlatParameters& layout, std::int64_t most) {
  RecentWeights recent;
  while (file.find(recent_prefix(recent.size()) + layout.slots().front().name) != nullptr) {
    recent.push_back(at::empty_like(layout.values));
    read_flat(file, recent_prefix(recent.size() - 1), layout, recent.back());
  }
  while (std::ssize(recent) > most) recent.pop_front();
  return recent;
}

}  // namespace heed
