#include "heed/base/safetensors.h"

#include <algorithm>
#include <array>
#include <set>
#include <tuple>

#include <nlohmann/json.hpp>
#include <zlib.h>

#include "heed/base/error.h"
#include "heed/base/utf8.h"

namespace heed::safetensors {
namespace {

constexpr std::size_t kLengthBytes = 8;
constexpr std::size_t kChecksumDigits = 8;

struct DTypeFacts {
  std::string_view name;
  std::size_t bytes;
};
constexpr std::array<DTypeFacts, 8> kDTypes = {
    {{"BOOL", 1}, {"U8", 1}, {"I32", 4}, {"I64", 8}, {"F16", 2}, {"BF16", 2}, {"F32", 4}, {"F64", 8}}};

std::uint32_t crc32_of(std::string_view bytes, std::uint32_t before = 0) {
  return static_cast<std::uint32_t>(
      ::crc32_z(before, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()));
}

std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string to_hex(std::uint32_t value) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string text(kChecksumDigits, '0');
  for (std::size_t digit = kChecksumDigits; digit-- > 0; value >>= 4) text[digit] = kHex[value & 0xF];
  return text;
}

/// Where the digits of the header's own checksum stand in it; npos when they are not written as write() does. No other
/// string can look like this: quotes inside strings are escaped.
std::size_t find_header_checksum(std::string_view json) {
  const std::string entry = "\"" + std::string(kChecksumKey) + R"(":"{\"\":\")";
  for (const char before : {'{', ','}) {
    const std::size_t found = json.find(before + entry);
    if (found != std::string_view::npos) return found + 1 + entry.size();
  }
  return std::string_view::npos;
}

/// CRC-32 of a header whose own checksum counts as zeros.
std::uint32_t header_checksum(std::string_view json, std::size_t digits) {
  const std::uint32_t before = crc32_of(json.substr(0, digits));
  const std::uint32_t zeros = crc32_of(std::string(kChecksumDigits, '0'), before);
  return crc32_of(json.substr(digits + kChecksumDigits), zeros);
}

std::string make_header(const std::vector<TensorView>& tensors, Metadata metadata) {
  std::map<std::string, std::string> checksums = {{"", std::string(kChecksumDigits, '0')}};
  for (const TensorView& tensor : tensors) checksums[tensor.name] = to_hex(crc32_of(as_text(tensor.data)));
  metadata[std::string(kChecksumKey)] = nlohmann::ordered_json(checksums).dump();

  nlohmann::ordered_json json = {{"__metadata__", metadata}};
  std::uint64_t offset = 0;
  for (const TensorView& tensor : tensors) {
    const std::uint64_t end = offset + tensor.data.size();
    json[tensor.name] = {{"dtype", name_of(tensor.dtype)}, {"shape", tensor.shape}, {"data_offsets", {offset, end}}};
    offset = end;
  }
  std::string header = json.dump();
  header.resize((header.size() + 7) / 8 * 8, ' ');
  const std::size_t digits = find_header_checksum(header);
  return header.replace(digits, kChecksumDigits, to_hex(header_checksum(header, digits)));
}

/// What the JSON writer could not represent; everything else is judged by parse_header().
void check_texts(const std::vector<TensorView>& tensors, const Metadata& metadata) {
  std::set<std::string_view> names;
  for (const TensorView& tensor : tensors) {
    const std::string shown = "tensor '" + printable(tensor.name) + "'";
    if (!is_valid_utf8(tensor.name)) throw checkpoint_error(shown + ": its name is not valid UTF-8");
    if (tensor.name == "__metadata__" || !names.insert(tensor.name).second)
      throw checkpoint_error(shown + " appears twice");
  }
  for (const auto& [key, value] : metadata)
    if (!is_valid_utf8(key) || !is_valid_utf8(value))
      throw checkpoint_error("metadata key '" + printable(key) + "' or its value is not valid UTF-8");
}

std::uint64_t read_length(std::string_view file) {
  std::uint64_t length = 0;
  for (std::size_t index = kLengthBytes; index-- > 0;) length = (length << 8) | static_cast<unsigned char>(file[index]);
  return length;
}

std::string_view header_text(std::string_view file) {
  if (file.size() < kLengthBytes)
    throw checkpoint_error("only " + std::to_string(file.size()) + " bytes long (is it cut off?)");
  const std::uint64_t length = read_length(file);
  if (length > kMaxHeaderBytes)
    throw checkpoint_error("a header of " + std::to_string(length) + " bytes is longer than 16 MiB");
  if (length > file.size() - kLengthBytes)
    throw checkpoint_error("a header of " + std::to_string(length) + " bytes does not fit (is the file cut off?)");
  return file.substr(kLengthBytes, length);
}

void compare(std::uint32_t stored, std::uint32_t computed, const std::string& what) {
  if (stored != computed)
    throw checkpoint_error("checksum of " + what + " is " + to_hex(stored) + ", but its bytes give " +
                           to_hex(computed));
}

void verify_checksums(const Header& header, std::string_view json, const std::vector<TensorView>& tensors) {
  if (header.checksums.empty()) return;
  const std::size_t digits = find_header_checksum(json);
  if (digits == std::string_view::npos)
    throw checkpoint_error(
        "the header's checksum is not where heed writes it (rewritten by another program? then drop '" +
        std::string(kChecksumKey) + "' from its metadata)");
  compare(header.checksums.at(""), header_checksum(json, digits), "the header");
  for (const TensorView& tensor : tensors)
    compare(header.checksums.at(tensor.name), crc32_of(as_text(tensor.data)),
            "tensor '" + printable(tensor.name) + "'");
}

}  // namespace

