// Bytes are mutated as ever; then the checksums of tar's headers are made to fit.
#include <cstdio>

#include "fuzz/mutators/mutator.h"

namespace {

constexpr std::size_t kBlock = 512, kMagic = 257, kSum = 148, kSumBytes = 8;

void repair(std::uint8_t* block) {
  std::fill_n(block + kSum, kSumBytes, std::uint8_t{' '});
  unsigned sum = 0;
  for (std::size_t i = 0; i < kBlock; ++i) sum += block[i];
  char text[kSumBytes];
  std::snprintf(text, sizeof text, "%06o", sum);
  std::copy_n(text, sizeof text - 1, block + kSum);
}

}  // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most, unsigned seed) {
  size = LLVMFuzzerMutate(data, size, most);
  if (seed % 8 == 0) return size;
  for (std::size_t place = 0; place + kBlock <= size; place += kBlock)
    if (heed::as_text(data + place + kMagic, 5) == "ustar") repair(data + place);
  return size;
}
