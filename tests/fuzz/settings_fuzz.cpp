// A settings file (TOML) for seq2seq-train: what was read is written so that it reads back.
#include "heed/train/seq2seq_options.h"

#include "flags.h"
#include "fuzz/fuzz.h"

using namespace heed;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  accepts(ExitCode::usage, [&] {
    Seq2SeqTrainOptions options, again;
    Flags flags, same;
    flags.add(options);
    flags.read_toml(as_text(data, size), "settings.toml");
    same.add(again);
    must(accepts(ExitCode::usage, [&] { same.read_toml(flags.resolved_toml(), "written.toml"); }),
         "settings that were written can be read");
    must(same.resolved_toml() == flags.resolved_toml(), "settings read back are the same");
    validate(options);
    apply_preset(options, flags.given(), 1000);
  });
  return 0;
}
