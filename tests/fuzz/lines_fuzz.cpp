// Text by lines: as many as it has, and well-formed when they are repaired.
#include <algorithm>
#include <sstream>

#include "heed/base/utf8.h"
#include "heed/text/line_reader.h"
#include "heed/text/unicode.h"

#include "fuzz/fuzz.h"

using namespace heed;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text(data, size);
  std::istringstream stream{std::string(text)};
  accepts(ExitCode::data, [&] {
    LineReader reader("-", stream);
    for (auto lines = reader.read(3); !lines.empty(); lines = reader.read(3)) {
      for (const std::string& line : lines) {
        std::size_t replaced = 0;
        const std::string repaired = repair_utf8(line, &replaced);
        must((replaced == 0) == is_valid_utf8(line) && is_valid_utf8(repaired), "repaired text is well-formed");
        must((replaced == 0) == (repaired == line), "what is well-formed stays as it is");
        must(encode_utf8(decode_utf8(line)) == repaired, "code points give the repaired text back");
        must(is_valid_utf8(printable(line, 40)) && printable(line, 40).size() <= 43,
             "messages are short and well-formed");
        is_blank(line);
      }
    }
    const std::int64_t ends = std::ranges::count(text, '\n');
    must(reader.lines_read() == ends + (text.empty() || text.ends_with('\n') ? 0 : 1), "a line a LF, and the last one");
  });
  return 0;
}
