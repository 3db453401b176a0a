#include "heed/text/score_files.h"

#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <thread>

#include <sys/stat.h>

#include "heed/base/error.h"
#include "heed/base/log.h"

#include "catch.h"
#include "text/scores_data.h"
#include "text/text_files.h"

using namespace heed;
using heed_test::Lines;
using heed_test::scores_data;

namespace {

std::string joined(const Lines& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

/// The segments for which scores.json holds what sacreBLEU's program prints.
ScoreOptions printed_options(const TextFiles& directory) {
  const auto& printed = scores_data().at("printed");
  ScoreOptions options;
  options.hypothesis = directory.write("hypothesis.txt", joined(printed.at("hypotheses")));
  for (const auto& reference : printed.at("references")) {
    const std::string name = "reference." + std::to_string(options.references.size());
    options.references.push_back(directory.write(name, joined(reference)));
  }
  return options;
}

std::string run(const ScoreOptions& options) {
  std::ostringstream out;
  score_files(options, out);
  return out.str();
}

/// "code: message" of the error that scoring ends with.
std::string failure(const ScoreOptions& options) {
  try {
    run(options);
  } catch (const Error& error) {
    return std::to_string(static_cast<int>(error.code())) + ": " + error.what();
  }
  return "none";
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

bool fails(const ScoreOptions& options, const std::string& code, const std::string& word) {
  const std::string message = failure(options);
  UNSCOPED_INFO(message);
  return message.starts_with(code) && contains(message, word);
}

ScoreOptions bare_bleu(const std::string& hypothesis, const std::string& reference) {
  ScoreOptions options;
  options.hypothesis = hypothesis;
  options.references = {reference};
  options.metrics = {"bleu"};
  options.score_only = true;
  return options;
}

}  // namespace

TEST_CASE("printed lines and JSON are those of sacreBLEU's program") {
  const TextFiles directory;
  ScoreOptions options = printed_options(directory);
  CHECK(run(options) == scores_data().at("printed").at("text"));

  options.json = true;
  const std::string expected = scores_data().at("printed").at("json");
  const auto json = nlohmann::ordered_json::parse(run(options));
  CHECK(json == nlohmann::ordered_json::parse(expected));  // the order of the keys counts
}

TEST_CASE("metrics, case and chrF's options reach the scores, in the order asked for") {
  const TextFiles directory;
  ScoreOptions options = printed_options(directory);
  options.metrics = {"chrf++", "bleu"};
  options.tokenize = BleuTokenizer::character;
  options.lowercase = true;
  options.chrf_beta = 3;
  options.chrf_char_order = 4;
  options.json = true;
  const auto json = nlohmann::json::parse(run(options));
  REQUIRE(json.size() == 2);
  CHECK(json[0].at("name") == "chrF3++");
  CHECK(json[0].at("signature") == "nrefs:2|case:lc|eff:yes|nc:4|nw:2|space:no|version:2.6.0");
  CHECK(json[1].at("signature") == "nrefs:2|case:lc|eff:no|tok:char|smooth:exp|version:2.6.0");

  options.metrics = {"chrf"};
  CHECK(nlohmann::json::parse(run(options)).at(0).at("name") == "chrF3");
}

TEST_CASE("systems are compared with the hypothesis, metric by metric") {
  const TextFiles directory;
  Lines good, bad;
  for (int i = 0; i < 60; ++i) {
    good.push_back("the cat number " + std::to_string(i) + " sits on the mat");
    bad.push_back(i % 2 == 0 ? good.back() : "a mat sits");
  }
  ScoreOptions options = bare_bleu(directory.write("bad", joined(bad)), directory.write("good", joined(good)));
  options.score_only = false;
  options.metrics = {"bleu", "chrf"};
  options.paired = {directory.path("good"), directory.write("same", joined(bad))};
  options.json = true;
  const auto json = nlohmann::json::parse(run(options));
  REQUIRE(json.size() == 6);
  for (const std::size_t first : {0U, 3U}) {
    CHECK(json[first].at("system") == directory.path("bad"));
    CHECK_FALSE(json[first].contains("p_value"));
    CHECK(json[first + 1].at("score") == 100.0);
    CHECK(json[first + 1].at("p_value") < 0.01);
    CHECK(json[first + 1].at("ci") == 0.0);
    CHECK(json[first + 2].at("mean") == json[first].at("mean"));
    CHECK(json[first].at("ci") > 1.0);
  }
  options.json = false;
  const std::string text = run(options);
  CHECK(contains(text,
                 "BLEU|nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:2.6.0, paired bootstrap of 1,000 "
                 "resamples, seed 1\n"));
  CHECK(contains(text, "  baseline\n"));
  CHECK(contains(text, "100.0 (100.0 +- 0.0)  p = 0.0010\n"));

  options.seed = 2;
  CHECK(run(options) != text);
  directory.write("same", "one line\n");
  CHECK(fails(options, "3: ", "same has 1 lines"));
}

TEST_CASE("score-only prints bare numbers") {
  const TextFiles directory;
  const std::string file = directory.write("a", "one two three four five\n");
  ScoreOptions options = bare_bleu(file, file);
  options.metrics = {"bleu", "chrf"};
  CHECK(run(options) == "100.0\n100.0\n");
}

TEST_CASE("CR, BOM and a missing final newline are no part of the text") {
  const TextFiles directory;
  const std::string plain = directory.write("plain", "one two three four\n\nfive\x0Bsix seven eight\n");
  const std::string dressed =
      directory.write("dressed", "\xEF\xBB\xBFone two three four\r\n\r\nfive\x0Bsix seven eight");
  ScoreOptions options = bare_bleu(dressed, plain);
  options.metrics = {"bleu", "chrf"};
  CHECK(run(options) == "100.0\n100.0\n");
}

TEST_CASE("ill-formed UTF-8 is replaced with a warning, not refused") {
  const TextFiles directory;
  const std::string broken = directory.write("broken", "one two three\xFF four five\n");
  const std::string repaired = directory.write("repaired", "one two three\xEF\xBF\xBD four five\n");
  log::also_to_file(directory.path("log"));
  CHECK(run(bare_bleu(broken, repaired)) == "100.0\n");
  std::ostringstream logged;
  logged << std::ifstream(directory.path("log")).rdbuf();
  CHECK(contains(logged.str(), broken + ": 1 ill-formed"));
  CHECK_FALSE(contains(logged.str(), repaired));
}

TEST_CASE("a dash reads standard input") {
  const TextFiles directory;
  const std::string reference = directory.write("reference", "one two three four\n");
  std::istringstream input("one two three four\n");
  std::streambuf* previous = std::cin.rdbuf(input.rdbuf());
  const std::string printed = run(bare_bleu("-", reference));
  std::cin.rdbuf(previous);
  CHECK(printed == "100.0\n");
}

TEST_CASE("a pipe can stand for a file") {
  const TextFiles directory;
  const std::string file = directory.write("file", "one two three four\n"), pipe = directory.path("pipe");
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
  std::thread writer([&] { std::ofstream(pipe) << "one two three four\n"; });
  const std::string printed = run(bare_bleu(file, pipe));
  writer.join();
  CHECK(printed == "100.0\n");
}

TEST_CASE("unequal line counts are refused with both counts") {
  const TextFiles directory;
  const std::string two = directory.write("two", "a\nb\n"), three = directory.write("three", "a\nb\n\n");
  ScoreOptions options = bare_bleu(two, two);
  options.references.push_back(three);
  const std::string message = failure(options);
  CHECK(message.starts_with("3: "));
  CHECK(contains(message, three + " has 3 lines"));
  CHECK(contains(message, two + " has 2"));
}

TEST_CASE("files that are missing, empty or directories are data errors that name them") {
  const TextFiles directory;
  const std::string good = directory.write("good", "a\n"), empty = directory.write("empty", "");
  const std::string missing = directory.path("missing");
  CHECK(fails(bare_bleu(empty, empty), "3: ", empty + ": is empty"));
  for (const std::string& bad : {empty, missing, directory.path("")}) {
    for (const ScoreOptions& options : {bare_bleu(bad, good), bare_bleu(good, bad)}) {
      CHECK(fails(options, "3: ", bad));
    }
  }
}

TEST_CASE("wrong options are usage errors that say what to give") {
  const TextFiles directory;
  const std::string good = directory.write("good", "a\n");
  ScoreOptions options = bare_bleu(good, good);
  options.references.clear();
  CHECK(fails(options, "2: ", "--references"));

  options = bare_bleu(good, good);
  options.metrics = {"bleu", "ter"};
  CHECK(fails(options, "2: ", "'ter'"));
  options.metrics.clear();
  CHECK(fails(options, "2: ", "--metrics"));

  options = bare_bleu(good, good);
  options.json = true;
  CHECK(fails(options, "2: ", "--score-only"));
  options = bare_bleu(good, good);
  options.paired = {good};
  CHECK(fails(options, "2: ", "--score-only"));
  options.score_only = false;
  for (const auto& files : {&ScoreOptions::paired, &ScoreOptions::references}) {
    ScoreOptions from_stdin = options;
    from_stdin.*files = {"-"};
    CHECK(fails(from_stdin, "2: ", "standard input is read as the --hypothesis"));
  }
  options.resamples = 10;
  CHECK(fails(options, "2: ", "--resamples"));

  options = bare_bleu(good, good);
  options.metrics = {"chrf"};
  options.chrf_beta = 0;
  CHECK(fails(options, "2: ", "beta"));
}
