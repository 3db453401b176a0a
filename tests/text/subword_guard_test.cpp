#include "heed/text/subword_guard.h"

#include <bit>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "heed/text/subwords.h"

#include "catch.h"
#include "errors.h"
#include "subword_bytes.h"

using namespace heed;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

/// A table with its trie's units and replacements, inside a model.
std::string with_table(const std::vector<std::uint32_t>& units, const std::string& replacements, unsigned number = 3) {
  std::string table = little_endian(static_cast<std::uint32_t>(4 * units.size()));
  for (const std::uint32_t unit : units) table += little_endian(unit);
  return piece("a") + bytes_field(number, bytes_field(2, table + replacements));
}

/// A trie that knows the one key "a" with a value: the root leads to block 256.., "a" there to its value at 512.
std::vector<std::uint32_t> small_trie(std::uint32_t value) {
  std::vector<std::uint32_t> units(1024, 0);
  for (std::uint32_t i = 0; i < units.size(); ++i) units[i] = (i & 0xFF) ^ 0xFF;  // labels that match nothing
  units[0] = 256u << 10;
  units[256 + 'a'] = (256u + 512u) << 10 | 1u << 8 | 'a';
  units[(256 + 'a') ^ (256 + 512)] = 1u << 31 | value;
  return units;
}

std::string refusal(const std::string& model) {
  return thrown([&] { check_subword_model(model, "here"); });
}

}  // namespace

TEST_CASE("trained models pass, any beginning of one that ends inside a field does not") {
  bool given = false;
  const std::string model = Subwords::train(
                                [&](std::string& line) {
                                  line = "some words and some other words";
                                  return !std::exchange(given, true);
                                },
                                SubwordKind::bpe, 100)
                                .serialized();
  CHECK(refusal(model) == "nothing");
  CHECK_THAT(refusal(model.substr(0, model.size() - 1)), StartsWith("4: here: ") && Contains("cut short"));
  CHECK_THAT(refusal(model.substr(0, 5)), Contains("cut short"));
}

TEST_CASE("pieces are bounded") {
  CHECK(refusal(piece(std::string(1024, 'x'))) == "nothing");
  CHECK_THAT(refusal(piece(std::string(1025, 'x'))), Contains("piece of 1025 bytes"));
  CHECK_THAT(refusal(piece(std::string(100'000, 'x'))), Contains("piece of 100000 bytes"));
  CHECK_THAT(refusal(piece(std::string("a\0b", 3))), Contains("NUL"));
  CHECK_THAT(refusal(piece("a", std::numeric_limits<float>::quiet_NaN())), Contains("finite"));
  CHECK_THAT(refusal(piece("a", -std::numeric_limits<float>::infinity())), Contains("finite"));
  std::string nested = piece("a");
  for (std::size_t length = 1; length <= kMaxNestedPieces; ++length) nested += piece(std::string(length, 'u'), 0, 4);
  CHECK(refusal(nested) == "nothing");
  CHECK_THAT(refusal(nested + piece(std::string(kMaxNestedPieces + 1, 'u'), 0, 4)), Contains("begin with one another"));
  CHECK(refusal(nested + piece(std::string(kMaxNestedPieces + 1, 'u'))) == "nothing");
}

TEST_CASE("the number of pieces is bounded") {
  const std::string empty = bytes_field(1, "");  // the shortest there is: the most fit into a model of the largest size
  std::string many(kMaxPieces * empty.size(), '\0');
  for (std::size_t i = 0; i < many.size(); i += empty.size()) empty.copy(&many[i], empty.size());
  CHECK(refusal(many) == "nothing");
  many += empty;
  REQUIRE(many.size() < kMaxSubwordModelBytes);
  CHECK_THAT(refusal(many), Contains("more than ten million pieces"));
}

TEST_CASE("malformed messages are refused") {
  CHECK_THAT(refusal(""), Contains("empty"));
  CHECK_THAT(refusal(bytes_field(2, "")), Contains("no pieces"));
  CHECK_THAT(refusal(std::string(1, '\x0B')), Contains("unknown type"));
  CHECK_THAT(refusal(std::string(20, '\xFF')), Contains("64 bits"));
  CHECK_THAT(refusal(std::string(1, '\x02') + '\0'), Contains("without a number"));
  CHECK_THAT(refusal(varint(1 << 3 | 2) + varint(std::uint64_t{1} << 63)), Contains("cut short"));
  CHECK_THAT(refusal(std::string((64u << 20) + 1, 'x')), Contains("64 MB"));
  const std::string group = "\x53\x54";  // of no fields: protobuf knows it, read_subword_table() does not
  CHECK_THAT(refusal(piece("a") + bytes_field(2, group)), Contains("unknown type"));
  CHECK_THAT(refusal(piece("a") + bytes_field(3, group)), Contains("unknown type"));
}

TEST_CASE("normaliser tables are followed to the end before anyone uses them") {
  const std::string replacement("b\0", 2);
  CHECK(refusal(with_table(small_trie(0), replacement)) == "nothing");
  CHECK(refusal(with_table(small_trie(1), replacement)) == "nothing");  // an empty replacement
  CHECK(refusal(with_table(small_trie(0), replacement, 5)) == "nothing");
  CHECK_THAT(refusal(with_table(small_trie(2), replacement)), Contains("outside the table"));
  CHECK_THAT(refusal(with_table(small_trie(2), replacement, 5)), Contains("outside the table"));
  CHECK_THAT(refusal(with_table(small_trie(0), "b")), Contains("do not fit"));
  CHECK_THAT(refusal(with_table(small_trie(0), "")), Contains("do not fit"));
  CHECK_THAT(refusal(with_table(small_trie(0), std::string("\xFF\0", 2))), Contains("not UTF-8"));
  CHECK_THAT(refusal(with_table(small_trie(0), std::string(257, 'b') + '\0')), Contains("256 bytes"));
  CHECK_THAT(refusal(piece("a") + bytes_field(3, bytes_field(2, std::string(kMaxNormalizerBytes + 1, '\0')))),
             Contains("4 MB"));

  auto outside = small_trie(0);
  outside[256 + 'a'] = 1000u << 10 << 1 | 'a';
  CHECK_THAT(refusal(with_table(outside, replacement)), Contains("link to the outside"));

  // "a" leads back to the block it stands in, with a value each time: without end.
  auto cycle = small_trie(0);
  cycle[256 + 'a'] = static_cast<std::uint32_t>('a') << 10 | 1u << 8 | 'a';
  cycle[256] = 1u << 31;
  CHECK_THAT(refusal(with_table(cycle, replacement)), Contains("nested"));
  // Without values such a loop harms nobody.
  cycle[256 + 'a'] = static_cast<std::uint32_t>('a') << 10 | 'a';
  CHECK(refusal(with_table(cycle, replacement)) == "nothing");
}
