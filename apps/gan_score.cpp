#include <iostream>

#include "heed/image/score_pictures.h"

#include "computing_app.h"

int main(int argc, char** argv) {
  heed::PictureScoreOptions options;
  const heed::AppInfo info{
      .name = "gan-score",
      .description = "Scores pictures, or what a model draws, against real ones: FID, KID, precision and recall.",
      .example = "gan-score --model painter --ref photos"};
  heed::exit_at_once(heed::run_computing_app(
      info, argc, argv,
      [&](heed::Flags& flags) {
        flags.add(options, "Scoring");
        flags.require({"ref"});
      },
      [&](const heed::ComputingRun& run) {
        heed::score_pictures(options, run.device, std::cout);
        return 0;
      }));
}
