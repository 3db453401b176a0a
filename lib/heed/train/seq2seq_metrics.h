#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace heed {

inline constexpr std::string_view kSeq2SeqColumns =
    "update,epoch,seconds,lr,train_loss,tokens_per_second,valid_loss,valid_bleu,valid_chrf";

/// One row of metrics.csv of a translation run; what was not measured is empty.
struct Seq2SeqRow {
  std::int64_t update = 0, epoch = 0;
  double seconds = 0, lr = 0;
  std::optional<double> train_loss = {};         ///< per target token, since the row before
  std::optional<double> tokens_per_second = {};  ///< target tokens with end marks, without padding, validation, saving
  std::optional<double> valid_loss = {}, valid_bleu = {}, valid_chrf = {};

  std::vector<std::string> fields() const;  ///< in the order of kSeq2SeqColumns
};

}  // namespace heed
