#include <algorithm>
#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "heed/base/error.h"
#include "heed/base/safetensors.h"
#include "heed/base/utf8.h"

namespace heed::safetensors {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kMetadataName = "__metadata__";
constexpr std::size_t kShownNameBytes = 80;

std::string in_quotes(std::string_view name) {
  return "'" + printable(name, kShownNameBytes) + "'";
}
std::string tensor(std::string_view name) {
  return "tensor " + in_quotes(name);
}

/// JSON events of which none is allowed; the grammars below open what they know. Event by event instead of a tree,
/// so that depth, duplicates and sizes are judged before anything is built from them.
class StrictEvents : public Json::json_sax_t {
 public:
  explicit StrictEvents(std::string document) : document_(std::move(document)) {}

  bool null() override { throw unexpected("null"); }
  bool boolean(bool) override { throw unexpected("true or false"); }
  bool number_integer(Json::number_integer_t) override { throw unexpected("a negative number"); }
  bool number_unsigned(Json::number_unsigned_t) override { throw unexpected("a number"); }
  bool number_float(Json::number_float_t, const std::string&) override {
    throw unexpected("a number that is not whole or too large");
  }
  bool string(std::string&) override { throw unexpected("a string"); }
  bool binary(Json::binary_t&) override { throw unexpected("binary data"); }
  bool start_object(std::size_t) override { throw unexpected("an object"); }
  bool start_array(std::size_t) override { throw unexpected("a list"); }
  bool end_array() override { return true; }
  bool parse_error(std::size_t position, const std::string&, const Json::exception&) override {
    throw checkpoint_error(document_ + " is not valid JSON (at byte " + std::to_string(position) + ")");
  }

 protected:
  /// Where in the document an event stands, for messages.
  virtual std::string place() const { return document_; }

 private:
  Error unexpected(const std::string& what) const { return checkpoint_error(place() + ": unexpected " + what); }

  std::string document_;
};

/// {"name": "8 hex digits", ...}
class ChecksumEvents : public StrictEvents {
 public:
  ChecksumEvents() : StrictEvents("the list of checksums") {}

  bool start_object(std::size_t elements) override {
    return std::exchange(open_, true) ? StrictEvents::start_object(elements) : true;
  }
  bool end_object() override { return true; }
  bool key(std::string& name) override {
    name_ = name;
    return true;
  }
  bool string(std::string& text) override {
    // Strictly lower case: the header's own value is left out of its checksum, so nothing else would notice 'a' -> 'A'.
    const bool hex = text.size() == 8 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
    if (!open_ || !hex)
      throw checkpoint_error("checksum of " + tensor(name_) + " is not 8 hex digits: " + in_quotes(text));
    const auto value = static_cast<std::uint32_t>(std::stoul(text, nullptr, 16));
    if (!checksums.emplace(name_, value).second) throw checkpoint_error(tensor(name_) + " has two checksums");
    return true;
  }

  std::map<std::string, std::uint32_t> checksums;

 private:
  bool open_ = false;
  std::string name_;
};

/// {"__metadata__": {key: string}, name: {"dtype": string, "shape": [...], "data_offsets": [begin, end]}, ...}
class HeaderEvents : public StrictEvents {
 public:
  explicit HeaderEvents(std::uint64_t payload_bytes) : StrictEvents("the header"), payload_bytes_(payload_bytes) {}

  bool start_object(std::size_t elements) override {
    if (where_ == Where::outside) {
      where_ = Where::root;
    } else if (where_ == Where::root && name_ == kMetadataName) {
      where_ = Where::metadata;
    } else if (where_ == Where::root) {
      where_ = Where::entry;
      dtype_.reset();
      shape_.reset();
      offsets_.reset();
    } else {
      return StrictEvents::start_object(elements);
    }
    return true;
  }

  bool end_object() override {
    if (where_ == Where::entry) finish_entry();
    where_ = where_ == Where::root ? Where::outside : Where::root;
    return true;
  }

  bool key(std::string& text) override {
    switch (where_) {
      case Where::root:
        begin_name(text);
        break;
      case Where::metadata:
        if (header.metadata.size() == kMaxTensors) throw checkpoint_error("more than 65536 metadata keys");
        if (header.metadata.contains(text))
          throw checkpoint_error("metadata key " + in_quotes(text) + " appears twice");
        key_ = text;
        break;
      default:
        begin_field(text);
    }
    return true;
  }

