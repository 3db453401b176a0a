#include <iostream>

#include "heed/io/inspect_model.h"

#include "run_app.h"

int main(int argc, char** argv) {
  heed::InspectOptions options;
  const heed::AppInfo info{.name = "heed-inspect",
                           .description = "Shows what a model file holds, or how two of them differ.",
                           .example = "heed-inspect --model en-de"};
  return heed::run_app(
      info, argc, argv,
      [&](heed::Flags& flags) {
        flags.add(options, "Inspecting");
        flags.require({"model"});
      },
      [&](const heed::AppRun&) {
        heed::inspect_model(options, std::cout);
        return 0;
      });
}
