#pragma once

#include <string>
#include <string_view>

/// SentencePiece's pieces as texts: a word begins where a piece begins with U+2581.
namespace heed {

inline constexpr std::string_view kWordStart = "\u2581";
/// How the end mark is shown.
inline constexpr std::string_view kEndText = "</s>";

inline bool begins_word(std::string_view piece) {
  return piece.starts_with(kWordStart);
}
/// The piece's own letters.
inline std::string letters_of(std::string_view piece) {
  return std::string(begins_word(piece) ? piece.substr(kWordStart.size()) : piece);
}

}  // namespace heed
