// The look at a SentencePiece model before SentencePiece sees it, and the table of its pieces.
#include "heed/text/subword_guard.h"
#include "heed/text/subword_table.h"

#include "fuzz/fuzz.h"

using namespace heed;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view model = as_text(data, size);
  if (!accepts(ExitCode::checkpoint, [&] { check_subword_model(model, "model"); })) return 0;
  const SubwordTable table = read_subword_table(model);
  must(!table.pieces.empty(), "a model that passes has pieces");
  for (const SubwordTable::Piece& piece : table.pieces)
    must(piece.text.size() <= kMaxPieceBytes && piece.score - piece.score == 0,
         "pieces are short, their scores finite");
  return 0;
}
