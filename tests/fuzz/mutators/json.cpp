// Bytes are mutated as ever, or the text as the JSON that it is.
#include "fuzz/json_edits.h"
#include "fuzz/mutators/mutator.h"

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most, unsigned seed) {
  std::mt19937_64 draw(seed);
  if (draw() % 3 == 0) return LLVMFuzzerMutate(data, size, most);
  return heed::replaced(data, most, heed::edited_json(heed::as_text(data, size), draw));
}
