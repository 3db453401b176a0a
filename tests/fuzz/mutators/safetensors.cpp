// Bytes are mutated as ever, or the header as the JSON that it is.
#include "fuzz/mutators/mutator.h"
#include "fuzz/safetensors_edits.h"

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most, unsigned seed) {
  std::mt19937_64 draw(seed);
  if (draw() % 3 == 0) return LLVMFuzzerMutate(data, size, most);
  return heed::replaced(data, most, heed::edited_safetensors(heed::as_text(data, size), draw, draw() % 4 != 0));
}
