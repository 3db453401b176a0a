// What is read out of a picture model's file but for the weights.
#include "heed/base/fields_json.h"
#include "heed/image/picture_networks.h"

#include "fuzz/fuzz.h"

using namespace heed;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const MemoryFile stored(as_text(data, size));
  accepts(ExitCode::checkpoint, [&] {
    const safetensors::File file(stored.path());
    std::vector<std::string> names;
    accepts(ExitCode::checkpoint, [&] { names = class_names_in(file); });
    const PictureNetworks networks = picture_networks(file);
    std::int64_t weights = parameter_count(networks.generator);
    if (accepts(ExitCode::checkpoint, [&] { check_weights(file, networks); }))
      weights += parameter_count(networks.discriminator);
    must(static_cast<std::size_t>(weights) <= size / sizeof(float), "no more weights are asked for than there are");

    safetensors::Metadata metadata = picture_metadata(networks, names);
    PictureNetworks again;
    fields_from_json(again, nlohmann::json::parse(metadata["options"]), "again");
    must(fields_to_json(again) == fields_to_json(networks), "networks read back are the same");
    must(nlohmann::json::parse(metadata["class_names"]) == nlohmann::json(names), "so are the class names");
  });
  return 0;
}
