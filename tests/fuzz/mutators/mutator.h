#pragma once

#include <algorithm>
#include <random>
#include <string>
#include <string_view>

#include "fuzz/fuzz.h"

/// libFuzzer's own mutation.
extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t most);

namespace heed {

/// What a mutator returns: `input` in the place of the bytes before, cut to the room that is there.
inline std::size_t replaced(std::uint8_t* data, std::size_t most, std::string_view input) {
  std::copy_n(input.begin(), std::min(most, input.size()), data);
  return std::min(most, input.size());
}

/// `text` after libFuzzer's own mutation; it may grow by a few bytes.
inline std::string mutated(std::string_view text) {
  constexpr std::size_t kRoom = 16;
  std::string result(text);
  result.resize(text.size() + kRoom);
  result.resize(LLVMFuzzerMutate(reinterpret_cast<std::uint8_t*>(result.data()), text.size(), result.size()));
  return result;
}

}  // namespace heed
