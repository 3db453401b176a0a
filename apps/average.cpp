#include "heed/io/average_models.h"

#include "run_app.h"

int main(int argc, char** argv) {
  heed::AverageOptions options;
  const heed::AppInfo info{.name = "heed-average",
                           .description = "Makes one model of several: the mean of their weights.",
                           .example = "heed-average --model en-de-1 en-de-2 en-de-3 --output en-de"};
  return heed::run_app(
      info, argc, argv,
      [&](heed::Flags& flags) {
        flags.add(options, "Averaging");
        flags.require({"model", "output"});
        flags.find("output")->placeholder = "DIR";
      },
      [&](const heed::AppRun&) {
        heed::average_models(options);
        return 0;
      });
}
