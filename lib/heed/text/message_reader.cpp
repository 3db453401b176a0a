#include "heed/text/message_reader.h"

namespace heed {

std::uint32_t little_endian_32(std::string_view bytes) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value |= std::uint32_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
  return value;
}

bool MessageReader::next(Field& field) {
  if (rest_.empty()) return false;
  const std::uint64_t tag = read_varint();
  field = {tag >> 3, tag & 7, 0, {}};
  if (field.number == 0) throw MalformedMessage{"a field without a number"};
  switch (field.wire_type) {
    case varint:
      field.value = read_varint();
      break;
    case fixed64:
      field.payload = take(8);
      break;
    case bytes:
      field.payload = take(read_varint());
      break;
    case fixed32:
      field.payload = take(4);
      break;
    default:
      throw MalformedMessage{"a field of unknown type"};
  }
  return true;
}

std::string_view MessageReader::take(std::uint64_t count) {
  if (count > rest_.size()) throw MalformedMessage{"it ends in the middle of a field (cut short?)"};
  const std::string_view taken = rest_.substr(0, count);
  rest_.remove_prefix(count);
  return taken;
}

std::uint64_t MessageReader::read_varint() {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    const auto byte = static_cast<unsigned char>(take(1).front());
    value |= std::uint64_t{byte & 0x7Fu} << shift;
    if (byte < 0x80) return value;
  }
  throw MalformedMessage{"a number of more than 64 bits"};
}

}  // namespace heed
