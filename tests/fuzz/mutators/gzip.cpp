// Bytes are mutated as ever, or what they unpack to, which is packed again with the right checksum.
#include <zlib.h>

#include "fuzz/mutators/mutator.h"

namespace {

constexpr int kGzip = 16 + MAX_WBITS;

std::string unpacked(std::string_view packed) {
  constexpr std::size_t kMost = 4096;
  std::string text(kMost, '\0');
  z_stream stream = {};
  if (inflateInit2(&stream, kGzip) != Z_OK) return {};
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(text.data());
  stream.avail_out = kMost;
  inflate(&stream, Z_FINISH);
  text.resize(kMost - stream.avail_out);
  inflateEnd(&stream);
  return text;
}

std::string packed(std::string& text) {
  std::string bytes(text.size() + 64, '\0');
  z_stream stream = {};
  if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, kGzip, 8, Z_DEFAULT_STRATEGY) != Z_OK) return {};
  stream.next_in = reinterpret_cast<Bytef*>(text.data());
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(bytes.data());
  stream.avail_out = static_cast<uInt>(bytes.size());
  deflate(&stream, Z_FINISH);
  bytes.resize(bytes.size() - stream.avail_out);
  deflateEnd(&stream);
  return bytes;
}

}  // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most, unsigned seed) {
  std::mt19937_64 draw(seed);
  if (draw() % 2 == 0) return LLVMFuzzerMutate(data, size, most);
  std::string text = heed::mutated(unpacked(heed::as_text(data, size)));
  return heed::replaced(data, most, packed(text));
}
