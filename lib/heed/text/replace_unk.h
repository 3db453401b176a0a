#pragma once

#include <span>
#include <string>

#include "heed/base/tokens.h"
#include "heed/text/attention_record.h"
#include "heed/text/subwords.h"

namespace heed {

/// The text of a translation with words of the source in place of unknown tokens: each gap is closed, with the letters
/// of its word that stand around it, by the word at the source piece that it attends to most. Punctuation around
/// either word is no part of it. Of scripts without spaces between words the piece alone is copied. Of the tokens the
/// first `left_out` are no part of the text.
std::string replace_unknown(std::span<const TokenId> tokens, const AttentionRecord& attention, const Subwords& subwords,
                            std::size_t left_out = 0);

}  // namespace heed
