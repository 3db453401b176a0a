#pragma once

#include <map>
#include <string>
#include <vector>

#include "heed/base/files.h"
#include "heed/io/model_identity.h"

#include "base/scratch.h"

namespace heed {

/// Files with the tensors and metadata of a model, gone at the test's end.
class SmallModels {
 public:
  using Tensors = std::map<std::string, std::vector<float>>;

  std::string path(const std::string& name) const { return scratch_ / name; }
  std::string write(const std::string& name, const Tensors& tensors, const safetensors::Metadata& metadata) const {
    std::filesystem::create_directories(std::filesystem::path(path(name)).parent_path());
    std::vector<safetensors::TensorView> views;
    for (const auto& [key, values] : tensors)
      views.push_back({key, safetensors::DType::f32, {std::ssize(values)}, std::as_bytes(std::span(values))});
    AtomicFile file(path(name));
    safetensors::write(file, views, metadata);
    file.commit();
    return path(name);
  }

 private:
  ScratchDirectory scratch_;
};

}  // namespace heed