  bool string(std::string& text) override {
    if (where_ == Where::metadata) {
      header.metadata.emplace(key_, text);
    } else if (where_ == Where::entry && key_ == "dtype") {
      dtype_ = known_dtype(text);
    } else {
      return StrictEvents::string(text);
    }
    return true;
  }

  bool start_array(std::size_t elements) override {
    if (where_ == Where::entry && key_ == "shape") {
      where_ = Where::shape;
      shape_.emplace();
    } else if (where_ == Where::entry && key_ == "data_offsets") {
      where_ = Where::offsets;
      offsets_.emplace();
    } else {
      return StrictEvents::start_array(elements);
    }
    return true;
  }

  bool end_array() override {
    where_ = Where::entry;
    return true;
  }

  bool number_unsigned(Json::number_unsigned_t number) override {
    if (where_ == Where::shape) {
      if (shape_->size() == kMaxDimensions) throw checkpoint_error(tensor(name_) + " has more than 8 dimensions");
      if (number > static_cast<std::uint64_t>(INT64_MAX)) throw shape_overflow();
      shape_->push_back(static_cast<std::int64_t>(number));
    } else if (where_ == Where::offsets) {
      if (offsets_->size() == 2) throw not_two_offsets();
      offsets_->push_back(number);
    } else {
      return StrictEvents::number_unsigned(number);
    }
    return true;
  }

  Header header;

 protected:
  std::string place() const override {
    switch (where_) {
      case Where::outside:
        return StrictEvents::place();
      case Where::root:
        return name_ == kMetadataName ? std::string(kMetadataName) : tensor(name_);
      case Where::metadata:
        return "metadata key " + in_quotes(key_);
      default:
        return tensor(name_) + ", field '" + key_ + "'";
    }
  }

 private:
  enum class Where { outside, root, metadata, entry, shape, offsets };

  Error shape_overflow() const { return checkpoint_error(tensor(name_) + ": the product of its shape overflows"); }
  Error not_two_offsets() const { return checkpoint_error(tensor(name_) + ": data_offsets are not two numbers"); }

  void begin_name(const std::string& name) {
    const bool twice = name == kMetadataName ? std::exchange(metadata_seen_, true) : header.tensors.contains(name);
    if (twice) throw checkpoint_error(tensor(name) + " appears twice");
    if (name.empty()) throw checkpoint_error("a tensor has an empty name");
    if (name.size() > kMaxNameBytes) throw checkpoint_error(tensor(name) + ": its name is longer than 512 bytes");
    // printable() changes a text exactly when it has control characters or is not UTF-8.
    if (printable(name, std::string::npos) != name)
      throw checkpoint_error(tensor(name) + ": its name has control characters");
    if (header.tensors.size() == kMaxTensors) throw checkpoint_error("more than 65536 tensors");
    name_ = name;
  }

  void begin_field(const std::string& field) {
    const bool twice =
        (field == "dtype" && dtype_) || (field == "shape" && shape_) || (field == "data_offsets" && offsets_);
    if (twice) throw checkpoint_error(tensor(name_) + ": field " + in_quotes(field) + " appears twice");
    if (field != "dtype" && field != "shape" && field != "data_offsets")
      throw checkpoint_error(tensor(name_) + ": unknown field " + in_quotes(field));
    key_ = field;
  }

  DType known_dtype(const std::string& text) const {
    for (const DType dtype :
         {DType::boolean, DType::u8, DType::i32, DType::i64, DType::f16, DType::bf16, DType::f32, DType::f64})
      if (text == name_of(dtype)) return dtype;
    throw checkpoint_error(tensor(name_) + ": type " + in_quotes(text) +
                           " is not supported; expected BOOL, U8, I32, I64, F16, BF16, F32 or F64");
  }

