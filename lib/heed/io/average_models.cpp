#include "heed/io/average_models.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <system_error>

#include <nlohmann/json.hpp>

#include "heed/base/error.h"
#include "heed/base/files.h"
#include "heed/base/log.h"
#include "heed/base/safetensors.h"
#include "heed/io/model_identity.h"

namespace heed {
namespace {

constexpr double kMostApart = 1;

// The network's settings that make the same weights mean the same.
nlohmann::json shape_options(const safetensors::File& file) {
  auto options = nlohmann::json::parse(file.metadata("options"), nullptr, /*allow_exceptions=*/false);
  for (const char* name : {"dropout", "attention-dropout"})
    if (options.is_object()) options.erase(name);
  return options;
}

// What is averaged or has to be the same: all but the shortlist, which is made of the training text.
std::vector<safetensors::TensorView> compared_tensors(const safetensors::File& file) {
  std::vector<safetensors::TensorView> tensors = used_tensors(file);
  std::erase_if(tensors, [](const safetensors::TensorView& tensor) { return tensor.name == kShortlist; });
  return tensors;
}

// Adds `other` to `sums`, the tensors of which are of type F32; compares the rest.
void add(std::vector<std::vector<double>>& sums, const std::vector<safetensors::TensorView>& first,
         const std::vector<safetensors::TensorView>& other, const std::string& refusal) {
  if (first.size() != other.size()) throw usage_error(refusal + "tensors");
  for (std::size_t i = 0; i < first.size(); ++i) {
    const safetensors::TensorView &ours = first[i], &theirs = other[i];
    if (ours.name != theirs.name || ours.dtype != theirs.dtype || ours.shape != theirs.shape)
      throw usage_error(refusal + "tensors ('" + ours.name + "', '" + theirs.name + "')");
    if (ours.dtype != safetensors::DType::f32) {
      if (!std::ranges::equal(ours.data, theirs.data)) throw usage_error(refusal + "'" + ours.name + "'");
      continue;
    }
    for (std::size_t k = 0; k < sums[i].size(); ++k) {
      float value;
      std::memcpy(&value, theirs.data.data() + k * sizeof(float), sizeof(float));
      sums[i][k] += static_cast<double>(value);
    }
  }
}

// How far the weights are apart, as a share of the length of the first: up to about a half after a common beginning,
// 1.4 (the square root of two) for weights that have nothing in common.
double distance(const std::vector<safetensors::TensorView>& first, const std::vector<safetensors::TensorView>& other) {
  double apart = 0, length = 0;
  for (std::size_t i = 0; i < first.size(); ++i)
    for (std::size_t k = 0; first[i].dtype == safetensors::DType::f32 && k < first[i].data.size(); k += sizeof(float)) {
      float ours, theirs;
      std::memcpy(&ours, first[i].data.data() + k, sizeof(float));
      std::memcpy(&theirs, other[i].data.data() + k, sizeof(float));
      apart += std::pow(static_cast<double>(ours) - static_cast<double>(theirs), 2);
      length += std::pow(static_cast<double>(ours), 2);
    }
  return length > 0 ? std::sqrt(apart / length) : 0;
}

void validate(const AverageOptions& options) {
  if (options.model.size() < 2) throw usage_error("an average takes two models or more: --model A B");
  if (options.output.empty()) throw usage_error("no directory for the new model given: say --output DIR");
  for (const char* name : {"best.safetensors", "last.safetensors"})
    if (is_there(std::filesystem::path(options.output) / name))
      throw usage_error(options.output + " holds a model already: choose another --output");
}

}  // namespace

void average_models(const AverageOptions& options) {
  validate(options);
  std::vector<safetensors::File> files;
  for (const std::string& model : options.model) files.emplace_back(find_model_file(model));
  const ModelKind& kind = kind_of(files.front());
  std::vector<safetensors::TensorView> tensors = compared_tensors(files.front());
  std::vector<std::vector<double>> sums;
  for (const safetensors::TensorView& tensor : tensors)
    sums.emplace_back(tensor.dtype == safetensors::DType::f32 ? tensor.data.size() / sizeof(float) : 0);
  for (const safetensors::File& file : files) {
    const std::string refusal = "models that differ cannot be averaged: " + file.path().string() + " and " +
                                files.front().path().string() + " have other ";
    check_kind(file, kind);
    if (network_of(file) != network_of(files.front()) || shape_options(file) != shape_options(files.front()))
      throw usage_error(refusal + "networks");
    add(sums, tensors, compared_tensors(file), refusal);
    if (distance(tensors, compared_tensors(file)) > kMostApart)
      throw usage_error(file.path().string() + " and " + files.front().path().string() +
                        " did not begin alike, so their mean would translate nothing: average checkpoints of one "
                        "training, or of trainings with the same --init-from");
  }

  std::vector<std::vector<float>> means(sums.size());
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    if (tensors[i].dtype != safetensors::DType::f32) continue;
    for (const double sum : sums[i]) means[i].push_back(static_cast<float>(sum / static_cast<double>(files.size())));
    tensors[i].data = std::as_bytes(std::span(means[i]));
  }
  if (const safetensors::TensorView* shortlist = files.front().find(kShortlist)) tensors.push_back(*shortlist);
  safetensors::Metadata metadata = files.front().metadata();
  for (const char* position : {"state", "update"}) metadata.erase(position);
  metadata["average_of"] = std::to_string(files.size());

  make_directory(options.output, static_cast<int>(ExitCode::checkpoint));
  AtomicFile file(std::filesystem::path(options.output) / "best.safetensors", static_cast<int>(ExitCode::checkpoint));
  safetensors::write(file, tensors, metadata);
  file.commit();
  log::info("the mean of " + std::to_string(files.size()) + " models is in " + options.output);
}

}  // namespace heed
