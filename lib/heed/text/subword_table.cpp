#include "heed/text/subword_table.h"

#include <bit>

#include "heed/text/message_reader.h"

namespace heed {
namespace {

SubwordTable::Piece read_piece(std::string_view message) {
  constexpr std::uint64_t kText = 1, kScore = 2, kType = 3;
  SubwordTable::Piece piece;
  MessageReader::Field field;
  for (MessageReader reader(message); reader.next(field);) {
    if (field.is(kText, MessageReader::bytes)) piece.text = field.payload;
    if (field.is(kScore, MessageReader::fixed32)) piece.score = std::bit_cast<float>(little_endian_32(field.payload));
    if (field.is(kType, MessageReader::varint)) piece.type = static_cast<SubwordTable::Type>(field.value);
  }
  return piece;
}

std::optional<SubwordKind> read_kind(std::string_view trainer_message) {
  constexpr std::uint64_t kAlgorithm = 3, kUnigram = 1, kBpe = 2;
  std::uint64_t algorithm = kUnigram;
  MessageReader::Field field;
  for (MessageReader reader(trainer_message); reader.next(field);)
    if (field.is(kAlgorithm, MessageReader::varint)) algorithm = field.value;
  if (algorithm == kUnigram) return SubwordKind::unigram;
  if (algorithm == kBpe) return SubwordKind::bpe;
  return std::nullopt;
}

}  // namespace

SubwordTable read_subword_table(std::string_view serialized) {
  constexpr std::uint64_t kPiece = 1, kTrainer = 2;
  SubwordTable table;
  MessageReader::Field field;
  for (MessageReader reader(serialized); reader.next(field);) {
    if (field.is(kPiece, MessageReader::bytes)) table.pieces.push_back(read_piece(field.payload));
    if (field.is(kTrainer, MessageReader::bytes)) table.kind = read_kind(field.payload);
  }
  return table;
}

}  // namespace heed
