// A glossary, and a line whose terms are looked up in it.
#include <algorithm>

#include "heed/base/utf8.h"
#include "heed/text/glossary.h"

#include "fuzz/fuzz.h"

using namespace heed;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view terms = as_text(data, size);
  const std::string_view line = take_until('\n', terms);
  const MemoryFile stored(terms);
  accepts(ExitCode::data, [&] {
    const Glossary glossary(stored.path());
    for (const Glossary::Term& term : glossary.terms())
      must(!term.source.empty() && !is_blank(term.target), "terms and translations are text");
    std::vector<std::string> required = glossary.required(line);
    must(required.size() <= glossary.terms().size(), "a translation a term");
    for (const std::string& text : required) must(std::ranges::count(required, text) == 1, "no translation twice");
  });
  return 0;
}
