#pragma once

#include <bit>
#include <cstdint>
#include <string>

/// SentencePiece models made by hand, as the bytes of their protobuf message (sentencepiece_model.proto).
namespace heed {

inline std::string little_endian(std::uint32_t value) {
  std::string bytes;
  for (int i = 0; i < 4; ++i) bytes += static_cast<char>(value >> (8 * i) & 0xFF);
  return bytes;
}

inline std::string varint(std::uint64_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7) bytes += static_cast<char>(value | 0x80);
  return bytes + static_cast<char>(value);
}

inline std::string varint_field(unsigned number, std::uint64_t value) {
  return varint(number << 3) + varint(value);
}

inline std::string bytes_field(unsigned number, const std::string& payload) {
  return varint(number << 3 | 2) + varint(payload.size()) + payload;
}

/// A piece; type 1 is normal, 2 unknown, 3 control, 4 user-defined, 6 a byte.
inline std::string piece(const std::string& text, float score = 0, unsigned type = 1) {
  return bytes_field(1, bytes_field(1, text) + varint(2 << 3 | 5) + little_endian(std::bit_cast<std::uint32_t>(score)) +
                            varint_field(3, type));
}

/// The four pieces that begin every vocabulary of heed.
inline std::string special_pieces() {
  return piece("<unk>", 0, 2) + piece("<pad>", 0, 3) + piece("<s>", 0, 3) + piece("</s>", 0, 3);
}

}  // namespace heed
