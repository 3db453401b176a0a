#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

namespace heed {

/// Log probabilities of the best tokens of each row, from logits that come in parts: columns 0 .. a, then a .. b, and
/// so on, [R, columns] float32 each. All logits at once, several megabytes for each step of a search, are never needed.
class BestTokens {
 public:
  BestTokens(std::int64_t rows, std::int64_t keep, at::Device device);

  /// Counts a part in the sum that makes probabilities of logits.
  void add_to_sum(const at::Tensor& logits);
  /// Looks for the best in a part whose first column is `first_token`; -infinity is never chosen. Several calls of
  /// add_to_sum() and of this may follow each other in any order, but each in the order of columns.
  void add_best(const at::Tensor& logits, std::int64_t first_token);

  /// log(sum of e^logit) of each row, [R] float64 on the CPU.
  at::Tensor log_sum() const;
  /// What was found, best first, of equal ones the smaller token first, on the CPU. Where a row has fewer than `keep`
  /// that are possible the rest are -infinity.
  struct Found {
    at::Tensor logits;  ///< [R, keep] float32
    at::Tensor tokens;  ///< [R, keep] int64
  };
  Found found() const;

 private:
  std::int64_t keep_;
  at::Tensor largest_, sum_;    // [R] float32, [R] float64: sum * e^largest is the sum so far
  at::Tensor logits_, tokens_;  // [R, keep]
};

}  // namespace heed
