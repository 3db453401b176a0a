#pragma once

#include <functional>
#include <set>
#include <string>

namespace heed {

/// What a recipe is told by its program.
struct TrainRun {
  std::set<std::string> given;  ///< names of options that the user set; presets and saved runs leave them alone
  std::string device = "cpu";   ///< as LibTorch names it: "cpu", "cuda:0"
  std::function<std::string()> resolved_toml;  ///< the options as a settings file, once they are final
};

}  // namespace heed
