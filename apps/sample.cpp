#include "heed/image/sample_files.h"

#include "computing_app.h"

int main(int argc, char** argv) {
  heed::SampleOptions options;
  const heed::AppInfo info{.name = "sample",
                           .description = "Draws new pictures with a model that gan-train made.",
                           .example = "sample --model painter --grid 8x8 --output grid.png"};
  heed::exit_at_once(heed::run_computing_app(
      info, argc, argv,
      [&](heed::Flags& flags) {
        flags.add(options, "Sampling");
        flags.require({"model", "output"});
        flags.find("output")->placeholder = "DIR|FILE";
      },
      [&](const heed::ComputingRun& run) { return heed::sample_files(options, c10::Device(run.device)); }));
}
