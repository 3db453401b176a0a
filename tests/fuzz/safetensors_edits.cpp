#include "fuzz/safetensors_edits.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>

#include <zlib.h>

#include "fuzz/json_edits.h"

namespace heed {
namespace {

constexpr std::size_t kLengthBytes = 8, kChecksumDigits = 8;

std::uint64_t length_of_header(std::string_view file) {
  std::uint64_t length = 0;
  for (std::size_t i = std::min(kLengthBytes, file.size()); i-- > 0;)
    length = length << 8 | static_cast<unsigned char>(file[i]);
  return length;
}

void repair_checksum(std::string& header) {
  constexpr std::string_view kBefore = R"("checksums":"{\"\":\")";
  const std::size_t found = header.find(kBefore), digits = found + kBefore.size();
  if (found == std::string::npos || header.size() - digits < kChecksumDigits) return;
  header.replace(digits, kChecksumDigits, kChecksumDigits, '0');
  const auto sum = ::crc32_z(0, reinterpret_cast<const unsigned char*>(header.data()), header.size());
  char text[kChecksumDigits + 1];
  std::snprintf(text, sizeof text, "%08lx", sum);
  header.replace(digits, kChecksumDigits, text);
}

}  // namespace

std::string edited_safetensors(std::string_view file, std::mt19937_64& draw, bool repaired) {
  const std::string_view behind = file.substr(std::min(kLengthBytes, file.size()));
  const std::size_t length = std::min<std::uint64_t>(length_of_header(file), behind.size());
  std::string header = edited_json(behind.substr(0, length), draw);
  if (repaired) repair_checksum(header);
  std::string edited;
  for (std::size_t i = 0; i < kLengthBytes; ++i) edited += static_cast<char>(header.size() >> (8 * i) & 0xFF);
  return edited + header + std::string(behind.substr(length));
}

}  // namespace heed
