#include "heed/text/glossary.h"

#include <algorithm>

#include "heed/base/error.h"
#include "heed/base/files.h"
#include "heed/base/utf8.h"
#include "heed/text/unicode.h"

namespace heed {
namespace {

// A term does where no letter goes on at its ends; in Chinese, Japanese and Thai wherever it is.
bool stands_alone(std::u32string_view line, std::size_t begin, std::size_t end) {
  const auto goes_on = [&](std::size_t place) {
    return is_part_of_word(line[place - 1]) && is_part_of_word(line[place]);
  };
  return !(begin > 0 && goes_on(begin)) && !(end < line.size() && goes_on(end));
}

}  // namespace

Glossary::Glossary(const std::filesystem::path& file) {
  const std::string text = repair_utf8(read_file(file));
  std::string_view rest = text;
  if (rest.starts_with("\xEF\xBB\xBF")) rest.remove_prefix(3);
  for (std::size_t number = 1; !rest.empty(); ++number) {
    std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (is_blank(line)) continue;
    const std::size_t tab = line.find('\t');
    const bool well_formed = tab != std::string_view::npos && line.find('\t', tab + 1) == std::string_view::npos &&
                             !is_blank(line.substr(0, tab)) && !is_blank(line.substr(tab + 1));
    if (!well_formed)
      throw data_error(file.string() + ":" + std::to_string(number) +
                       ": expected a term, one tab, and its translation");
    terms_.emplace_back(line.substr(0, tab), line.substr(tab + 1));
  }
  if (terms_.empty()) throw data_error(file.string() + ": is empty; expected a term, a tab and its translation a line");
  std::ranges::stable_sort(terms_, [](const auto& a, const auto& b) { return a.first.size() > b.first.size(); });
}

std::vector<std::string> Glossary::required(std::string_view text) const {
  const std::u32string line = decode_utf8(text);
  std::vector<std::pair<std::size_t, std::string>> found;  // place in the line
  std::vector<bool> taken(line.size());
  for (const auto& [term_text, translation] : terms_) {
    const std::u32string term = decode_utf8(term_text);
    for (std::size_t place = line.find(term); place != std::u32string::npos; place = line.find(term, place + 1)) {
      const auto begin = taken.begin() + static_cast<std::ptrdiff_t>(place),
                 end = begin + static_cast<std::ptrdiff_t>(term.size());
      if (!stands_alone(line, place, place + term.size()) || std::find(begin, end, true) != end) continue;
      std::fill(begin, end, true);
      found.emplace_back(place, translation);
    }
  }
  std::ranges::sort(found);
  std::vector<std::string> translations;
  for (auto& [place, translation] : found)
    if (std::ranges::find(translations, translation) == translations.end()) translations.push_back(translation);
  return translations;
}

}  // namespace heed
