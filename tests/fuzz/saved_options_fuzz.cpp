// The options that a checkpoint keeps as JSON: what was read is written so that it reads back.
#include "heed/base/fields_json.h"
#include "heed/train/seq2seq_options.h"

#include "fuzz/fuzz.h"

using namespace heed;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Seq2SeqTrainOptions options, again;
  const std::string saved(as_text(data, size));
  if (!accepts(ExitCode::checkpoint, [&] { merge_saved_options(options, {}, saved, "last.safetensors"); })) return 0;
  const std::string written = fields_to_json(options).dump();
  must(accepts(ExitCode::checkpoint, [&] { merge_saved_options(again, {}, written, "last.safetensors"); }),
       "options that were written can be read");
  must(fields_to_json(again).dump() == written, "options read back are the same");
  accepts(ExitCode::usage, [&] { validate(options); });
  return 0;
}
