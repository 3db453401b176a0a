#include "heed/train/gan.h"

#include <string>
#include <utility>
#include <vector>

#include "heed/image/picture_model.h"

#include "catch.h"
#include "image/pictures.h"
#include "train/last_files.h"

// What the program's tests look at from outside, here under the sanitizers: whole runs of a few updates.
namespace heed {
namespace {

// Pictures of its own, and runs on them in directories beside them.
class Painters {
 public:
  Painters() {
    for (int n = 0; n < 24; ++n)
      put_picture(scratch_.path() / "pictures" / ("class " + std::to_string(n % 2)) / (std::to_string(n) + ".png"),
                  noise({16, 16}, 3, static_cast<std::uint32_t>(n)));
  }

  // Trains so far; `change` may change any option. Returns the exit code.
  template <class Change>
  int train(const std::string& model, std::int64_t updates, Change&& change) const {
    GanTrainOptions options;
    options.images.data = path("pictures");
    options.images.size = "16";
    options.images.cond = true;
    options.model = path(model);
    options.networks.generator.width = options.networks.discriminator.width = 4;
    options.networks.generator.max_width = options.networks.discriminator.max_width = 8;
    options.precision = Precision::fp32;
    options.batch = 4;
    options.reg_every = 2;
    options.max_updates = updates;
    options.final_lr = 1;  // else the rates would follow the limit
    options.log_every = 1;
    options.snap_every = 2;
    change(options);
    return train_gan(options, {.given = {"size", "cond", "g-width", "d-width", "g-max-width", "d-max-width", "batch",
                                         "loss", "spectral-norm", "gamma", "d-steps", "max-updates"},
                               .resolved_toml = [] { return "# of a test\n"; }});
  }
  std::string path(const std::string& name) const { return (scratch_.path() / name).string(); }

 private:
  ScratchDirectory scratch_;
};

}  // namespace

TEST_CASE("a painter in two starts is that of one start, to the bit") {
  const std::vector<std::pair<std::string, void (*)(GanTrainOptions&)>> kinds = {
      {"plain", [](GanTrainOptions&) {}},
      {"hinge, spectral norm, self-attention, two steps",
       [](GanTrainOptions& o) {
         o.loss = GanLoss::hinge;
         o.networks.discriminator.spectral_norm = true;
         o.networks.generator.attn_res = o.networks.discriminator.attn_res = "auto";
         o.d_steps = 2;
       }},
      {"wgan-gp in bf16, without classes",
       [](GanTrainOptions& o) {
         o.loss = GanLoss::wgan_gp;
         o.precision = Precision::bf16;
         o.images.cond = false;
       }},
  };
  const Painters painters;
  for (const auto& [name, change] : kinds) {
    DYNAMIC_SECTION(name) {
      CHECK(painters.train("whole", 5, change) == 0);
      CHECK(painters.train("halves", 2, change) == 0);
      CHECK(painters.train("halves", 5, change) == 0);
      CHECK(same_tensors(painters.path("whole"), painters.path("halves")));
      CHECK(load_picture_model(painters.path("halves")).generator->options.image.height == 16);
    }
  }
}

TEST_CASE("a painter begins with the weights of another") {
  const Painters painters;
  REQUIRE(painters.train("parent", 2, [](GanTrainOptions&) {}) == 0);
  REQUIRE(painters.train("child", 1, [&](GanTrainOptions& o) { o.init = painters.path("parent"); }) == 0);
  REQUIRE(painters.train("stranger", 1, [](GanTrainOptions&) {}) == 0);
  CHECK_FALSE(same_tensors(painters.path("child"), painters.path("stranger")));
}

}  // namespace heed
