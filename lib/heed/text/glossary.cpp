#include "heed/text/glossary.h"

#include <algorithm>
#include <cstdint>
#include <iostream>

#include "heed/base/error.h"
#include "heed/base/utf8.h"
#include "heed/text/line_reader.h"
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

std::string trimmed(std::string_view text) {
  const std::u32string all = decode_utf8(text);
  std::u32string_view rest = trim_right(all);
  while (!rest.empty() && is_white_space(rest.front())) rest.remove_prefix(1);
  return encode_utf8(rest);
}

}  // namespace

Glossary::Glossary(const std::string& path) {
  LineReader file(path, std::cin);
  for (std::vector<std::string> read = file.read(1); !read.empty(); read = file.read(1)) {
    const std::string line = repair_utf8(read.front());
    if (is_blank(line)) continue;
    const std::size_t tab = line.find('\t');
    const bool well_formed = tab != std::string::npos && line.find('\t', tab + 1) == std::string::npos;
    const std::string term = well_formed ? trimmed(line.substr(0, tab)) : std::string(),
                      translation = well_formed ? trimmed(line.substr(tab + 1)) : std::string();
    if (term.empty() || translation.empty())
      throw data_error(file.name() + ":" + std::to_string(file.lines_read()) +
                       ": expected a term, one tab, and its translation");
    terms_.push_back({decode_utf8(term), translation});
  }
  if (terms_.empty()) throw data_error(file.name() + ": is empty; expected a term, a tab and its translation a line");
  std::ranges::stable_sort(terms_, [](const Term& a, const Term& b) { return a.source.size() > b.source.size(); });
}

std::vector<std::string> Glossary::required(std::string_view text) const {
  const std::u32string line = decode_utf8(text);
  std::vector<std::pair<std::size_t, std::string>> found;  // place in the line
  std::vector<bool> taken(line.size());
  for (const auto& [term, translation] : terms_) {
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
