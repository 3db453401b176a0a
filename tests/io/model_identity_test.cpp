#include "heed/io/model_identity.h"

#include "catch.h"
#include "small_models.h"
#include "text/errors.h"

namespace heed {

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

TEST_CASE("a model is told from other files, other formats and other kinds") {
  const SmallModels models;
  const auto refusal = [&](const safetensors::Metadata& changes) {
    safetensors::Metadata metadata = model_metadata(kTranslationNetworks[0], "{}");
    for (const auto& [key, value] : changes) metadata[key] = value;
    const safetensors::File file(models.write("model", {{"w", {1}}}, metadata));
    return std::pair{thrown([&] { check_kind(file, kTranslationModel); }), thrown([&] { kind_of(file); })};
  };
  CHECK(refusal({}) == std::pair<std::string, std::string>{"nothing", "nothing"});
  CHECK_THAT(refusal({{"format", "pt"}}).first, StartsWith("4: ") && Contains("not a heed model"));
  CHECK(refusal({{"format", "pt"}}).second == refusal({{"format", "pt"}}).first);
  CHECK_THAT(refusal({{"format_version", "9"}}).second, Contains("format version '9'") && Contains("reads version 1"));
  CHECK_THAT(refusal({{"kind", "attention-gan"}}).first, Contains("not a translation model; `sample` opens it"));
  CHECK(refusal({{"kind", "attention-gan"}}).second == "nothing");
  CHECK_THAT(refusal({{"kind", "other"}}).second, Contains("'other', which this heed does not know"));
}

TEST_CASE("networks of several kinds are translation models") {
  const SmallModels models;
  for (const char* network : {"transformer", "lstm", "gru"}) {
    const safetensors::File file(models.write("model", {{"w", {1}}}, model_metadata(network, "{}")));
    CHECK(thrown([&] { check_kind(file, kTranslationModel); }) == "nothing");
    CHECK(kind_of(file).title == kTranslationModel.title);
    CHECK(network_of(file) == network);
  }
}

TEST_CASE("weights are counted without averages and what the optimizer remembers") {
  const SmallModels models;
  const safetensors::File file(models.write(
      "model", {{"a", {1, 2}}, {"b", {3}}, {"ema.a", {1, 2}}, {"optim.m.a", {0, 0}}, {"recent.0.a", {0, 0}}},
      model_metadata(kPictureNetworks[0], "{}")));
  CHECK(weights_in(file) == 3);
  CHECK(kind_of(file).title == kPictureModel.title);
}

TEST_CASE("a directory means its best checkpoint, else its last") {
  const SmallModels models;
  const safetensors::Metadata metadata = model_metadata(kTranslationNetworks[0], "{}");
  const std::string last = models.write("m/last.safetensors", {{"w", {1}}}, metadata);
  CHECK(find_model_file(models.path("m")) == last);
  const std::string best = models.write("m/best.safetensors", {{"w", {1}}}, metadata);
  CHECK(find_model_file(models.path("m")) == best);
  CHECK(find_model_file(models.path("m"), kTranslationModel) == best);
  CHECK(find_model_file(last) == last);
  std::filesystem::create_directory(models.path("empty"));
  CHECK_THAT(thrown([&] { find_model_file(models.path("empty"), kPictureModel); }), Contains("gan-train made?"));
  CHECK_THAT(thrown([&] { find_model_file(models.path("empty")); }), Contains("is it a model directory?"));
  CHECK_THAT(thrown([&] { find_model_file(models.path("none")); }), StartsWith("4: ") && Contains("no such"));
  CHECK_THAT(thrown([&] { find_model_file(models.path(std::string(300, 'x'))); }),
             StartsWith("4: ") && Contains("File name too long"));
  std::filesystem::create_symlink("loop", models.path("loop"));
  CHECK_THAT(thrown([&] { find_model_file(models.path("loop")); }), StartsWith("4: ") && Contains("/loop: Too many"));
  std::filesystem::create_directory(models.path("odd"));
  std::filesystem::create_symlink("best.safetensors", models.path("odd/best.safetensors"));
  CHECK_THAT(thrown([&] { find_model_file(models.path("odd")); }), StartsWith("4: ") && Contains("odd/best.safe"));
}

}  // namespace heed
