#pragma once

#include <cstdint>

/// A CPU loop free of LibTorch.
namespace heed {

/// Logits of some tokens alone. For each of `sentences` the tokens listed [width] are taken from the rows of weight
/// [C, D], and each of its `hypotheses` states [D] is multiplied with them: states [sentences * hypotheses, D], logits
/// [sentences * hypotheses, width]. `padding` in a list gives -infinity. A row's result depends on nothing but its
/// state and its list.
void listed_logits(const float* states, std::int64_t sentences, std::int64_t hypotheses, std::int64_t depth,
                   const float* weight, const std::int64_t* listed, std::int64_t width, std::int64_t padding,
                   float* logits);

}  // namespace heed
