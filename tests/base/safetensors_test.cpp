#include "heed/base/safetensors.h"

#include <bit>
#include <cstring>

#include <sys/stat.h>

#include "child.h"
#include "scratch.h"

namespace st = heed::safetensors;
using heed::ExitCode;
using st::DType;
using st::TensorView;

namespace {

struct Sample {
  std::vector<float> weight = {0, 1, 2, 3, 4, 5};
  std::vector<std::int64_t> ids = {7, -8};
  std::vector<unsigned char> flags = {1, 0, 1};
  std::vector<std::uint16_t> half = {0x3C00, 0x7BFF};
  double scale = 2.5;

  std::vector<TensorView> tensors() const {
    return {{"flags", DType::boolean, {3}, std::as_bytes(std::span(flags))},
            {"weight", DType::f32, {2, 3}, std::as_bytes(std::span(weight))},
            {"half", DType::bf16, {2, 1}, std::as_bytes(std::span(half))},
            {"größe", DType::f64, {}, std::as_bytes(std::span(&scale, 1))},
            {"empty", DType::f16, {0, 4}, {}},
            {"ids", DType::i64, {2}, std::as_bytes(std::span(ids))}};
  }
  st::Metadata metadata() const { return {{"format", "heed"}, {"config", "a = \"1\"\n\tb"}}; }
};

void save(const std::filesystem::path& path, std::vector<TensorView> tensors, const st::Metadata& metadata) {
  heed::AtomicFile file(path, 4);
  st::write(file, std::move(tensors), metadata);
  file.commit();
}

std::string with_header(const std::string& header, const std::string& payload = {}) {
  std::string file(8, '\0');
  const std::uint64_t length = header.size();
  for (std::size_t index = 0; index < 8; ++index) file[index] = static_cast<char>(length >> (8 * index) & 0xFF);
  return file + header + payload;
}

std::string open_error(const std::filesystem::path& path) {
  return error_of(ExitCode::checkpoint, [&] { const st::File file(path); });
}

template <class T>
std::vector<T> values(const TensorView& tensor) {
  std::vector<T> result(tensor.data.size() / sizeof(T));
  if (!result.empty()) std::memcpy(result.data(), tensor.data.data(), tensor.data.size());
  return result;
}

}  // namespace

TEST_CASE("what is written is read back", "[safetensors]") {
  const ScratchDirectory scratch;
  const Sample sample;
  save(scratch / "model", sample.tensors(), sample.metadata());
  const st::File file(scratch / "model");

  CHECK(file.path() == scratch / "model");
  CHECK(file.metadata() == sample.metadata());
  CHECK(file.metadata("format") == "heed");
  const std::string message = error_of(ExitCode::checkpoint, [&] { file.metadata("position"); });
  CHECK(contains(message, (scratch / "model").string()));
  CHECK(contains(message, "'position'"));

  std::vector<std::string> names;
  for (const TensorView& tensor : file.tensors()) {
    names.push_back(tensor.name);
    const auto address = reinterpret_cast<std::uintptr_t>(tensor.data.data());
    CHECK(address % st::size_of(tensor.dtype) == 0);
  }
  CHECK(names == std::vector<std::string>{"empty", "flags", "größe", "half", "ids", "weight"});
  for (const TensorView& written : sample.tensors()) {
    CAPTURE(written.name);
    const TensorView* read = file.find(written.name);
    REQUIRE(read != nullptr);
    CHECK(read->dtype == written.dtype);
    CHECK(read->shape == written.shape);
    CHECK(std::equal(read->data.begin(), read->data.end(), written.data.begin(), written.data.end()));
  }
  CHECK(file.find("weigh") == nullptr);
  CHECK(file.find("zzz") == nullptr);
  CHECK(file.find("") == nullptr);
}

TEST_CASE("a file without tensors is fine", "[safetensors]") {
  const ScratchDirectory scratch;
  save(scratch / "model", {}, {});
  const st::File file(scratch / "model");
  CHECK(file.tensors().empty());
  CHECK(file.metadata().empty());
}

