#include "heed/text/subword_table.h"

#include "catch.h"
#include "subword_bytes.h"

using namespace heed;

namespace {

std::string trained_as(unsigned algorithm) {
  return special_pieces() + bytes_field(2, varint_field(3, algorithm));
}

}  // namespace

TEST_CASE("the table of a model holds its pieces in order") {
  const SubwordTable table =
      read_subword_table(special_pieces() + piece("\u2581a", -2.5f) + piece("x", 1, 4) + piece("<0x0A>", 0, 6));
  REQUIRE(table.pieces.size() == 7);
  CHECK(table.pieces[0].text == "<unk>");
  CHECK(table.pieces[0].type == SubwordTable::Type::unknown);
  CHECK(table.pieces[3].type == SubwordTable::Type::control);
  CHECK(table.pieces[4].text == "\u2581a");
  CHECK(table.pieces[4].score == -2.5f);
  CHECK(table.pieces[4].type == SubwordTable::Type::normal);
  CHECK(table.pieces[5].type == SubwordTable::Type::user_defined);
  CHECK(table.pieces[6].type == SubwordTable::Type::byte);
}

TEST_CASE("the table of a model tells how it segments") {
  CHECK(read_subword_table(special_pieces()).kind == SubwordKind::unigram);  // the format's default
  CHECK(read_subword_table(trained_as(1)).kind == SubwordKind::unigram);
  CHECK(read_subword_table(trained_as(2)).kind == SubwordKind::bpe);
  CHECK_FALSE(read_subword_table(trained_as(3)).kind.has_value());
  CHECK_FALSE(read_subword_table(trained_as(4)).kind.has_value());
}
