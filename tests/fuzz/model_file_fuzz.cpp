// What a model file says of itself, and all that is read out of a translation model's but for the weights.
#include "heed/io/model_identity.h"
#include "heed/text/translation_file.h"

#include "fuzz/fuzz.h"

using namespace heed;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const MemoryFile stored(as_text(data, size));
  accepts(ExitCode::checkpoint, [&] {
    const safetensors::File file(stored.path());
    must(used_tensors(file).size() <= file.tensors().size(), "nothing is used that is not there");
    if (kind_of(file).title != kTranslationModel.title) return;
    const Seq2SeqOptions options = model_options(file);
    must(parameter_count(options) == weights_in(file), "the options ask for the weights that are there");
    const auto [source, target] = read_subwords(file);
    const Shortlist shortlist = read_shortlist(file, options);
    must(shortlist.table().size() <= size, "a shortlist is no longer than the file");
  });
  return 0;
}
