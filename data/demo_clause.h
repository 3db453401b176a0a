#pragma once

#include <optional>
#include <string>

#include "demo_phrase.h"
#include "demo_words.h"

/// Clauses: one structure, two word orders. English keeps subject, verb, object; German puts the finite verb second
/// (main clause), first (question, or after an opening clause) or last (subordinate clause), and everything else of the
/// verb to the end.
namespace heed::demo {

enum class Tense {
  present,      ///< reads
  progressive,  ///< is reading; German has the present tense for both
  past,         ///< read; German perfect, preterite for be, have and modal verbs
  future,       ///< will read
};

/// What a relative or interrogative pronoun at the front stands for, and is therefore missing in its place.
enum class Gap { none, subject, recipient, object, adverbial };

/// Adverbials are already written in both languages; empty ones are left out.
struct Clause {
  NounPhrase subject{};
  const Verb* verb = nullptr;
  Tense tense = Tense::present;
  const Modal* modal = nullptr;
  bool negated = false;
  std::optional<NounPhrase> recipient{};
  std::optional<NounPhrase> object{};
  Bilingual opening{};  ///< before the subject in English, in first place in German
  Bilingual frequency{};
  Bilingual time{};
  Bilingual manner{};
  Bilingual company{};
  Bilingual transport{};
  Bilingual place{};
  Bilingual predicate{};  ///< of "be": tired, eighty years old
  Gap gap = Gap::none;
  Bilingual front{};  ///< the pronoun in front of a clause with a gap
};

std::string english_statement(const Clause& clause);
/// With a gap, the front words come first: what is the man reading.
std::string english_question(const Clause& clause);
/// "to" and what follows; without the subject.
std::string english_infinitive(const Clause& clause);

std::string german_verb_second(const Clause& clause);
std::string german_verb_first(const Clause& clause);
std::string german_verb_final(const Clause& clause);
/// With "zu", which goes between separable prefix and stem: anzurufen.
std::string german_infinitive(const Clause& clause);

/// The noun phrase with a relative clause about it. `clause` is complete but for the gap's words; what it says of the
/// gap's phrase is not read.
NounPhrase with_relative_clause(NounPhrase phrase, Clause clause, Gap gap);

}  // namespace heed::demo
