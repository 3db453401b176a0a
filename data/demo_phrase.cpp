#include "demo_phrase.h"

#include <array>

#include "demo_morphology.h"

namespace heed::demo {
namespace {

const char* english_determiner(Determiner determiner, Number number) {
  switch (determiner) {
    case Determiner::definite:
      return "the";
    case Determiner::demonstrative:
      return number == Number::plural ? "these" : "this";
    case Determiner::interrogative:
      return "which";
    case Determiner::how_many:
      return "how many";
    case Determiner::many:
      return "many";
    case Determiner::some:
      return "some";
    case Determiner::my:
      return "my";
    case Determiner::our:
      return "our";
    case Determiner::his:
      return "his";
    case Determiner::her:
      return "her";
    case Determiner::their:
      return "their";
    case Determiner::none:
    case Determiner::indefinite:
    case Determiner::negative:
      break;
  }
  return "";
}

const char* ein_stem(Determiner determiner) {
  switch (determiner) {
    case Determiner::indefinite:
      return "ein";
    case Determiner::negative:
      return "kein";
    case Determiner::my:
      return "mein";
    case Determiner::our:
      return "unser";
    case Determiner::his:
      return "sein";
    default:
      return "ihr";
  }
}

std::string german_determiner(Determiner determiner, Gender gender, Case grammatical_case, Number number) {
  switch (determiner) {
    case Determiner::none:
      return "";
    case Determiner::definite:
      return german_article(gender, grammatical_case, number);
    case Determiner::demonstrative:
      return der_word("dies", gender, grammatical_case, number);
    case Determiner::interrogative:
      return der_word("welch", gender, grammatical_case, number);
    case Determiner::how_many:
      return "wie " + der_word("viel", gender, grammatical_case, number);
    case Determiner::many:
      return der_word("viel", gender, grammatical_case, number);
    case Determiner::some:
      return der_word("einig", gender, grammatical_case, number);
    case Determiner::indefinite:
      if (number == Number::plural) return "";
      [[fallthrough]];
    default:
      return ein_word(ein_stem(determiner), gender, grammatical_case, number);
  }
}

Declension declension_after(Determiner determiner, Number number) {
  switch (determiner) {
    case Determiner::none:
    case Determiner::how_many:
    case Determiner::many:
    case Determiner::some:
      return Declension::strong;
    case Determiner::indefinite:
      return number == Number::plural ? Declension::strong : Declension::mixed;
    case Determiner::definite:
    case Determiner::demonstrative:
    case Determiner::interrogative:
      return Declension::weak;
    default:
      return Declension::mixed;
  }
}

std::string english_pronoun(Pronoun pronoun, bool subject) {
  switch (pronoun) {
    case Pronoun::i:
      return subject ? "I" : "me";
    case Pronoun::we:
      return subject ? "we" : "us";
    case Pronoun::he:
      return subject ? "he" : "him";
    case Pronoun::she:
      return subject ? "she" : "her";
    case Pronoun::they:
      return subject ? "they" : "them";
    default:
      return "it";
  }
}

std::string german_pronoun(const NounPhrase& phrase, Case grammatical_case) {
  using Forms = std::array<const char*, 3>;  // nominative, accusative, dative
  constexpr Forms kI = {"ich", "mich", "mir"}, kWe = {"wir", "uns", "uns"}, kThey = {"sie", "sie", "ihnen"};
  constexpr std::array<Forms, 3> kSingular = {{{"er", "ihn", "ihm"}, {"sie", "sie", "ihr"}, {"es", "es", "ihm"}}};
  const auto form = static_cast<std::size_t>(grammatical_case);
  switch (phrase.pronoun) {
    case Pronoun::i:
      return kI.at(form);
    case Pronoun::we:
      return kWe.at(form);
    case Pronoun::they:
      return kThey.at(form);
    case Pronoun::he:
      return kSingular[0].at(form);
    case Pronoun::she:
      return kSingular[1].at(form);
    default:
      break;
  }
  const Gender gender = phrase.noun == nullptr ? Gender::neuter : phrase.noun->gender;
  return kSingular[static_cast<std::size_t>(gender)].at(form);
}

/// Everything of a German noun phrase but its determiner.
std::string german_rest(const NounPhrase& phrase, Case grammatical_case) {
  const Noun& noun = *phrase.noun;
  Words words;
  if (phrase.count > 0) words.add(german_number(phrase.count));
  if (phrase.adjective != nullptr)
    words.add(german_adjective(*phrase.adjective, declension_after(phrase.determiner, phrase.number), noun.gender,
                               grammatical_case, phrase.number));
  words.add(german_noun(noun, grammatical_case, phrase.number));
  if (phrase.owner) words.add(german_phrase(*phrase.owner, Case::genitive));
  return words.text();
}

/// An English noun phrase whose noun is written `form`.
std::string english_with_noun(const NounPhrase& phrase, const std::string& form) {
  Words rest;
  if (phrase.count > 0) rest.add(english_number(phrase.count));
  if (phrase.adjective != nullptr) rest.add(phrase.adjective->english);
  rest.add(form);

  if (phrase.owner) {
    const NounPhrase& owner = *phrase.owner;
    return english_with_noun(owner, english_genitive(*owner.noun, owner.number)) + " " + rest.text();
  }
  const bool article = phrase.determiner == Determiner::indefinite || phrase.determiner == Determiner::negative;
  if (!article) return Words().add(english_determiner(phrase.determiner, phrase.number)).add(rest.text()).text();
  if (phrase.number == Number::plural || phrase.noun->plurals == Plurals::mass) return rest.text();
  return indefinite_article(rest.text()) + " " + rest.text();
}

}  // namespace

Person person_of(const NounPhrase& phrase) {
  switch (phrase.pronoun) {
    case Pronoun::i:
      return Person::first_singular;
    case Pronoun::we:
      return Person::first_plural;
    case Pronoun::they:
      return Person::third_plural;
    case Pronoun::none:
      return phrase.number == Number::plural ? Person::third_plural : Person::third_singular;
    default:
      return Person::third_singular;
  }
}

std::string english_phrase(const NounPhrase& phrase, bool subject) {
  if (phrase.pronoun != Pronoun::none) return english_pronoun(phrase.pronoun, subject);
  return english_with_noun(phrase,
                           phrase.number == Number::plural ? phrase.noun->english_plural : phrase.noun->english);
}

std::string german_phrase(const NounPhrase& phrase, Case grammatical_case) {
  if (phrase.pronoun != Pronoun::none) return german_pronoun(phrase, grammatical_case);
  return Words()
      .add(german_determiner(phrase.determiner, phrase.noun->gender, grammatical_case, phrase.number))
      .add(german_rest(phrase, grammatical_case))
      .text();
}

Bilingual prepositional_phrase(const Preposition& preposition, const NounPhrase& phrase) {
  const std::string english = Words().add(preposition.english).add(english_phrase(phrase, false)).text();
  if (phrase.pronoun != Pronoun::none || phrase.determiner != Determiner::definite)
    return {english, Words().add(preposition.german).add(german_phrase(phrase, preposition.governs)).text()};
  const std::string article = german_article(phrase.noun->gender, preposition.governs, phrase.number);
  return {english,
          Words().add(contract(preposition.german, article)).add(german_rest(phrase, preposition.governs)).text()};
}

Words& Words::add(const std::string& words) {
  if (!text_.empty() && !words.empty()) text_ += ' ';
  text_ += words;
  return *this;
}

}  // namespace heed::demo
