#pragma once

#include <cstdint>
#include <string>
#include <string_view>

/// Reading a protobuf message of a SentencePiece model (sentencepiece_model.proto) without building it, and without
/// SentencePiece's headers, which do not tell a piece's type.
namespace heed {

/// What is wrong with a message, thrown; whoever knows where it came from says so.
struct MalformedMessage {
  std::string what;
};

std::uint32_t little_endian_32(std::string_view bytes);

/// Fields of one message, in the order in which they are stored.
class MessageReader {
 public:
  enum WireType : std::uint64_t { varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 };
  struct Field {
    std::uint64_t number, wire_type, value;
    std::string_view payload;
    bool is(std::uint64_t wanted_number, WireType wanted_type) const {
      return number == wanted_number && wire_type == wanted_type;
    }
  };

  explicit MessageReader(std::string_view message) : rest_(message) {}

  /// False at the end. Throws MalformedMessage.
  bool next(Field& field);

 private:
  std::string_view take(std::uint64_t count);
  std::uint64_t read_varint();

  std::string_view rest_;
};

}  // namespace heed