TEST_CASE("names and sizes of the types", "[safetensors]") {
  const std::vector<std::tuple<DType, std::string, std::size_t>> types = {
      {DType::boolean, "BOOL", 1}, {DType::u8, "U8", 1},     {DType::i32, "I32", 4}, {DType::i64, "I64", 8},
      {DType::f16, "F16", 2},      {DType::bf16, "BF16", 2}, {DType::f32, "F32", 4}, {DType::f64, "F64", 8}};
  for (const auto& [dtype, name, size] : types) {
    CHECK(st::name_of(dtype) == name);
    CHECK(st::size_of(dtype) == size);
    const std::string json =
        R"({"t":{"dtype":")" + name + R"(","shape":[1],"data_offsets":[0,)" + std::to_string(size) + "]}}";
    CHECK(st::parse_header(json, size).tensors.at("t").dtype == dtype);
  }
}

TEST_CASE("the same content gives the same bytes", "[safetensors]") {
  const ScratchDirectory scratch;
  const Sample sample;
  std::vector<TensorView> reversed = sample.tensors();
  std::reverse(reversed.begin(), reversed.end());
  save(scratch / "one", sample.tensors(), sample.metadata());
  save(scratch / "two", reversed, sample.metadata());
  CHECK(get(scratch / "one") == get(scratch / "two"));

  // Rewriting what was read changes nothing either.
  const st::File file(scratch / "one");
  save(scratch / "three", file.tensors(), file.metadata());
  CHECK(get(scratch / "one") == get(scratch / "three"));
}

TEST_CASE("the bytes of a small file", "[safetensors]") {
  const ScratchDirectory scratch;
  const std::vector<unsigned char> abc = {'a', 'b', 'c'};
  save(scratch / "model", {{"t", DType::u8, {3}, std::as_bytes(std::span(abc))}}, {});
  // CRC-32 of "abc" is 352441c2, of this header with zeros 03d4a8b7.
  CHECK(get(scratch / "model") ==
        with_header(R"({"__metadata__":{"checksums":"{\"\":\"03d4a8b7\",\"t\":\"352441c2\"}"},)"
                    R"("t":{"dtype":"U8","shape":[3],"data_offsets":[0,3]}}     )",
                    "abc"));
}

TEST_CASE("files of other writers open", "[safetensors]") {
  using namespace std::string_literals;
  const std::string header =
      R"({"__metadata__":{"note":"written elsewhere"},"ids":{"dtype":"I64","shape":[2],"data_offsets":[0,16]},)"
      R"("größe":{"dtype":"F64","shape":[],"data_offsets":[16,24]},)"
      R"("weight":{"dtype":"F32","shape":[2,3],"data_offsets":[24,48]},)"
      R"("empty":{"dtype":"F16","shape":[0,4],"data_offsets":[48,48]},)"
      R"("flag":{"dtype":"BOOL","shape":[3],"data_offsets":[48,51]}} )";
  const std::string payload =
      "\x07\0\0\0\0\0\0\0\xF8\xFF\xFF\xFF\xFF\xFF\xFF\xFF"s
      "\0\0\0\0\0\0\x04@"s
      "\0\0\0\0\0\0\x80?\0\0\0@\0\0@@\0\0\x80@\0\0\xA0@"s
      "\x01\0\x01"s;
  REQUIRE(header.size() == 0x158);
  const ScratchDirectory scratch;
  put(scratch / "foreign", with_header(header, payload));
  const st::File file(scratch / "foreign");
  CHECK(file.metadata() == st::Metadata{{"note", "written elsewhere"}});
  CHECK(file.tensors().size() == 5);
  CHECK(values<std::int64_t>(*file.find("ids")) == std::vector<std::int64_t>{7, -8});
  CHECK(values<double>(*file.find("größe")) == std::vector<double>{2.5});
  CHECK(values<float>(*file.find("weight")) == std::vector<float>{0, 1, 2, 3, 4, 5});
  CHECK(file.find("weight")->shape == std::vector<std::int64_t>{2, 3});
  CHECK(file.find("empty")->data.empty());
  CHECK(values<unsigned char>(*file.find("flag")) == std::vector<unsigned char>{1, 0, 1});
}

