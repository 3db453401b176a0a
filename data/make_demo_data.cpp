#include <cstdint>
#include <exception>
#include <iostream>
#include <string>

#include <CLI/CLI.hpp>

#include "heed/base/error.h"
#include "heed/base/log.h"
#include "heed/version.h"

#include "demo_corpus.h"
#include "demo_pictures.h"

namespace {

int parse_and_make(int argc, char** argv) {
  CLI::App app{"Writes the demo data, which are made by a program and need no download."};
  app.require_subcommand(1);
  app.set_version_flag("--version", std::string("make_demo_data (heed) ") + heed::kVersion,
                       "print the version and stop");

  std::string directory;
  std::uint64_t seed = 1;
  CLI::App* text = app.add_subcommand("text", "a parallel English-German corpus: train, valid and test");
  text->add_option("DIR", directory, "directory for the files, made when it is missing")->required()->type_name("");
  text->add_option("--seed", seed, "another seed, another corpus")->capture_default_str();
  std::uint64_t count = heed::demo::kPictures;
  CLI::App* images = app.add_subcommand("images", "pictures of eight shapes, each in a folder of its own");
  images->add_option("DIR", directory, "directory for the folders, made when it is missing")->required()->type_name("");
  images->add_option("--seed", seed, "another seed, other pictures")->capture_default_str();
  constexpr int kMostPictures = 1'000'000;
  images->add_option("--count", count, "number of pictures")
      ->capture_default_str()
      ->check(CLI::Range(1, kMostPictures));

  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& wish) {  // --help or --version
    return app.exit(wish);
  } catch (const CLI::ParseError& error) {
    throw heed::usage_error(std::string(error.what()) + " (see --help)");
  }
  if (images->parsed()) {
    heed::demo::write_demo_pictures(seed, count, directory);
    std::cerr << "drew " << count << " pictures in " << heed::demo::picture_shapes().size() << " folders of "
              << directory << '\n';
    return 0;
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
    heed::log::error(error.what());
    return static_cast<int>(error.code());
  } catch (const std::exception& error) {
    heed::log::error(std::string("internal: ") + error.what());
    return static_cast<int>(heed::ExitCode::internal);
  }
}
