#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "heed/text/subwords.h"

namespace heed {

/// What a SentencePiece model is made of, piece by piece; the number of a piece is its token.
struct SubwordTable {
  enum class Type { normal = 1, unknown = 2, control = 3, user_defined = 4, unused = 5, byte = 6 };
  struct Piece {
    std::string text;
    float score = 0;
    Type type = Type::normal;
  };

  std::optional<SubwordKind> kind = SubwordKind::unigram;  ///< nothing: words or characters
  std::vector<Piece> pieces;
};

/// Reads the table out of a serialized model that SentencePiece has accepted.
SubwordTable read_subword_table(std::string_view serialized);

}  // namespace heed