TEST_CASE("hostile headers are refused by name", "[safetensors]") {
  struct Case {
    std::string header;
    std::uint64_t payload;
    std::string expected;
  };
  const auto entry = [](const std::string& fields) { return R"({"t":{)" + fields + "}}"; };
  const auto shaped = [&](const std::string& shape, const std::string& offsets = "[0,8]") {
    return entry(R"("dtype":"F32","shape":)" + shape + R"(,"data_offsets":)" + offsets);
  };
  const auto typed = [&](const std::string& dtype) {
    return entry(R"("dtype":)" + dtype + R"(,"shape":[2],"data_offsets":[0,8])");
  };
  const auto named = [](const std::string& name) {
    return R"({")" + name + R"(":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})";
  };
  const auto two = [](const std::string& first, const std::string& second) {
    return R"({"a":{"dtype":"U8","shape":[4],"data_offsets":)" + first +
           R"(},"b":{"dtype":"U8","shape":[4],"data_offsets":)" + second + "}}";
  };
  const auto checked = [](const std::string& table, const std::string& key = "checksums") {
    return R"({"__metadata__":{")" + key + R"(":")" + table +
           R"("},"t":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})";
  };
  const std::string good = R"("dtype":"F32","shape":[2],"data_offsets":[0,8])";
  REQUIRE_NOTHROW(st::parse_header(entry(good), 8));
  REQUIRE_NOTHROW(st::parse_header(shaped("[1,1,1,1,1,1,1,2]"), 8));
  REQUIRE_NOTHROW(st::parse_header(two("[4,8]", "[0,4]"), 8));
  REQUIRE_NOTHROW(st::parse_header(named(std::string(st::kMaxNameBytes, 'n')), 8));
  REQUIRE_NOTHROW(st::parse_header(checked(R"({\"\":\"00000000\",\"t\":\"00000000\"})"), 1));
  REQUIRE_NOTHROW(st::parse_header("{}   ", 0));

  const std::vector<Case> cases = {
      // The document.
      {"", 0, "does not start with '{'"},
      {" {}", 0, "does not start with '{'"},
      {"[]", 0, "does not start with '{'"},
      {"\xEF\xBB\xBF{}", 0, "does not start with '{'"},
      {"{", 0, "not valid JSON"},
      {"{}}", 0, "not valid JSON"},
      {"{} x", 0, "not valid JSON (at byte 4)"},
      {R"({"t":})", 0, "not valid JSON"},
      {"{/**/}", 0, "not valid JSON"},
      {std::string("{}\0garbage", 10), 0, "zero byte"},
      {"{\"\xFF\":1}", 0, "not valid UTF-8"},
      {R"({"\ud800":1})", 0, "not valid JSON"},
      {R"({"t":null})", 0, "tensor 't': unexpected null"},
      {R"({"t":true})", 0, "tensor 't': unexpected true or false"},
      {R"({"t":1})", 0, "tensor 't': unexpected a number"},
      {R"({"t":-1})", 0, "tensor 't': unexpected a negative number"},
      {R"({"t":1.5})", 0, "tensor 't': unexpected a number that is not whole"},
      {R"({"t":"x"})", 0, "tensor 't': unexpected a string"},
      {R"({"t":[]})", 0, "tensor 't': unexpected a list"},
      {std::string(5'000'000, '{'), 0, "not valid JSON"},
      {R"({"t":)" + std::string(5'000'000, '['), 0, "unexpected a list"},
      {"{" + std::string(st::kMaxHeaderBytes, ' '), 0, "longer than 16 MiB"},
      // Names.
      {named(""), 8, "empty name"},
      {named(std::string(st::kMaxNameBytes + 1, 'n')), 8, "longer than 512 bytes"},
      {named(R"(a\u0000b)"), 8, "control characters"},
      {named(R"(a\u001bb)"), 8, "control characters"},
      {named(R"(a\nb)"), 8, "control characters"},
      {named(R"(a\u007fb)"), 8, "control characters"},
      {named(R"(a\u0085b)"), 8, "control characters"},
      {R"({"t":{)" + good + R"(},"t":{)" + good + "}}", 8, "tensor 't' appears twice"},
      {R"({"t":{)" + good + R"(},"\u0074":{)" + good + "}}", 8, "tensor 't' appears twice"},
      // Fields of a tensor.
      {entry(""), 8, "tensor 't': field 'dtype' is missing"},
      {entry(R"("shape":[2],"data_offsets":[0,8])"), 8, "field 'dtype' is missing"},
      {entry(R"("dtype":"F32","data_offsets":[0,8])"), 8, "field 'shape' is missing"},
      {entry(R"("dtype":"F32","shape":[2])"), 8, "field 'data_offsets' is missing"},
      {entry(good + R"(,"dtype":"F32")"), 8, "field 'dtype' appears twice"},
      {entry(good + R"(,"shape":[2])"), 8, "field 'shape' appears twice"},
      {entry(good + R"(,"data_offsets":[0,8])"), 8, "field 'data_offsets' appears twice"},
      {entry(good + R"(,"strides":[1])"), 8, "unknown field 'strides'"},
      {entry(good + R"(,"":[1])"), 8, "unknown field ''"},
      // Types.
      {typed("\"F8_E4M3\""), 8, "type 'F8_E4M3' is not supported"},
      {typed("\"U16\""), 8, "type 'U16' is not supported"},
      {typed("\"C64\""), 8, "type 'C64' is not supported"},
      {typed("\"f32\""), 8, "type 'f32' is not supported"},
      {typed("\"\""), 8, "type '' is not supported"},
      {typed("32"), 8, "field 'dtype': unexpected a number"},
      {typed("null"), 8, "field 'dtype': unexpected null"},
      {typed("[\"F32\"]"), 8, "field 'dtype': unexpected a list"},
      {typed("{}"), 8, "field 'dtype': unexpected an object"},
      // Shapes.
      {shaped("2"), 8, "field 'shape': unexpected a number"},
      {shaped("\"2\""), 8, "field 'shape': unexpected a string"},
      {shaped("[-2]"), 8, "field 'shape': unexpected a negative number"},
      {shaped("[2.0]"), 8, "field 'shape': unexpected a number that is not whole"},
      {shaped("[2e0]"), 8, "field 'shape': unexpected a number that is not whole"},
      {shaped("[[2]]"), 8, "field 'shape': unexpected a list"},
      {shaped("[\"2\"]"), 8, "field 'shape': unexpected a string"},
      {shaped("[true]"), 8, "field 'shape': unexpected true or false"},
      {shaped("[1,1,1,1,1,1,1,1,2]"), 8, "more than 8 dimensions"},
      {shaped("[9223372036854775808]"), 8, "overflows"},
      {shaped("[18446744073709551616]"), 8, "not whole or too large"},
      {shaped("[4611686018427387904]"), 8, "overflows"},
      {shaped("[4294967296,4294967296]"), 8, "overflows"},
      {shaped("[0,4294967296,4294967296]", "[0,0]"), 0, "overflows"},
      {shaped("[2,4611686018427387904,2]"), 8, "overflows"},
      {shaped("[3]"), 8, "its shape needs 12 bytes, but its data_offsets span 8"},
      {shaped("[0]"), 8, "its shape needs 0 bytes, but its data_offsets span 8"},
      {shaped("[]"), 8, "its shape needs 4 bytes, but its data_offsets span 8"},
      // Offsets.
      {shaped("[2]", "8"), 8, "field 'data_offsets': unexpected a number"},
      {shaped("[2]", "[]"), 8, "data_offsets are not two numbers"},
      {shaped("[2]", "[0]"), 8, "data_offsets are not two numbers"},
      {shaped("[2]", "[0,8,8]"), 8, "data_offsets are not two numbers"},
      {shaped("[2]", "[0,-8]"), 8, "field 'data_offsets': unexpected a negative number"},
      {shaped("[2]", "[0,8.0]"), 8, "field 'data_offsets': unexpected a number that is not whole"},
      {shaped("[2]", "[8,0]"), 8, "data_offsets run backwards"},
      {shaped("[2]", "[8,16]"), 8, "ends at byte 16, but there are only 8 bytes of data"},
      {shaped("[2]", "[18446744073709551608,18446744073709551615]"), 8, "there are only 8 bytes of data"},
      {shaped("[2]"), 7, "there are only 7 bytes of data"},
      {shaped("[2]"), 9, "1 bytes after the last tensor"},
      {shaped("[2]", "[1,9]"), 9, "gap of 1 bytes before tensor 't'"},
      {two("[0,4]", "[5,9]"), 9, "gap of 1 bytes before tensor 'b'"},
      {two("[0,4]", "[3,7]"), 7, "tensor 'b' overlaps"},
      {two("[0,4]", "[0,4]"), 4, "overlaps"},
      {two("[0,4]", "[0,4]"), 8, "overlaps"},
      {"{}", 1, "1 bytes after the last tensor"},
      // Metadata.
      {R"({"__metadata__":[]})", 0, "__metadata__: unexpected a list"},
      {R"({"__metadata__":"x"})", 0, "__metadata__: unexpected a string"},
      {R"({"__metadata__":{"a":1}})", 0, "metadata key 'a': unexpected a number"},
      {R"({"__metadata__":{"a":null}})", 0, "metadata key 'a': unexpected null"},
      {R"({"__metadata__":{"a":{"b":"c"}}})", 0, "metadata key 'a': unexpected an object"},
      {R"({"__metadata__":{"a":["c"]}})", 0, "metadata key 'a': unexpected a list"},
      {R"({"__metadata__":{"a":"1","a":"1"}})", 0, "metadata key 'a' appears twice"},
      {R"({"__metadata__":{},"__metadata__":{}})", 0, "'__metadata__' appears twice"},
      // Checksums.
      {checked("x"), 1, "the list of checksums is not valid JSON"},
      {checked("[]"), 1, "the list of checksums: unexpected a list"},
      {checked("1"), 1, "the list of checksums: unexpected a number"},
      {checked(R"(\"00000000\")"), 1, "not 8 hex digits"},
      {checked(R"({\"\":1})"), 1, "the list of checksums: unexpected a number"},
      {checked(R"({\"\":{}})"), 1, "the list of checksums: unexpected an object"},
      {checked(R"({})"), 1, "the header's own checksum is missing"},
      {checked(R"({\"\":\"00000000\"})"), 1, "checksum of tensor 't' is missing"},
      {checked(R"({\"t\":\"00000000\"})"), 1, "the header's own checksum is missing"},
      {checked(R"({\"\":\"00000000\",\"t\":\"00000000\",\"u\":\"00000000\"})"), 1, "checksum of tensor 'u', but no"},
      {checked(R"({\"\":\"00000000\",\"\":\"00000000\",\"t\":\"00000000\"})"), 1, "tensor '' has two checksums"},
      {checked(R"({\"\":\"0000000\",\"t\":\"00000000\"})"), 1, "not 8 hex digits: '0000000'"},
      {checked(R"({\"\":\"0000000A\",\"t\":\"00000000\"})"), 1, "not 8 hex digits: '0000000A'"},
      {checked(R"({\"\":\"0x000000\",\"t\":\"00000000\"})"), 1, "not 8 hex digits: '0x000000'"},
      {checked(R"({\"\":\"00000000\",\"t\":\"00000000\"})", "checksumz"), 1, "wrong metadata key 'checksumz'"},
  };
  for (const Case& hostile : cases) {
    CAPTURE(hostile.header.substr(0, 300), hostile.payload);
    const std::string message =
        error_of(ExitCode::checkpoint, [&] { st::parse_header(hostile.header, hostile.payload); });
    CAPTURE(hostile.expected, message);
    CHECK(contains(message, hostile.expected));
    CHECK(message.size() < 300);
  }
}

