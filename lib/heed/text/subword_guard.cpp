#include "heed/text/subword_guard.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "heed/base/error.h"
#include "heed/base/utf8.h"
#include "heed/text/message_reader.h"

namespace heed {
namespace {

/// One 32-bit unit of a double-array trie (Aoe 1989) as SentencePiece's normaliser stores it.
struct TrieUnit {
  std::uint32_t bits;
  bool has_value() const { return (bits >> 8 & 1) != 0; }
  std::uint32_t value() const { return bits & 0x7FFFFFFFu; }
  std::uint32_t label() const { return bits & 0x800000FFu; }
  std::uint32_t offset() const { return bits >> 10 << ((bits & 0x200u) >> 6); }
};

/// A replacement is read up to its NUL.
void check_replacement(std::string_view replacements, std::size_t begin) {
  if (begin >= replacements.size()) throw MalformedMessage{"a normaliser entry that points outside the table"};
  const std::size_t end = replacements.find('\0', begin);
  if (end - begin > kMaxReplacementBytes)
    throw MalformedMessage{"a normaliser entry with a replacement of over 256 bytes"};
  if (!is_valid_utf8(replacements.substr(begin, end - begin))) {
    throw MalformedMessage{"a normaliser entry whose replacement is not UTF-8"};
  }
}

/// Follows every path of the trie. The reader looks at the unit of any byte below a node before it compares labels,
/// and it keeps a fixed number of matches, so both are bounded here. A node is followed again only when more values
/// lead to it than before; this ends for forged tries with cycles, too.
void check_trie(const std::vector<TrieUnit>& units, std::string_view replacements) {
  constexpr std::uint8_t kUnseen = 0xFF;
  std::vector<std::uint8_t> most_values(units.size(), kUnseen);
  std::vector<std::pair<std::uint32_t, std::uint8_t>> pending = {{0, 0}};
  while (!pending.empty()) {
    auto [node, values] = pending.back();
    pending.pop_back();
    const std::uint32_t children = node ^ units[node].offset();
    if ((children | 0xFFu) >= units.size()) throw MalformedMessage{"a normaliser table with a link to the outside"};
    if (node != 0 && units[node].has_value()) {
      if (++values > kMaxNestedReplacements) throw MalformedMessage{"a normaliser table with too many nested entries"};
      check_replacement(replacements, units[children].value());
    }
    if (most_values[node] != kUnseen && values <= most_values[node]) continue;
    most_values[node] = values;
    for (std::uint32_t byte = 0; byte < 256; ++byte) {
      if (units[children ^ byte].label() == byte) pending.emplace_back(children ^ byte, values);
    }
  }
}

/// The table: the trie's size in bytes, the trie, NUL-terminated replacements.
void check_normalizer_table(std::string_view table) {
  if (table.empty()) return;
  if (table.size() > kMaxNormalizerBytes) throw MalformedMessage{"a normaliser table of over 4 MB"};
  if (table.size() < 4) throw MalformedMessage{"a normaliser table without a header"};
  const std::size_t trie_bytes = little_endian_32(table);
  if (trie_bytes % 4 != 0 || trie_bytes < 1024 || trie_bytes >= table.size() - 4 || table.back() != '\0') {
    throw MalformedMessage{"a normaliser table whose parts do not fit together"};
  }
  std::vector<TrieUnit> units(trie_bytes / 4);
  for (std::size_t i = 0; i < units.size(); ++i) units[i] = {little_endian_32(table.substr(4 + 4 * i, 4))};
  check_trie(units, table.substr(4 + trie_bytes));
}

void check_normalizer(std::string_view message) {
  constexpr std::uint64_t kTable = 2;
  MessageReader::Field field;
  for (MessageReader reader(message); reader.next(field);) {
    if (field.is(kTable, MessageReader::bytes)) check_normalizer_table(field.payload);
  }
}

/// Protobuf skips fields of kinds that read_subword_table() does not know.
void check_fields(std::string_view message) {
  MessageReader::Field field;
  for (MessageReader reader(message); reader.next(field);) continue;
}

/// The piece's text when it is user-defined, nothing otherwise.
std::string_view check_piece(std::string_view message) {
  constexpr std::uint64_t kText = 1, kScore = 2, kType = 3, kUserDefined = 4;
  std::string_view text;
  bool user_defined = false;
  MessageReader::Field field;
  for (MessageReader reader(message); reader.next(field);) {
    if (field.is(kText, MessageReader::bytes)) {
      text = field.payload;
      if (text.size() > kMaxPieceBytes) throw MalformedMessage{"a piece of " + std::to_string(text.size()) + " bytes"};
      if (text.find('\0') != text.npos) throw MalformedMessage{"a piece with a NUL byte"};
    } else if (field.is(kScore, MessageReader::fixed32)) {
      const auto score = std::bit_cast<float>(little_endian_32(field.payload));
      if (!std::isfinite(score)) throw MalformedMessage{"a piece whose score is not a finite number"};
    } else if (field.is(kType, MessageReader::varint)) {
      user_defined = field.value == kUserDefined;
    }
  }
  return user_defined ? text : std::string_view();
}

/// In sorted order the pieces that begin a piece stand before it, so one stack of open beginnings is enough.
void check_nesting(std::vector<std::string_view> pieces) {
  std::sort(pieces.begin(), pieces.end());
  std::vector<std::string_view> open;
  for (const std::string_view piece : pieces) {
    while (!open.empty() && !piece.starts_with(open.back())) open.pop_back();
    open.push_back(piece);
    if (open.size() > kMaxNestedPieces)
      throw MalformedMessage{"too many user-defined pieces that begin with one another"};
  }
}

void check_model(std::string_view serialized) {
  constexpr std::uint64_t kPiece = 1, kTrainer = 2, kNormalizer = 3, kDenormalizer = 5;
  if (serialized.empty()) throw MalformedMessage{"it is empty"};
  if (serialized.size() > kMaxSubwordModelBytes) throw MalformedMessage{"it has more than 64 MB"};
  std::size_t pieces = 0;
  std::vector<std::string_view> user_defined;
  MessageReader::Field field;
  for (MessageReader reader(serialized); reader.next(field);) {
    if (field.is(kPiece, MessageReader::bytes)) {
      if (++pieces > kMaxPieces) throw MalformedMessage{"more than ten million pieces"};
      const std::string_view text = check_piece(field.payload);
      if (!text.empty()) user_defined.push_back(text);
    } else if (field.is(kNormalizer, MessageReader::bytes) || field.is(kDenormalizer, MessageReader::bytes)) {
      check_normalizer(field.payload);
    } else if (field.is(kTrainer, MessageReader::bytes)) {
      check_fields(field.payload);
    }
  }
  if (pieces == 0) throw MalformedMessage{"it has no pieces"};
  check_nesting(std::move(user_defined));
}

}  // namespace

void check_subword_model(std::string_view serialized, const std::string& where) {
  try {
    check_model(serialized);
  } catch (const MalformedMessage& offence) {
    throw checkpoint_error(where + ": not a usable SentencePiece model: " + offence.what +
                           "; expected an unchanged .model file as spm_train writes it");
  }
}

}  // namespace heed
