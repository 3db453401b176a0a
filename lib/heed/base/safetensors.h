#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "heed/base/files.h"

/// The safetensors file format (https://github.com/huggingface/safetensors): 8 bytes little-endian header length, a
/// JSON header, raw tensors. This reader is stricter than the format: see the limits below. No LibTorch here.
namespace heed::safetensors {

enum class DType { boolean, u8, i32, i64, f16, bf16, f32, f64 };
std::size_t size_of(DType dtype);
std::string_view name_of(DType dtype);  ///< "BOOL", "U8", "I32", "I64", "F16", "BF16", "F32", "F64"

inline constexpr std::uint64_t kMaxHeaderBytes = 16 << 20;
inline constexpr std::size_t kMaxTensors = 65'536;
inline constexpr std::size_t kMaxDimensions = 8;
inline constexpr std::size_t kMaxNameBytes = 512;

/// A named block of numbers; the bytes belong to somebody else.
struct TensorView {
  std::string name;
  DType dtype;
  std::vector<std::int64_t> shape;
  std::span<const std::byte> data;
};

using Metadata = std::map<std::string, std::string>;

/// Metadata key under which write() stores its checksums, as JSON text: CRC-32 in hex (8 lower-case digits) per tensor
/// name, and "" for the header itself (computed over the whole header, padding included, with the "" value set to
/// "00000000"). Reserved: what the caller puts there is replaced.
inline constexpr std::string_view kChecksumKey = "checksums";

/// Writes header and tensors into `file` (not committed). Tensors are ordered by falling element size, then name, so
/// that all are aligned; the header is padded to 8 bytes. The same content gives the same bytes. Throws
/// Error(checkpoint) for anything that parse_header() would refuse, before a byte is written.
void write(AtomicFile& file, std::vector<TensorView> tensors, Metadata metadata);

/// Validates a header against the size of the file that holds it, before anything else is allocated. `error` texts
/// name the offence. Separate from File so that it can be fuzzed. Throws Error(checkpoint) without a path.
struct Header {
  struct Entry {
    DType dtype;
    std::vector<std::int64_t> shape;
    std::uint64_t begin, end;  ///< bytes, counted from the end of the header
  };
  std::map<std::string, Entry> tensors;
  Metadata metadata;                               ///< without the checksums
  std::map<std::string, std::uint32_t> checksums;  ///< empty in files of other writers
};
Header parse_header(std::string_view json, std::uint64_t payload_bytes);

/// A mapped, validated file. With `verify` every checksum is compared (files without checksums pass).
/// Throws Error(checkpoint) naming the path, the tensor and what is wrong.
class File {
 public:
  explicit File(const std::filesystem::path& path, bool verify = true);

  const Metadata& metadata() const { return header_.metadata; }
  /// Value of a metadata key; throws Error(checkpoint) naming path and key when it is missing.
  const std::string& metadata(const std::string& key) const;
  const std::vector<TensorView>& tensors() const { return tensors_; }  ///< sorted by name
  const TensorView* find(std::string_view name) const;                 ///< nullptr when absent
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  MappedFile mapped_;
  Header header_;
  std::vector<TensorView> tensors_;
};

}  // namespace heed::safetensors