TEST_CASE("the number of tensors and metadata keys is limited", "[safetensors]") {
  const auto many = [](std::size_t count) {
    std::string json = "{";
    for (std::size_t index = 0; index < count; ++index)
      json +=
          (index > 0 ? ",\"" : "\"") + std::to_string(index) + R"(":{"dtype":"U8","shape":[0],"data_offsets":[0,0]})";
    return json + "}";
  };
  CHECK(st::parse_header(many(st::kMaxTensors), 0).tensors.size() == st::kMaxTensors);
  CHECK(contains(error_of(ExitCode::checkpoint, [&] { st::parse_header(many(st::kMaxTensors + 1), 0); }),
                 "more than 65536 tensors"));

  std::string keys = R"({"__metadata__":{"x":"")";
  for (std::size_t index = 0; index < st::kMaxTensors; ++index) keys += ",\"" + std::to_string(index) + "\":\"\"";
  CHECK(contains(error_of(ExitCode::checkpoint, [&] { st::parse_header(keys + "}}", 0); }),
                 "more than 65536 metadata keys"));
}

TEST_CASE("a file that is cut off anywhere is refused", "[safetensors]") {
  const ScratchDirectory scratch;
  const Sample sample;
  save(scratch / "model", sample.tensors(), sample.metadata());
  const std::string whole = get(scratch / "model");
  put(scratch / "longer", whole + '\0');
  CHECK(contains(open_error(scratch / "longer"), "1 bytes after the last tensor"));
  for (std::size_t size = whole.size(); size-- > 0;) {
    CAPTURE(size);
    std::filesystem::resize_file(scratch / "model", size);
    CHECK(contains(open_error(scratch / "model"), (scratch / "model").string()));
  }
}

