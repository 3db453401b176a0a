#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "heed/base/tokens.h"

namespace heed {

enum class SubwordKind { unigram, bpe };
inline std::span<const std::string_view> enum_names(SubwordKind) {
  static constexpr std::string_view names[] = {"unigram", "bpe"};
  return names;
}

/// A SentencePiece model (Kudo and Richardson 2018): text to token ids and back. Cheap to copy (shared), and safe to
/// use from several threads.
class Subwords {
 public:
  /// Trains on the lines that `next_line` hands out (false at the end); at most `max_lines` of them, evenly sampled by
  /// the caller. A vocabulary too large for the text is reduced, with a notice. Deterministic. Throws Error(data)
  /// when there is no text.
  static Subwords train(const std::function<bool(std::string&)>& next_line, SubwordKind kind, std::int64_t vocab_size);
  /// From a serialized SentencePiece model. Limits are checked before SentencePiece sees it. Throws
  /// Error(checkpoint) naming `where`; a model whose pad, bos, eos, unk ids are not ours is refused with the
  /// spm_train flags that would make it fit.
  static Subwords from_bytes(std::string serialized, const std::string& where);
  /// From a `.model` file. Throws Error(data).
  static Subwords from_file(const std::filesystem::path& path);

  /// Of a text with more bytes only the beginning is encoded: SentencePiece needs memory for many times its text.
  static constexpr std::size_t kLongestText = std::size_t{1} << 20;
  /// Token ids without any of pad, bos and eos. `text` is valid UTF-8.
  std::vector<TokenId> encode(std::string_view text) const;
  /// The same tokens as the letters that they stand for, unknown ones too ("▁Haus").
  std::vector<std::string> pieces(std::string_view text) const;
  /// Plain (detokenised) text; special ids are skipped.
  std::string decode(std::span<const TokenId> tokens) const;
  /// The piece of a token, for people ("▁Haus").
  std::string piece(TokenId token) const;
  std::int64_t size() const;
  /// How it segments; nothing for models of words or characters.
  std::optional<SubwordKind> kind() const;
  const std::string& serialized() const;
  bool operator==(const Subwords& other) const { return serialized() == other.serialized(); }

 private:
  struct Model;
  explicit Subwords(std::shared_ptr<const Model> model) : model_(std::move(model)) {}
  std::shared_ptr<const Model> model_;
};

}  // namespace heed
