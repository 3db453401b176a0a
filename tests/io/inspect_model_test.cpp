#include "heed/io/inspect_model.h"

#include <fstream>
#include <sstream>

#include "catch.h"
#include "small_models.h"
#include "text/errors.h"

namespace heed {
namespace {

using Catch::Matchers::Contains;

safetensors::Metadata translation_metadata(const std::string& dim = "64") {
  safetensors::Metadata metadata = model_metadata(
      kTranslationNetworks[0], R"({"dim":)" + dim + R"(,"tie":"all","source-vocab":1200,"target-vocab":900})");
  metadata["train_options"] = R"({"lr":0.003,"train-src":["a.en"]})";
  return metadata;
}

std::string shown(const InspectOptions& options) {
  std::ostringstream out;
  inspect_model(options, out);
  return out.str();
}

}  // namespace

TEST_CASE("a model is described by its file, network, vocabulary, training and history") {
  const SmallModels models;
  safetensors::Metadata metadata = translation_metadata();
  metadata["state"] =
      R"({"update":1500,"seconds":75.0,"epoch":2,"has-best":true,"best-score":31.25,"best-update":1000,)"
      R"("judged-by":"bleu of 123"})";
  const std::string path =
      models.write("m/last.safetensors",
                   {{"encoder.w", {1, 2, 3}}, {"optim.m.encoder.w", {0, 0, 0}}, {"subwords.source", {1}}}, metadata);
  std::ofstream(models.path("m/metrics.csv")) << "update,epoch,lr,valid_loss,valid_bleu,valid_chrf\n"
                                                 "500,1,0.1,3.5,10,20\n550,1,0.1,,,\n1000,2,0.1,2.5,31.25,50.5\n";
  const std::string text = shown({.model = models.path("m")});
  CHECK_THAT(text, Contains("file        " + path + "\n"));
  CHECK_THAT(text, Contains("a translation model (transformer), which `translate` opens; written by heed "));
  CHECK_THAT(text, Contains("weights, and what training needs to go on"));
  CHECK_THAT(text, Contains("network     dim 64, tie all, source-vocab 1200, target-vocab 900\n"));
  CHECK_THAT(text, Contains("1,200 pieces for both sides"));
  CHECK_THAT(text, Contains("update 1,500, 1m 15s of training, epoch 3; best bleu 31.25 at update 1,000"));
  CHECK_THAT(text, Contains("history           update  valid_loss  valid_bleu  valid_chrf\n"));
  CHECK_THAT(text, Contains("1000      2.5000     31.2500     50.5000\n"));
  CHECK_THAT(text, !Contains(" 550 "));
  CHECK_THAT(text, !Contains("train-src"));

  const std::string more = shown({.model = path, .settings = true, .tensors = true});
  CHECK_THAT(more, Contains("settings    lr = 0.003\n            train-src = [\"a.en\"]\n"));
  CHECK_THAT(more, Contains("encoder.w  F32 3  2.0000 +- 0.8165  from 1.0000 to 3.0000"));
}

TEST_CASE("the best validation is told by the number that it was judged by") {
  const SmallModels models;
  const auto trained = [&](const std::string& state) {
    safetensors::Metadata metadata = translation_metadata();
    metadata["state"] = R"({"has-best":true,"best-update":9,)" + state + "}";
    return shown({.model = models.write("model", {{"w", {1}}}, metadata)});
  };
  CHECK_THAT(trained(R"("best-score":-0.0123,"judged-by":"loss of 123")"), Contains("; best loss 0.01 at update 9"));
  CHECK_THAT(trained(R"("best-score":50.5,"judged-by":"chrf of 123")"), Contains("; best chrf 50.50 at update 9"));
  CHECK_THAT(trained(R"("best-score":50.5)"), Contains("; best validation 50.50 at update 9"));
}

TEST_CASE("a picture model is described by its classes and scores") {
  const SmallModels models;
  safetensors::Metadata metadata = model_metadata(kPictureNetworks[0], R"({"latent":64})");
  metadata["class_names"] = R"(["cat","dog"])";
  const std::string path = models.write("m/best.safetensors", {{"generator.w", {1}}}, metadata);
  std::ofstream(models.path("m/samples.csv")) << "update,kimg,seconds,rkid,picture\n52,1.5,3,0.135,a.png\n";
  const std::string text = shown({.model = path});
  CHECK_THAT(text, Contains("which `sample` opens"));
  CHECK_THAT(text, Contains("classes     cat, dog\n"));
  CHECK_THAT(text, Contains("52      1.5000      0.1350\n"));
  CHECK_THAT(text, !Contains("needs to go on"));
}

TEST_CASE("a long history is shown in a dozen rows, its end among them") {
  const SmallModels models;
  models.write("m/best.safetensors", {{"w", {1}}}, translation_metadata());
  std::ofstream csv(models.path("m/metrics.csv"));
  csv << "update,valid_loss,valid_bleu,valid_chrf\n";
  for (int update = 1; update <= 1000; ++update) csv << update << ",1,2,3\n";
  csv.close();
  const std::string text = shown({.model = models.path("m")});
  CHECK(std::count(text.begin(), text.end(), '\n') < 20);
  CHECK_THAT(text, Contains(" 1000 "));
}

TEST_CASE("two models are compared by network, settings and weights") {
  const SmallModels models;
  const std::string a = models.write("a", {{"x", {3, 4}}, {"same", {1}}, {"gone", {1}}}, translation_metadata("64"));
  const std::string b = models.write("b", {{"x", {3, 4.5}}, {"same", {1}}, {"new", {1}}}, translation_metadata("128"));
  const std::string text = shown({.model = a, .against = b});
  CHECK_THAT(text, Contains("network     dim: 64 -> 128\n"));
  CHECK_THAT(text, Contains("settings    the same\n"));
  CHECK_THAT(text, Contains("x: 10.00 % apart\n"));
  CHECK_THAT(text, Contains("gone: only in the first\n"));
  CHECK_THAT(text, Contains("new: only in the second\n"));
  CHECK_THAT(text, Contains("1 of 3 tensors are the same to the bit\n"));
  CHECK_THAT(shown({.model = a, .against = a}), Contains("3 of 3 tensors are the same"));
}

TEST_CASE("checkpoints of one training are compared by what they are used with") {
  const SmallModels models;
  const std::string best = models.write("best", {{"x", {3, 4}}}, translation_metadata());
  const std::string last =
      models.write("last", {{"x", {9, 9}}, {"ema.x", {3, 4.5}}, {"optim.m.x", {0, 0}}}, translation_metadata());
  const std::string text = shown({.model = best, .against = last});
  CHECK_THAT(text, Contains("x: 10.00 % apart\n"));
  CHECK_THAT(text, !Contains("only in"));
  SmallModels::Tensors many;
  for (int i = 0; i < 30; ++i) many["w" + std::to_string(i)] = {1};
  CHECK_THAT(shown({.model = best, .against = models.write("many", many, translation_metadata())}),
             Contains("and 19 that are not in both alike\n"));
}

TEST_CASE("models of two kinds have nothing to compare") {
  const SmallModels models;
  const std::string text = models.write("t", {{"x", {1}}}, translation_metadata());
  const std::string pictures =
      models.write("p", {{"generator.x", {1}}}, model_metadata(kPictureNetworks[0], R"({"latent":64})"));
  CHECK(shown({.model = text, .against = pictures}) ==
        "first       " + text + "\nsecond      " + pictures +
            "\nkind        a translation model -> a picture model: there is nothing in them to compare\n");
}

TEST_CASE("what is no model is refused") {
  const SmallModels models;
  CHECK(thrown([] { shown({}); }).starts_with("2: no model given"));
  CHECK(thrown([&] { shown({.model = models.path("none")}); }).starts_with("4: "));
  safetensors::Metadata odd = translation_metadata();
  odd["options"] = "[1]";
  const std::string path = models.write("odd", {{"w", {1}}}, odd);
  CHECK_THAT(thrown([&] { shown({.model = path}); }), Contains("'options' inside is no JSON object"));
  odd["options"] = R"({"source-vocab":"many"})";
  const std::string typed = models.write("typed", {{"subwords.source", {1}}}, odd);
  CHECK_THAT(thrown([&] { shown({.model = typed}); }),
             Contains("4: ") && Contains("typed: what stands in the metadata"));
  CHECK(thrown([&] { shown({.model = path, .against = path, .tensors = true}); }).starts_with("2: --against compares"));
  const std::string foreign = models.write("foreign", {{"w", {1}}}, {{"format", "pt"}});
  CHECK_THAT(thrown([&] { shown({.model = foreign}); }), Contains("not a heed model"));
}

}  // namespace heed
