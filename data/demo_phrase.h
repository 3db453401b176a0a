#pragma once

#include <memory>
#include <string>

#include "demo_words.h"

/// Noun phrases, held once and written in both languages.
namespace heed::demo {

/// Words of both languages that mean the same.
struct Bilingual {
  std::string english;
  std::string german;
};

enum class Determiner {
  none,           ///< bread, apples
  definite,       ///< the
  indefinite,     ///< a; nothing in the plural
  negative,       ///< kein; English says "not" at the verb and keeps "a"
  demonstrative,  ///< this
  interrogative,  ///< which
  how_many,
  many,
  some,
  my,
  our,
  his,
  her,
  their,
};

enum class Pronoun { none, i, we, he, she, it, they };

struct Clause;

struct NounPhrase {
  const Noun* noun = nullptr;  ///< of a pronoun: what it stands for, which decides how "it" is said; may be null
  Pronoun pronoun = Pronoun::none;
  Number number = Number::singular;
  Determiner determiner = Determiner::definite;
  int count = 0;  ///< "three", 0 for none
  const Adjective* adjective = nullptr;
  std::shared_ptr<const NounPhrase>
      owner{};  ///< the neighbour's dog, der Hund des Nachbarn; takes the determiner's place
  std::shared_ptr<const Clause> relative{};  ///< written by the clause, because German may move it to its end
};

Person person_of(const NounPhrase& phrase);
/// `subject` chooses between he and him.
std::string english_phrase(const NounPhrase& phrase, bool subject);
std::string german_phrase(const NounPhrase& phrase, Case grammatical_case);
Bilingual prepositional_phrase(const Preposition& preposition, const NounPhrase& phrase);

/// Joins words with spaces and leaves out empty ones.
class Words {
 public:
  Words& add(const std::string& words);
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace heed::demo
