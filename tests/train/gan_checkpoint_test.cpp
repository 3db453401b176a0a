#include "heed/train/gan_checkpoint.h"

#include <functional>

#include <ATen/ATen.h>

#include "base/scratch.h"
#include "catch.h"
#include "image/small_picture_model.h"
#include "tensors.h"

namespace heed {
namespace {

const std::vector<std::string> kNames = {"a", "b", "c"};

// A saved run of small networks, weights different in each part.
safetensors::File saved_run(const ScratchDirectory& directory, GanNetworks& networks) {
  randomise(*networks.generator);
  randomise(*networks.discriminator);
  randomise(*networks.average);
  const PictureNetworks options = small_networks();
  const std::string train_options = "{}";
  const GanState state{};
  save_last(directory.path(), to_go_on(networks, {options, kNames, train_options, state}));
  save_best(directory.path(), to_sample(networks, {options, kNames, train_options, state}));
  return safetensors::File(directory / "last.safetensors");
}

}  // namespace

TEST_CASE("a run that was saved is read back to the bit") {
  const ScratchDirectory directory;
  at::manual_seed(3);
  GanNetworks saved(small_networks(), {}, at::kCPU), read(small_networks(), {}, at::kCPU);
  saved.discriminator->train();
  saved.discriminator(at::randn({2, 3, 16, 16}), at::zeros({2}, at::kLong));  // moves the singular vectors
  saved.generator_adam.first_moment.normal_();
  saved.discriminator_adam.second_moment.uniform_();
  read_tensors(saved_run(directory, saved), read);
  CHECK(same_bits(read.generator_parameters.values, saved.generator_parameters.values));
  CHECK(same_bits(read.average_parameters.values, saved.average_parameters.values));
  CHECK(same_bits(read.discriminator_parameters.values, saved.discriminator_parameters.values));
  CHECK(same_bits(read.generator_adam.first_moment, saved.generator_adam.first_moment));
  CHECK(same_bits(read.discriminator_adam.second_moment, saved.discriminator_adam.second_moment));
  const auto expected = saved.discriminator->named_buffers();
  REQUIRE_FALSE(expected.is_empty());
  for (const auto& buffer : read.discriminator->named_buffers())
    CHECK(same_bits(buffer.value(), *expected.find(buffer.key())));
}

TEST_CASE("best holds the average, last both") {
  const ScratchDirectory directory;
  GanNetworks networks(small_networks(), {}, at::kCPU);
  saved_run(directory, networks);
  const auto weights = [](PictureModel model) { return FlatParameters(*model.generator, false).values.clone(); };
  const at::Tensor average = networks.average_parameters.values, raw = networks.generator_parameters.values;
  REQUIRE_FALSE(same_bits(average, raw));
  CHECK(same_bits(weights(load_picture_model(directory.path())), average));
  CHECK(same_bits(weights(load_picture_model(directory / "last.safetensors")), average));
  CHECK(same_bits(weights(load_picture_model(directory.path(), PictureWeights::raw)), raw));
  CHECK(load_picture_model(directory.path()).class_names == kNames);
  CHECK(contains(
      error_of(ExitCode::checkpoint, [&] { load_picture_model(directory / "best.safetensors", PictureWeights::raw); }),
      "--raw"));
  std::filesystem::remove(directory / "last.safetensors");
  CHECK(contains(error_of(ExitCode::checkpoint, [&] { load_picture_model(directory.path(), PictureWeights::raw); }),
                 "last.safetensors"));
}

TEST_CASE("weights of another model are taken over only when they fit") {
  const ScratchDirectory directory;
  GanNetworks parent(small_networks(), {}, at::kCPU), child(small_networks(), {}, at::kCPU);
  {
    const at::NoGradGuard no_grad;
    parent.average_parameters.values.mul_(0.5);
  }
  saved_run(directory, parent);
  save_best(directory.path(), to_sample(parent, {small_networks(), kNames, "{}", GanState{}}));

  const auto is_parent = [&](const GanNetworks& networks) {
    return same_bits(networks.generator_parameters.values, parent.average_parameters.values) &&
           same_bits(networks.average_parameters.values, parent.average_parameters.values);
  };
  for (const std::filesystem::path& given : {directory.path(), directory / "last.safetensors"}) {
    CAPTURE(given.string());
    GanNetworks networks(small_networks(), {}, at::kCPU);
    const InitialModel model(given);
    model.require_shape(small_networks());
    model.read_weights(networks);
    CHECK(is_parent(networks));
    CHECK(same_bits(networks.discriminator_parameters.values, parent.discriminator_parameters.values));
  }
  // The file for drawing holds no discriminator.
  const at::Tensor before = child.discriminator_parameters.values.clone();
  InitialModel(directory / "best.safetensors").read_weights(child);
  CHECK(is_parent(child));
  CHECK(same_bits(child.discriminator_parameters.values, before));

  PictureNetworks other = small_networks(4);
  other.generator.width = 99;
  const std::string message = error_of(ExitCode::usage, [&] { InitialModel(directory.path()).require_shape(other); });
  CHECK(contains(message, "classes: 3 there, 4 here"));
  CHECK(contains(message, "g-width: 8 there, 99 here"));
  CHECK_FALSE(contains(message, "latent"));
}

TEST_CASE("files that ask for other networks than they hold are refused") {
  const ScratchDirectory directory;
  GanNetworks networks(small_networks(), {}, at::kCPU);
  saved_run(directory, networks);
  const auto refusal = [&](const std::function<void(safetensors::Metadata&)>& change) {
    Checkpoint checkpoint = to_sample(networks, {small_networks(), kNames, "{}", GanState{}});
    change(checkpoint.metadata);
    save_best(directory.path(), checkpoint);
    return error_of(ExitCode::checkpoint, [&] { load_picture_model(directory.path()); });
  };
  CHECK(contains(refusal([](auto& m) { m["class_names"] = "[\"a\"]"; }), "names 1 classes"));
  PictureNetworks huge = small_networks();
  huge.generator.width = huge.generator.max_width = 1024;
  CHECK(contains(refusal([&](auto& m) { m["options"] = fields_to_json(huge).dump(); }), "weights, but it holds"));
}

}  // namespace heed
