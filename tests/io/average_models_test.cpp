#include "heed/io/average_models.h"

#include <cstring>
#include <filesystem>

#include "catch.h"
#include "small_models.h"
#include "text/errors.h"

namespace heed {
namespace {

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

safetensors::Metadata metadata_of(const std::string& options = R"({"dim":2,"dropout":0.1})") {
  safetensors::Metadata metadata = model_metadata(kTranslationNetworks[0], options);
  metadata["train_options"] = R"({"lr":1})";
  metadata["update"] = "7";
  return metadata;
}

std::vector<float> numbers(const safetensors::File& file, std::string_view name) {
  const safetensors::TensorView* tensor = file.find(name);
  REQUIRE(tensor != nullptr);
  std::vector<float> values(tensor->data.size() / sizeof(float));
  std::memcpy(values.data(), tensor->data.data(), tensor->data.size());
  return values;
}

}  // namespace

TEST_CASE("the mean of several models is a model of its own") {
  const SmallModels models;
  models.write("a/best.safetensors", {{"w", {3, 4}}, {"b", {0}}}, metadata_of());
  models.write("b/best.safetensors", {{"w", {1, 3}}, {"b", {3}}}, metadata_of(R"({"dim":2,"dropout":0.3})"));
  models.write("c/best.safetensors", {{"w", {5, 5}}, {"b", {0}}}, metadata_of());
  average_models({{models.path("a"), models.path("b"), models.path("c/best.safetensors")}, models.path("mean")});

  const safetensors::File mean(find_model_file(models.path("mean"), kTranslationModel));
  check_kind(mean, kTranslationModel);
  CHECK(numbers(mean, "w") == std::vector<float>{3, 4});
  CHECK(numbers(mean, "b") == std::vector<float>{1});
  CHECK(mean.metadata("average_of") == "3");
  CHECK(mean.metadata("train_options") == R"({"lr":1})");
  CHECK(mean.metadata().count("update") == 0);
}

TEST_CASE("averaged weights count where a file has both, and what only training needs is left out") {
  const SmallModels models;
  models.write("a", {{"w", {9}}, {"ema.w", {3}}, {"discriminator.w", {9}}, {"optim.m.w", {9}}, {"recent.0.w", {9}}},
               metadata_of());
  models.write("b", {{"w", {1}}}, metadata_of());
  average_models({{models.path("a"), models.path("b")}, models.path("mean")});
  const safetensors::File mean(find_model_file(models.path("mean")));
  REQUIRE(mean.tensors().size() == 1);
  CHECK(numbers(mean, "w") == std::vector<float>{2});
}

TEST_CASE("shortlists may differ, as those of trainings on other text do: the first one's is kept") {
  const SmallModels models;
  models.write("a", {{"w", {3}}, {"shortlist", {7}}}, metadata_of());
  models.write("b", {{"w", {1}}, {"shortlist", {8, 9}}}, metadata_of());
  models.write("c", {{"w", {2}}}, metadata_of());
  average_models({{models.path("a"), models.path("b"), models.path("c")}, models.path("mean")});
  const safetensors::File mean(find_model_file(models.path("mean")));
  CHECK(numbers(mean, "w") == std::vector<float>{2});
  CHECK(numbers(mean, "shortlist") == std::vector<float>{7});
  average_models({{models.path("c"), models.path("a")}, models.path("without")});
  CHECK(safetensors::File(find_model_file(models.path("without"))).find("shortlist") == nullptr);
}

TEST_CASE("what does not go together is refused, and nothing is left") {
  const SmallModels models;
  const auto refusal = [&](const SmallModels::Tensors& tensors, const safetensors::Metadata& metadata) {
    models.write("a", {{"w", {1, 2}}}, metadata_of());
    models.write("b", tensors, metadata);
    return thrown([&] { average_models({{models.path("a"), models.path("b")}, models.path("mean")}); });
  };
  CHECK_THAT(refusal({{"w", {1, 2}}}, metadata_of(R"({"dim":4})")), StartsWith("2: ") && Contains("other networks"));
  CHECK_THAT(refusal({{"w", {1, 2, 3}}}, metadata_of()), StartsWith("2: ") && Contains("other tensors ('w', 'w')"));
  CHECK_THAT(refusal({{"w", {1, 2}}, {"x", {1}}}, metadata_of()), Contains("other tensors"));
  CHECK_THAT(refusal({{"w", {1, 2}}}, model_metadata(kPictureNetworks[0], "{}")), StartsWith("4: "));
  CHECK_THAT(refusal({{"w", {1, 2}}}, {{"format", "pt"}}), Contains("not a heed model"));
  CHECK_THAT(refusal({{"w", {-1, -2}}}, metadata_of()), StartsWith("2: ") && Contains("did not begin alike"));
  CHECK_FALSE(std::filesystem::exists(models.path("mean")));

  const std::string a = models.path("a");
  CHECK_THAT(thrown([&] { average_models({{a}, models.path("mean")}); }), Contains("2: an average takes two"));
  CHECK_THAT(thrown([&] { average_models({{a, a}, ""}); }), Contains("2: ") && Contains("--output"));
  CHECK_THAT(thrown([&] { average_models({{a, a}, models.path(std::string(300, 'x'))}); }),
             StartsWith("4: ") && Contains("File name too long"));
  average_models({{a, a}, models.path("mean")});
  CHECK_THAT(thrown([&] { average_models({{a, a}, models.path("mean")}); }), Contains("holds a model already"));
}

}  // namespace heed