TEST_CASE("every flipped bit is noticed", "[safetensors]") {
  const ScratchDirectory scratch;
  const Sample sample;
  save(scratch / "model", sample.tensors(), sample.metadata());
  const std::string whole = get(scratch / "model");
  std::fstream damage(scratch / "model", std::ios::binary | std::ios::in | std::ios::out);
  const auto set_byte = [&](std::size_t place, char byte) {
    damage.seekp(static_cast<std::streamoff>(place)).put(byte).flush();
  };
  for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
    const std::size_t place = bit / 8;
    set_byte(place, static_cast<char>(whole[place] ^ (1 << bit % 8)));
    bool refused = false;
    try {
      const st::File file(scratch / "model");
    } catch (const heed::Error& error) {
      refused = error.code() == ExitCode::checkpoint;
    }
    if (!refused) FAIL("bit " << bit % 8 << " of byte " << place << " of " << whole.size());
    set_byte(place, whole[place]);
  }
  CHECK_NOTHROW(st::File(scratch / "model"));
}

TEST_CASE("a damaged tensor is named; without verification it loads", "[safetensors]") {
  const ScratchDirectory scratch;
  const Sample sample;
  const auto path = scratch / "model";
  save(path, sample.tensors(), sample.metadata());
  std::string bytes = get(path);
  bytes.back() ^= 1;  // the last are the three flags
  put(path, bytes);
  const std::string message = open_error(path);
  CHECK(contains(message, path.string()));
  CHECK(contains(message, "checksum of tensor 'flags' is "));
  CHECK_NOTHROW(st::File(path, false));
}

