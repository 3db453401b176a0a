#include <iostream>

#include "heed/text/translate_lines.h"

#include "computing_app.h"

int main(int argc, char** argv) {
  heed::TranslateOptions options;
  const heed::AppInfo info{.name = "translate",
                           .description = "Translates text line by line with a model that seq2seq-train made.",
                           .example = "translate --model en-de < text.en > text.de"};
  heed::exit_at_once(heed::run_computing_app(
      info, argc, argv,
      [&](heed::Flags& flags) {
        flags.add(options, "Translation");
        flags.group("Search", {"beam-size", "length-penalty", "max-length-ratio", "n-best", "allow-unk", "replace-unk",
                               "repetition-penalty", "no-repeat-ngram", "prefix", "glossary"});
        flags.group("What is printed",
                    {"with-score", "word-scores", "alignment", "json", "attention", "score-ref", "stats"});
        flags.group("Drawing at random", {"sample", "top-k", "top-p", "temperature", "seed"});
        flags.require({"model"});
      },
      [&](const heed::ComputingRun& run) {
        heed::translate_lines(options, c10::Device(run.device), std::cin, std::cout);
        return 0;
      }));
}
