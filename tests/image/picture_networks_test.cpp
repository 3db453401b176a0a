#include "heed/image/picture_networks.h"

#include <functional>

#include "heed/base/fields_json.h"
#include "heed/io/model_identity.h"

#include "catch.h"
#include "image/small_picture_networks.h"
#include "io/small_models.h"
#include "text/errors.h"

namespace heed {
namespace {

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

const std::vector<std::string> kNames = {"a", "größer", "c"};

std::vector<float> weights(std::int64_t count) {
  return std::vector<float>(static_cast<std::size_t>(count));
}

// Files with as many weights as the small networks have, in two tensors each, and buffers beside the discriminator's.
class SmallFiles {
 public:
  SmallFiles() {
    const PictureNetworks networks = small_networks();
    tensors = {{"generator.a", weights(parameter_count(networks.generator) - 1)},
               {"generator.b", weights(1)},
               {"discriminator.a", weights(parameter_count(networks.discriminator) - 1)},
               {"discriminator.b", weights(1)},
               {"discriminator.left", weights(7)},
               {"ema.generator.a", weights(3)}};
  }

  safetensors::File with(const safetensors::Metadata& changes = {}) const {
    safetensors::Metadata metadata = picture_metadata(small_networks(), kNames);
    for (const auto& [key, value] : changes) metadata[key] = value;
    return safetensors::File(models_.write("model", tensors, metadata));
  }
  safetensors::File asking_for(const PictureNetworks& networks) const {
    return with({{"options", fields_to_json(networks).dump()}});
  }

  SmallModels::Tensors tensors;

 private:
  SmallModels models_;
};

}  // namespace

TEST_CASE("picture networks and class names are read as they were written") {
  const SmallFiles files;
  const safetensors::File file = files.with();
  const PictureNetworks networks = picture_networks(file);
  CHECK(fields_to_json(networks) == fields_to_json(small_networks()));
  CHECK(networks.discriminator.image.height == 16);
  CHECK(networks.discriminator.image.classes == 3);
  CHECK(class_names_in(file) == kNames);
  CHECK(network_of(file) == kPictureNetworks[0]);
  CHECK(thrown([&] { check_weights(file, networks); }) == "nothing");
}

TEST_CASE("options that picture networks cannot have are refused with the file's name") {
  const SmallFiles files;
  const auto refusal = [&](const std::string& options) {
    return thrown([&] { picture_networks(files.with({{"options", options}})); });
  };
  const auto changed = [&](const std::function<void(PictureNetworks&)>& change) {
    PictureNetworks networks = small_networks();
    change(networks);
    return refusal(fields_to_json(networks).dump());
  };
  for (const char* text : {"no", "", "[]", "3"}) {
    CAPTURE(text);
    CHECK_THAT(refusal(text), StartsWith("4: ") && Contains("/model: the options inside are not JSON"));
  }
  CHECK_THAT(refusal(R"({"depth": 3})"), StartsWith("4: ") && Contains("unknown option 'depth'"));
  CHECK_THAT(refusal(R"({"latent": "6"})"), StartsWith("4: ") && Contains("'latent' is not a whole number"));
  CHECK_THAT(changed([](auto& n) { n.generator.width = -1; }),
             StartsWith("4: ") && Contains("/model: g-width must be"));
  CHECK_THAT(changed([](auto& n) { n.discriminator.attn_res = "12"; }),
             StartsWith("4: ") && Contains("/model: d-attn-res '12'"));
}

TEST_CASE("networks of other sizes than those in the file are refused") {
  SmallFiles files;
  PictureNetworks huge = small_networks();
  huge.generator.width = huge.generator.max_width = 1024;
  CHECK_THAT(thrown([&] { picture_networks(files.asking_for(huge)); }),
             StartsWith("4: ") && Contains("ask for a generator of") && Contains("weights, but it holds"));
  CHECK(thrown([&] { check_weights(files.with(), huge); }) ==
        thrown([&] { picture_networks(files.asking_for(huge)); }));

  huge = small_networks();
  huge.discriminator.width = huge.discriminator.max_width = 1024;
  const PictureNetworks read = picture_networks(files.asking_for(huge));  // whoever draws needs no discriminator
  CHECK_THAT(thrown([&] { check_weights(files.with(), read); }),
             StartsWith("4: ") && Contains("ask for a discriminator of") && Contains("weights, but it holds"));

  files.tensors["generator.b"] = weights(2);
  CHECK_THAT(thrown([&] { picture_networks(files.with()); }), StartsWith("4: ") && Contains("a generator of"));
}

TEST_CASE("class names that are no list of texts are refused") {
  const SmallFiles files;
  for (const char* text : {"", "{}", "3", "[1]", "[\"a\",null]", "[\"a\""}) {
    CAPTURE(text);
    CHECK_THAT(thrown([&] { class_names_in(files.with({{"class_names", text}})); }),
               StartsWith("4: ") && Contains("/model: the class names inside"));
  }
  CHECK(class_names_in(files.with({{"class_names", "[]"}})).empty());
}

}  // namespace heed
