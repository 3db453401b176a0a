// A SentencePiece model that passes the guard is loaded and used: text becomes tokens of it, and tokens text.
#include "heed/base/utf8.h"
#include "heed/text/subwords.h"

#include "fuzz/fuzz.h"

using namespace heed;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  accepts(ExitCode::checkpoint, [&] {
    const Subwords subwords = Subwords::from_bytes(std::string(as_text(data, size)), "model");
    for (const std::string& text :
         {std::string(" ab  a\xC3\xA4 \xEF\xAC\x81 <s> \xE2\x96\x81z"), repair_utf8(as_text(data, size))}) {
      const std::vector<TokenId> tokens = subwords.encode(text);
      for (const TokenId token : tokens) must(token >= 0 && token < subwords.size(), "tokens are in the vocabulary");
      must(subwords.pieces(text).size() == tokens.size(), "a token a piece");
      subwords.decode(tokens);
    }
  });
  return 0;
}