std::size_t size_of(DType dtype) {
  return kDTypes[static_cast<std::size_t>(dtype)].bytes;
}

std::string_view name_of(DType dtype) {
  return kDTypes[static_cast<std::size_t>(dtype)].name;
}

void write(AtomicFile& file, std::vector<TensorView> tensors, Metadata metadata) {
  check_texts(tensors, metadata);
  std::sort(tensors.begin(), tensors.end(), [](const TensorView& left, const TensorView& right) {
    const auto rank = [](const TensorView& tensor) {
      return std::pair(~size_of(tensor.dtype), std::string_view(tensor.name));
    };
    return rank(left) < rank(right);
  });
  const std::string header = make_header(tensors, std::move(metadata));
  std::uint64_t payload_bytes = 0;
  for (const TensorView& tensor : tensors) payload_bytes += tensor.data.size();
  parse_header(header, payload_bytes);

  std::string length(kLengthBytes, '\0');
  for (std::size_t index = 0; index < kLengthBytes; ++index)
    length[index] = static_cast<char>(header.size() >> (8 * index) & 0xFF);
  file.reserve(kLengthBytes + header.size() + payload_bytes);
  file.write(length);
  file.write(header);
  for (const TensorView& tensor : tensors) file.write(tensor.data);
}

File::File(const std::filesystem::path& path, bool verify) : path_(path) {
  try {
    mapped_ = MappedFile(path);
  } catch (const Error& error) {
    throw checkpoint_error(error.what());
  }
  // Of another kind rather than cut off: no header is so long.
  const std::string_view text = mapped_.text();
  if (text.size() >= kLengthBytes && read_length(text) > std::max<std::uint64_t>(text.size(), kMaxHeaderBytes))
    throw checkpoint_error(path.string() + " is not a model: it is no safetensors file");
  try {
    const std::string_view json = header_text(text);
    const std::span payload = mapped_.bytes().subspan(kLengthBytes + json.size());
    header_ = parse_header(json, payload.size());
    for (const auto& [name, entry] : header_.tensors)
      tensors_.push_back({name, entry.dtype, entry.shape, payload.subspan(entry.begin, entry.end - entry.begin)});
    if (verify) verify_checksums(header_, json, tensors_);
  } catch (const Error& error) {
    throw checkpoint_error(path.string() + " is damaged or not a safetensors file: " + error.what() +
                           "; use another copy of it");
  }
}

const std::string& File::metadata(const std::string& key) const {
  const auto found = header_.metadata.find(key);
  if (found == header_.metadata.end())
    throw checkpoint_error(path_.string() + " has no metadata '" + key + "': it was not written by heed for this use");
  return found->second;
}

const TensorView* File::find(std::string_view name) const {
  const auto found =
      std::lower_bound(tensors_.begin(), tensors_.end(), name,
                       [](const TensorView& tensor, std::string_view wanted) { return tensor.name < wanted; });
  return found != tensors_.end() && found->name == name ? &*found : nullptr;
}

}  // namespace heed::safetensors