  void finish_entry() {
    if (!dtype_) throw checkpoint_error(tensor(name_) + ": field 'dtype' is missing");
    if (!shape_) throw checkpoint_error(tensor(name_) + ": field 'shape' is missing");
    if (!offsets_) throw checkpoint_error(tensor(name_) + ": field 'data_offsets' is missing");
    if (offsets_->size() != 2) throw not_two_offsets();
    const std::uint64_t begin = (*offsets_)[0], end = (*offsets_)[1];
    if (begin > end) throw checkpoint_error(tensor(name_) + ": data_offsets run backwards");
    if (end > payload_bytes_)
      throw checkpoint_error(tensor(name_) + " ends at byte " + std::to_string(end) + ", but there are only " +
                             std::to_string(payload_bytes_) + " bytes of data (is the file cut off?)");
    const std::uint64_t needed = bytes_needed();
    if (end - begin != needed)
      throw checkpoint_error(tensor(name_) + ": its shape needs " + std::to_string(needed) +
                             " bytes, but its data_offsets span " + std::to_string(end - begin));
    header.tensors.emplace(name_, Header::Entry{*dtype_, *shape_, begin, end});
  }

  std::uint64_t bytes_needed() const {
    // Dimensions of 0 are left out of this product: the others must stay in range for strides.
    std::int64_t product = static_cast<std::int64_t>(size_of(*dtype_));
    for (const std::int64_t size : *shape_)
      if (__builtin_mul_overflow(product, std::max<std::int64_t>(size, 1), &product)) throw shape_overflow();
    const bool empty = std::find(shape_->begin(), shape_->end(), 0) != shape_->end();
    return empty ? 0 : static_cast<std::uint64_t>(product);
  }

  std::uint64_t payload_bytes_;
  Where where_ = Where::outside;
  bool metadata_seen_ = false;
  std::string name_, key_;
  std::optional<DType> dtype_;
  std::optional<std::vector<std::int64_t>> shape_;
  std::optional<std::vector<std::uint64_t>> offsets_;
};

/// Every byte of the data belongs to exactly one tensor.
void check_layout(const Header& header, std::uint64_t payload_bytes) {
  using Named = std::pair<const std::string, Header::Entry>;
  std::vector<const Named*> order;
  for (const Named& named : header.tensors) order.push_back(&named);
  std::sort(order.begin(), order.end(), [](const Named* left, const Named* right) {
    return std::pair(left->second.begin, left->second.end) < std::pair(right->second.begin, right->second.end);
  });
  std::uint64_t end = 0;
  for (const Named* named : order) {
    const auto& [name, entry] = *named;
    if (entry.begin < end) throw checkpoint_error(tensor(name) + " overlaps the tensor before it");
    if (entry.begin > end)
      throw checkpoint_error("gap of " + std::to_string(entry.begin - end) + " bytes before " + tensor(name));
    end = entry.end;
  }
  if (end != payload_bytes)
    throw checkpoint_error(std::to_string(payload_bytes - end) + " bytes after the last tensor belong to nothing");
}

/// Moves the checksums out of the metadata; they must cover exactly the header and every tensor.
void take_checksums(Header& header) {
  const auto found = header.metadata.find(std::string(kChecksumKey));
  if (found == header.metadata.end()) {
    // A damaged key must not switch the checks off.
    for (const auto& [key, value] : header.metadata)
      if (value.starts_with(R"({"":")"))
        throw checkpoint_error("checksums under the wrong metadata key " + in_quotes(key));
    return;
  }
  ChecksumEvents events;
  Json::sax_parse(found->second, &events);
  header.checksums = std::move(events.checksums);
  header.metadata.erase(found);

  if (!header.checksums.contains("")) throw checkpoint_error("the header's own checksum is missing");
  for (const auto& [name, entry] : header.tensors)
    if (!header.checksums.contains(name)) throw checkpoint_error("checksum of " + tensor(name) + " is missing");
  for (const auto& [name, value] : header.checksums)
    if (!name.empty() && !header.tensors.contains(name))
      throw checkpoint_error("there is a checksum of " + tensor(name) + ", but no such tensor");
}

}  // namespace

Header parse_header(std::string_view json, std::uint64_t payload_bytes) {
  if (json.size() > kMaxHeaderBytes) throw checkpoint_error("the header is longer than 16 MiB");
  if (!json.starts_with('{')) throw checkpoint_error("the header does not start with '{'");
  if (!is_valid_utf8(json)) throw checkpoint_error("the header is not valid UTF-8");
  // The JSON parser takes a zero byte for the end and would not look behind it.
  if (json.find('\0') != std::string_view::npos) throw checkpoint_error("the header contains a zero byte");

  HeaderEvents events(payload_bytes);
  Json::sax_parse(json, &events);
  check_layout(events.header, payload_bytes);
  take_checksums(events.header);
  return std::move(events.header);
}

}  // namespace heed::safetensors
