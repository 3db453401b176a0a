#pragma once

#include <string>
#include <string_view>

/// What a serialized SentencePiece model must satisfy before SentencePiece may parse it. The library trusts its input
/// in places: very long pieces, long chains of nested user-defined pieces and a forged normaliser table make some of
/// its versions read or recurse out of bounds. No SentencePiece in here, so that it can be fuzzed alone.
namespace heed {

inline constexpr std::size_t kMaxSubwordModelBytes = std::size_t{64} << 20;
inline constexpr std::size_t kMaxPieces = 10'000'000;
inline constexpr std::size_t kMaxPieceBytes = 1024;
inline constexpr std::size_t kMaxNestedPieces = 32;          ///< user-defined pieces that begin with one another
inline constexpr std::size_t kMaxNormalizerBytes = 4 << 20;  ///< the compiled table of character replacements
inline constexpr std::size_t kMaxNestedReplacements = 30;    ///< entries of that table that begin with one another
inline constexpr std::size_t kMaxReplacementBytes = 256;

/// Walks the protobuf message (sentencepiece_model.proto) without building it. Throws Error(checkpoint) that names
/// `where` and the offence.
void check_subword_model(std::string_view serialized, const std::string& where);

}  // namespace heed
