// The options that a checkpoint keeps as JSON, of either trainer: what was read is written so that it reads back.
#include "heed/base/fields_json.h"
#include "heed/train/gan_options.h"
#include "heed/train/seq2seq_options.h"

#include "fuzz/fuzz.h"

using namespace heed;

namespace {

template <class Options>
void read_back(const std::string& saved) {
  Options options, again;
  if (!accepts(ExitCode::checkpoint, [&] { merge_saved_options(options, {}, saved, "last.safetensors"); })) return;
  const std::string written = fields_to_json(options).dump();
  must(accepts(ExitCode::checkpoint, [&] { merge_saved_options(again, {}, written, "last.safetensors"); }),
       "options that were written can be read");
  must(fields_to_json(again).dump() == written, "options read back are the same");
  accepts(ExitCode::usage, [&] { validate(options); });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string saved(as_text(data, size));
  read_back<Seq2SeqTrainOptions>(saved);
  read_back<GanTrainOptions>(saved);
  return 0;
}
