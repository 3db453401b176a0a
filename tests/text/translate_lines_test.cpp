#include "heed/text/translate_lines.h"

#include <algorithm>
#include <filesystem>
#include <functional>
#include <sstream>

#include <ATen/ATen.h>

#include "heed/base/files.h"

#include "catch.h"
#include "errors.h"
#include "tensors.h"
#include "text_files.h"
#include "tiny_model.h"

namespace heed {
namespace {

using Catch::Matchers::Contains;

const std::string kText = "the house sees a tree .\n\nthe child and the garden .\n";

std::size_t lines_in(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

// A tiny model in a file.
class Bench {
 public:
  Bench() {
    at::manual_seed(1);
    const TranslationModel model = tiny_translation_model();
    TensorList tensors;
    for (const auto& parameter : model.network->named_parameters()) tensors.add(parameter.key(), parameter.value());
    add_subwords(tensors, model.source, model.target);
    AtomicFile file(files.path("model.safetensors"), 4);
    safetensors::write(file, tensors.views(), translation_metadata(model.network->options));
    file.commit();
    options.model = {files.path("model.safetensors")};
    options.search.beam_size = 2;
    options.search.max_length_ratio = 1;
  }
  std::string translate(const std::string& text) const {
    std::istringstream in(text);
    std::ostringstream out;
    translate_lines(options, at::kCPU, in, out);
    return out.str();
  }
  std::string refusal(const std::string& text = kText) const {
    return thrown([&] { translate(text); });
  }

  TextFiles files;
  TranslateOptions options;
};

}  // namespace

TEST_CASE("as many lines come out as go in, however they end") {
  const Bench bench;
  const std::string expected = bench.translate(kText);
  CHECK(lines_in(expected) == 3);
  CHECK(bench.translate("\xEF\xBB\xBF" + kText) == expected);
  CHECK(bench.translate(kText.substr(0, kText.size() - 1)) == expected);
  CHECK(bench.translate("the house sees a tree .\r\n\r\nthe child and the garden .\r\n") == expected);
  CHECK(bench.translate("") == "");
  CHECK(bench.translate("\n") == "\n");
}

TEST_CASE("how many lines are read at once and how they are batched changes nothing") {
  Bench bench;
  std::string text;
  for (int i = 0; i < 7; ++i) text += kText + "the window .\n";
  const std::string expected = bench.translate(text);
  bench.options.buffer = 3;
  CHECK(bench.translate(text) == expected);
  bench.options.batch_tokens = 1;
  CHECK(bench.translate(text) == expected);
  bench.options.interactive = true;
  CHECK(bench.translate(text) == expected);
}

TEST_CASE("the n best of each line stand below each other, with their scores") {
  Bench bench;
  bench.options.search.n_best = 2;
  CHECK(lines_in(bench.translate(kText)) == 6);
  bench.options.with_score = true;
  std::istringstream lines(bench.translate("the house sees a tree .\n"));
  double best = 0, second = 0;
  std::string text;
  lines >> best;
  CHECK(lines.get() == '\t');
  std::getline(lines, text);
  lines >> second;
  CHECK(best <= 0);
  CHECK(second <= best);
}

TEST_CASE("files are read and written whole") {
  Bench bench;
  const std::string expected = bench.translate(kText);
  bench.options.input = bench.files.write("in.txt", kText);
  bench.options.output = bench.files.path("out.txt");
  CHECK(bench.translate("not read") == "");
  CHECK(bench.files.read("out.txt") == expected);

  // What was there stays when the new one cannot be finished.
  bench.options.input = bench.files.path("none.txt");
  CHECK(bench.refusal() == "3: " + bench.options.input + ": cannot be opened for reading: No such file or directory");
  bench.options.input = bench.files.write("in.gz", "\x1f\x8b\x08 compressed\n");
  CHECK_THAT(bench.refusal(), Contains("is gzip-compressed"));
  CHECK(bench.files.read("out.txt") == expected);
  bench.options.input = bench.files.path("");
  CHECK_THAT(bench.refusal(), Contains("is a directory, not a text file"));
}

TEST_CASE("what is read is not written over, under no name of it") {
  Bench bench;
  bench.options.model = {"no/such/model"};
  const std::string path = bench.files.write("text", kText);
  std::filesystem::create_hard_link(path, bench.files.path("link"));
  const auto refusal = [&](std::string TranslateOptions::*read, std::string TranslateOptions::*written) {
    TranslateOptions options = bench.options;
    options.*read = path;
    options.*written = bench.files.path("link");
    std::istringstream in;
    std::ostringstream out;
    return thrown([&] { translate_lines(options, at::kCPU, in, out); });
  };
  using Options = TranslateOptions;
  const std::string end = " names the same file as ";
  CHECK(refusal(&Options::input, &Options::output).starts_with("2: --output" + end + "--input: "));
  CHECK(refusal(&Options::prefix, &Options::output).starts_with("2: --output" + end + "--prefix: "));
  CHECK(refusal(&Options::glossary, &Options::output).starts_with("2: --output" + end + "--glossary: "));
  CHECK(refusal(&Options::score_ref, &Options::output).starts_with("2: --output" + end + "--score-ref: "));
  CHECK(refusal(&Options::input, &Options::attention).starts_with("2: --attention" + end + "--input: "));
  CHECK(bench.files.read("text") == kText);
  bench.options.input = bench.options.output = "/dev/null";
  CHECK(bench.refusal() == "4: no/such/model: no such model directory or file");
}

TEST_CASE("text of another kind is refused with the command that mends it") {
  const Bench bench;
  CHECK_THAT(bench.refusal("\x1f\x8b\x08\n"), Contains("3: stdin: is gzip-compressed") && Contains("zcat"));
  CHECK_THAT(bench.refusal(std::string("\xff\xfe"
                                       "a\0\n\0",
                                       6)),
             Contains("3: stdin: is UTF-16") && Contains("iconv"));
}

TEST_CASE("options without sense are refused before the model is opened") {
  const auto refusal = [](const std::function<void(TranslateOptions&)>& change) {
    Bench bench;
    bench.options.model = {"no/such/model"};
    change(bench.options);
    return bench.refusal();
  };
  CHECK(refusal([](auto& o) { o.json = o.with_score = true; }).starts_with("2: --json holds all scores"));
  CHECK(refusal([](auto& o) { o.glossary = "g", o.search.sample = true; }).starts_with("2: --glossary guides"));
  CHECK(refusal([](auto& o) { o.score_ref = "r", o.search.n_best = 2; }).starts_with("2: --score-ref translates"));
  CHECK(refusal([](auto& o) { o.prefix = "-"; }).starts_with("2: stdin can be read once"));
  CHECK(refusal([](auto& o) {
          o.alignment = AlignmentKind::soft, o.search.n_best = 2;
        }).starts_with("2: --alignment is of"));
  CHECK(refusal([](auto& o) { o.model.clear(); }) == "2: no model given: say --model DIR");
  CHECK(refusal([](auto& o) { o.buffer = 0; }) == "2: buffer must be 1 or more");
  CHECK(refusal([](auto& o) { o.batch_tokens = 0; }) == "2: batch-tokens must be 1 or more");
  CHECK(refusal([](auto& o) { o.max_length = 0; }) == "2: max-length must be 1 or more");
  CHECK_THAT(refusal([](auto& o) { o.search.beam_size = 0; }), Contains("2: ") && Contains("beam-size"));
  CHECK(refusal([](auto&) {}) == "4: no/such/model: no such model directory or file");
}

}  // namespace heed
