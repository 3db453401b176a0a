#include "demo_morphology.h"

#include <array>
#include <stdexcept>
#include <string_view>

namespace heed::demo {
namespace {

/// Columns of the tables: the three genders, then the plural of all.
std::size_t column_of(Gender gender, Number number) {
  return number == Number::plural ? 3 : static_cast<std::size_t>(gender);
}

using Endings = std::array<std::array<const char*, 4>, 4>;  // case, column

const char* ending(const Endings& table, Gender gender, Case grammatical_case, Number number) {
  return table[static_cast<std::size_t>(grammatical_case)][column_of(gender, number)];
}

constexpr Endings kArticles = {{{"der", "die", "das", "die"},
                                {"den", "die", "das", "die"},
                                {"dem", "der", "dem", "den"},
                                {"des", "der", "des", "der"}}};
constexpr Endings kEinEndings = {
    {{"", "e", "", "e"}, {"en", "e", "", "e"}, {"em", "er", "em", "en"}, {"es", "er", "es", "er"}}};
constexpr Endings kDerEndings = {
    {{"er", "e", "es", "e"}, {"en", "e", "es", "e"}, {"em", "er", "em", "en"}, {"es", "er", "es", "er"}}};
constexpr Endings kStrongEndings = {
    {{"er", "e", "es", "e"}, {"en", "e", "es", "e"}, {"em", "er", "em", "en"}, {"en", "er", "en", "er"}}};
constexpr Endings kWeakEndings = {
    {{"e", "e", "e", "en"}, {"en", "e", "e", "en"}, {"en", "en", "en", "en"}, {"en", "en", "en", "en"}}};
constexpr Endings kMixedEndings = {
    {{"er", "e", "es", "en"}, {"en", "e", "es", "en"}, {"en", "en", "en", "en"}, {"en", "en", "en", "en"}}};

constexpr std::array<const char*, 20> kGermanSmall = {
    "null", "eins", "zwei",  "drei",     "vier",     "fünf",     "sechs",    "sieben",   "acht",     "neun",
    "zehn", "elf",  "zwölf", "dreizehn", "vierzehn", "fünfzehn", "sechzehn", "siebzehn", "achtzehn", "neunzehn"};
constexpr std::array<const char*, 10> kGermanTens = {"",        "",        "zwanzig", "dreißig", "vierzig",
                                                     "fünfzig", "sechzig", "siebzig", "achtzig", "neunzig"};
constexpr std::array<const char*, 20> kEnglishSmall = {
    "zero", "one",    "two",    "three",    "four",     "five",    "six",     "seven",     "eight",    "nine",
    "ten",  "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"};
constexpr std::array<const char*, 10> kEnglishTens = {"",      "",      "twenty",  "thirty", "forty",
                                                      "fifty", "sixty", "seventy", "eighty", "ninety"};

void require_two_digits(int value) {
  if (value < 0 || value > 99) throw std::out_of_range("number words exist for 0 to 99");
}

bool is_be(const EnglishForms& forms) {
  return std::string_view(forms.base) == "be";
}
bool is_plural(Person person) {
  return person == Person::first_plural || person == Person::third_plural;
}

}  // namespace

std::string german_noun(const Noun& noun, Case grammatical_case, Number number) {
  if (number == Number::plural) return grammatical_case == Case::dative ? noun.dative_plural : noun.plural;
  if (grammatical_case == Case::nominative) return noun.german;
  if (grammatical_case == Case::genitive || noun.weak) return noun.genitive;
  return noun.german;
}

std::string german_article(Gender gender, Case grammatical_case, Number number) {
  return ending(kArticles, gender, grammatical_case, number);
}

std::string ein_word(const std::string& stem, Gender gender, Case grammatical_case, Number number) {
  return stem + ending(kEinEndings, gender, grammatical_case, number);
}

std::string der_word(const std::string& stem, Gender gender, Case grammatical_case, Number number) {
  return stem + ending(kDerEndings, gender, grammatical_case, number);
}

std::string german_adjective(const Adjective& adjective, Declension declension, Gender gender, Case grammatical_case,
                             Number number) {
  const Endings& endings = declension == Declension::strong ? kStrongEndings
                           : declension == Declension::weak ? kWeakEndings
                                                            : kMixedEndings;
  return std::string(adjective.stem) + ending(endings, gender, grammatical_case, number);
}

std::string relative_pronoun(Gender gender, Case grammatical_case, Number number) {
  if (grammatical_case == Case::genitive)
    return number == Number::plural || gender == Gender::feminine ? "deren" : "dessen";
  if (grammatical_case == Case::dative && number == Number::plural) return "denen";
  return german_article(gender, grammatical_case, number);
}

std::string contract(const std::string& preposition, const std::string& article) {
  constexpr std::array<std::array<const char*, 3>, 6> kContractions = {{{"in", "dem", "im"},
                                                                        {"in", "das", "ins"},
                                                                        {"an", "dem", "am"},
                                                                        {"zu", "dem", "zum"},
                                                                        {"zu", "der", "zur"},
                                                                        {"von", "dem", "vom"}}};
  for (const auto& [first, second, joined] : kContractions)
    if (preposition == first && article == second) return joined;
  return preposition + " " + article;
}

std::string german_number(int value) {
  require_two_digits(value);
  if (value < 20) return kGermanSmall[static_cast<std::size_t>(value)];
  const std::string tens = kGermanTens[static_cast<std::size_t>(value / 10)];
  const int unit = value % 10;
  if (unit == 0) return tens;
  return (unit == 1 ? std::string("ein") : german_number(unit)) + "und" + tens;
}

std::string english_number(int value) {
  require_two_digits(value);
  if (value < 20) return kEnglishSmall[static_cast<std::size_t>(value)];
  const std::string tens = kEnglishTens[static_cast<std::size_t>(value / 10)];
  return value % 10 == 0 ? tens : tens + "-" + english_number(value % 10);
}

std::string german_present(const Verb& verb, Person person) {
  if (is_plural(person)) return is_be(verb.english) ? "sind" : verb.german.infinitive;
  return person == Person::first_singular ? verb.german.first : verb.german.third;
}

std::string english_present(const EnglishForms& forms, Person person) {
  if (person == Person::third_singular) return forms.third;
  if (!is_be(forms)) return forms.base;
  return is_plural(person) ? "are" : "am";
}

std::string english_past(const EnglishForms& forms, Person person) {
  return is_be(forms) && is_plural(person) ? "were" : forms.past;
}

std::string indefinite_article(const std::string& next_word) {
  return std::string_view("aeiou").find(next_word.front()) == std::string_view::npos ? "a" : "an";
}

std::string english_genitive(const Noun& noun, Number number) {
  if (number == Number::singular) return std::string(noun.english) + "'s";
  const std::string plural = noun.english_plural;
  return plural + (plural.ends_with('s') ? "'" : "'s");
}

}  // namespace heed::demo
