#pragma once

#include <cstdint>

/// The CPU loops behind BestTokens, free of LibTorch. They read a block of logits [R, c], row r at logits + r * stride.
namespace heed {

/// Adds the block to sums of exponentials: for each row, the sum over all logits so far is sum * e^largest. Start with
/// largest = -infinity, sum = 0. Logits are added in blocks of 512: how a row is cut up into calls changes no bit of
/// the result, as long as all but the last have multiples of that.
void add_exponentials(const float* logits, std::int64_t stride, std::int64_t rows, std::int64_t columns, float* largest,
                      double* sum);

/// Puts the block's best logits among the best so far, values and tokens [R, keep], best first; of equal ones the
/// smaller token comes first. Columns are tokens first_token, first_token + 1, ... Start with values = -infinity, which
/// never gets in.
void add_best(const float* logits, std::int64_t stride, std::int64_t rows, std::int64_t columns,
              std::int64_t first_token, std::int64_t keep, float* values, std::int64_t* tokens);

}  // namespace heed