TEST_CASE("metadata changed by hand is noticed", "[safetensors]") {
  const ScratchDirectory scratch;
  const Sample sample;
  const auto path = scratch / "model";
  save(path, sample.tensors(), sample.metadata());
  std::string bytes = get(path);
  bytes.replace(bytes.find("\"heed\""), 6, "\"need\"");
  put(path, bytes);
  CHECK(contains(open_error(path), "checksum of the header is "));

  // The same content (55 bytes of data) under another layout of the header: its checksum cannot be found.
  std::string header = bytes.substr(8, bytes.find("}}") + 2 - 8);
  header.replace(header.find("\"checksums\":"), 12, "\"checksums\": ");
  put(path, with_header(header, bytes.substr(bytes.size() - 55)));
  CHECK(contains(open_error(path), "rewritten by another program"));
}

TEST_CASE("checksums look-alikes in other texts do not mislead", "[safetensors]") {
  const ScratchDirectory scratch;
  const Sample sample;
  const std::string lure = R"({"checksums":"{\"\":\"12345678\"}"},"checksums":"{\"\":\"12345678\")";
  const st::Metadata metadata = {{"a", lure}, {"a\"checksums", R"(x{"":"12345678"})"}, {"z", lure}};
  save(scratch / "model", sample.tensors(), metadata);
  CHECK(st::File(scratch / "model").metadata() == metadata);
}

