#include "heed/train/gan.h"

#include "computing_app.h"

int main(int argc, char** argv) {
  heed::GanTrainOptions options;
  const heed::AppInfo info{
      .name = "gan-train",
      .description =
          "Trains a picture generator on a folder of pictures. Started again on the same directory, it goes on.",
      .example = "gan-train --data pictures --model painter --max-time 60m"};
  heed::exit_at_once(heed::run_computing_app(
      info, argc, argv,
      [&](heed::Flags& flags) {
        flags.add(options, "Training");
        flags.group("Pictures", {"data", "model", "init", "restart", "dry-run", "size", "channels", "fit", "background",
                                 "cond", "mirror", "strict", "cache", "held-out"});
        flags.group("Networks", {"preset", "latent", "class-dim", "g-width", "g-max-width", "gate-res", "gate-channels",
                                 "extra-conv", "attn-res", "g-output", "d-width", "d-max-width", "d-gate-res",
                                 "d-gate-channels", "d-extra-conv", "d-attn-res", "spectral-norm"});
        flags.group("Augmentation", {"aug-p", "aug-color", "aug-translation", "aug-cutout"});
        flags.group("Limits and output", {"kimg", "max-updates", "max-time", "snap-every", "save-every", "log-every"});
        flags.by_preset({"g-width", "d-width", "g-max-width", "d-max-width", "loss", "spectral-norm", "gamma",
                         "d-steps", "g-lr", "d-lr", "batch"});
        flags.require({"data"});
      },
      [&](const heed::ComputingRun& run) {
        return heed::train_gan(options, {run.given, run.device, run.resolved_toml});
      }));
}
