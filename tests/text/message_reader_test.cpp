#include "heed/text/message_reader.h"

#include "catch.h"
#include "subword_bytes.h"

using namespace heed;

namespace {

/// What reading to the end finds wrong, or "nothing".
std::string offence(std::string_view message) {
  try {
    MessageReader::Field field;
    for (MessageReader reader(message); reader.next(field);) continue;
  } catch (const MalformedMessage& malformed) {
    return malformed.what;
  }
  return "nothing";
}

}  // namespace

TEST_CASE("fields come in their order, with number, type and value") {
  const std::string message = varint_field(3, 300) + bytes_field(70, "text") + varint(2 << 3 | 5) + little_endian(7);
  MessageReader reader(message);
  MessageReader::Field field;
  REQUIRE(reader.next(field));
  CHECK(field.is(3, MessageReader::varint));
  CHECK(field.value == 300);
  REQUIRE(reader.next(field));
  CHECK(field.is(70, MessageReader::bytes));
  CHECK(field.payload == "text");
  REQUIRE(reader.next(field));
  CHECK(field.is(2, MessageReader::fixed32));
  CHECK_FALSE(field.is(2, MessageReader::varint));
  CHECK(little_endian_32(field.payload) == 7);
  CHECK_FALSE(reader.next(field));
}

TEST_CASE("what is not a message is refused") {
  CHECK(offence("") == "nothing");
  CHECK(offence(bytes_field(1, "text").substr(0, 3)) == "it ends in the middle of a field (cut short?)");
  CHECK(offence(varint(0)) == "a field without a number");
  CHECK(offence(varint(1 << 3 | 3)) == "a field of unknown type");
  CHECK(offence(varint(1 << 3) + std::string(10, '\xFF')) == "a number of more than 64 bits");
}
