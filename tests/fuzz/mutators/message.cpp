// Bytes are mutated as ever, or one field of a protobuf message or of a message in it, whose lengths are told right.
#include <vector>

#include "heed/text/message_reader.h"

#include "fuzz/mutators/mutator.h"
#include "text/subword_bytes.h"

namespace {

using heed::MessageReader;
using Fields = std::vector<MessageReader::Field>;

Fields fields_of(std::string_view message) {
  Fields fields;
  try {
    MessageReader::Field field;
    for (MessageReader reader(message); reader.next(field);) fields.push_back(field);
  } catch (const heed::MalformedMessage&) {
  }
  return fields;
}

std::string bytes_of(const MessageReader::Field& field, const std::string& payload) {
  const std::string tag = heed::varint(field.number << 3 | field.wire_type);
  switch (field.wire_type) {
    case MessageReader::varint:
      return tag + heed::varint(field.value);
    case MessageReader::bytes:
      return tag + heed::varint(payload.size()) + payload;
    default:
      return tag + payload;
  }
}

std::string edited(std::string_view message, std::mt19937_64& draw, int depth) {
  Fields fields = fields_of(message);
  if (fields.empty() || draw() % 8 == 0) return heed::mutated(message);
  const std::size_t chosen = draw() % fields.size();
  const std::size_t action = draw() % 6;
  std::string result;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    MessageReader::Field field = fields[i];
    std::string payload(field.payload);
    if (i == chosen && action == 0) continue;
    if (i == chosen && action == 1) result += bytes_of(fields[draw() % fields.size()], payload);
    if (i == chosen && action > 1) {
      field.value = draw() % 2 == 0 ? draw() % 8 : draw() >> draw() % 64;
      if (field.wire_type == MessageReader::bytes)
        payload = depth > 0 ? edited(payload, draw, depth - 1) : heed::mutated(payload);
      if (field.wire_type == MessageReader::fixed32) payload = heed::little_endian(static_cast<std::uint32_t>(draw()));
    }
    result += bytes_of(field, payload);
  }
  return result;
}

}  // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most, unsigned seed) {
  std::mt19937_64 draw(seed);
  if (draw() % 4 == 0) return LLVMFuzzerMutate(data, size, most);
  return heed::replaced(data, most, edited(heed::as_text(data, size), draw, 1));
}
