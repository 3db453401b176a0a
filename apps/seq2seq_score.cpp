#include <iostream>

#include "heed/text/score_files.h"

#include "run_app.h"

int main(int argc, char** argv) {
  heed::ScoreOptions options;
  const heed::AppInfo info{
      .name = "seq2seq-score",
      .description =
          "Scores translations against references with BLEU and chrF: the same numbers and signatures as "
          "sacreBLEU.",
      .example = "seq2seq-score --hypothesis output.de --references test.de"};
  return heed::run_app(
      info, argc, argv,
      [&](heed::Flags& flags) {
        flags.add(options, "Scoring");
        flags.require({"references"});
      },
      [&](const heed::AppRun&) {
        heed::score_files(options, std::cout);
        return 0;
      });
}
