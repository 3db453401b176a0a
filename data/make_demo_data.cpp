#include <cstdint>
#include <exception>
#include <filesystem>
#include <iostream>
#include <string>

#include <CLI/CLI.hpp>

#include "heed/base/error.h"

#include "demo_corpus.h"

namespace {

int parse_and_make(int argc, char** argv) {
  CLI::App app{"Writes the demo corpora, which are made by a program and need no download."};
  app.require_subcommand(1);

  std::string directory;
  std::uint64_t seed = 1;
  CLI::App* text = app.add_subcommand("text", "a parallel English-German corpus: train, valid and test");
  text->add_option("DIR", directory, "directory for the files, made when it is missing")->required();
  text->add_option("--seed", seed, "another seed, another corpus")->capture_default_str();

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return static_cast<int>(app.exit(error) == 0 ? heed::ExitCode::ok : heed::ExitCode::usage);
  }
  heed::demo::write_demo_corpus(heed::demo::make_demo_corpus(seed), directory);
  std::cerr << "wrote " << heed::demo::kTrainPairs << " training, " << heed::demo::kHeldOutPairs << " validation and "
            << heed::demo::kHeldOutPairs << " test pairs to " << directory << '\n';
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return parse_and_make(argc, argv);
  } catch (const heed::Error& error) {
    std::cerr << "make_demo_data: " << error.what() << '\n';
    return static_cast<int>(error.code());
  } catch (const std::exception& error) {
    std::cerr << "make_demo_data: internal error: " << error.what() << '\n';
    return static_cast<int>(heed::ExitCode::internal);
  }
}