TEST_CASE("files that are no files, or too short, or claim a giant header", "[safetensors]") {
  const ScratchDirectory scratch;
  ::mkfifo((scratch / "pipe").c_str(), 0600);
  CHECK(contains(open_error(scratch / "pipe"), "not a regular file"));
  CHECK(contains(open_error("/dev/zero"), "not a regular file"));
  CHECK(contains(open_error(scratch.path()), "is a directory"));
  CHECK(contains(open_error(scratch / "missing"), "No such file"));
  put(scratch / "short", "1234567");
  CHECK(contains(open_error(scratch / "short"), "only 7 bytes long"));
  put(scratch / "giant", std::string(8, '\xFF') + "{}");
  CHECK(contains(open_error(scratch / "giant"), "giant is not a model: it is no safetensors file"));
  put(scratch / "text", "the cat sees the dog\n");
  CHECK(contains(open_error(scratch / "text"), "text is not a model: it is no safetensors file"));
  put(scratch / "beyond", with_header("{}").replace(0, 1, "\x03"));
  CHECK(contains(open_error(scratch / "beyond"), "does not fit"));
}

TEST_CASE("what could not be read back is not written", "[safetensors]") {
  const ScratchDirectory scratch;
  const std::array<std::byte, 8> bytes = {};
  struct Case {
    std::vector<TensorView> tensors;
    st::Metadata metadata;
    std::string expected;
  };
  const std::vector<Case> cases = {
      {{{"t", DType::f32, {3}, bytes}}, {}, "needs 12 bytes"},
      {{{"t", DType::f32, {-2}, bytes}}, {}, "negative"},
      {{{"t", DType::f32, {2}, bytes}, {"t", DType::f64, {1}, bytes}}, {}, "'t' appears twice"},
      {{{"", DType::f32, {2}, bytes}}, {}, "empty name"},
      {{{"__metadata__", DType::f32, {2}, bytes}}, {}, "'__metadata__' appears twice"},
      {{{"a\nb", DType::f32, {2}, bytes}}, {}, "control characters"},
      {{{"\xFF", DType::f32, {2}, bytes}}, {}, "not valid UTF-8"},
      {{{"t", DType::f32, {1, 1, 1, 1, 1, 1, 1, 1, 2}, bytes}}, {}, "more than 8 dimensions"},
      {{}, {{"path", "\xFF"}}, "metadata key 'path'"},
      {{}, {{"\xFF", "x"}}, "metadata key '\\xff'"},
      {{}, {{"x", std::string(st::kMaxHeaderBytes, 'x')}}, "longer than 16 MiB"},
  };
  for (const Case& wrong : cases) {
    CAPTURE(wrong.expected);
    const std::string message =
        error_of(ExitCode::checkpoint, [&] { save(scratch / "model", wrong.tensors, wrong.metadata); });
    CHECK(contains(message, wrong.expected));
  }
  CHECK(scratch.names().empty());
}
