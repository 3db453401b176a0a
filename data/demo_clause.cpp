#include "demo_clause.h"

#include <utility>

#include "demo_lexicon.h"
#include "demo_morphology.h"

namespace heed::demo {
namespace {

bool is_plural(Person person) {
  return person == Person::first_plural || person == Person::third_plural;
}

/// The finite auxiliary, which "not" follows and questions put first, and the rest. Without an auxiliary, the rest is
/// finite.
struct EnglishVerb {
  std::string auxiliary;
  std::string rest;
};

std::string english_finite(const EnglishForms& forms, Person person, bool past) {
  return past ? english_past(forms, person) : english_present(forms, person);
}

EnglishVerb english_full_verb(const EnglishForms& forms, Person person, bool past, bool needs_auxiliary) {
  if (!needs_auxiliary) return {"", english_finite(forms, person, past)};
  return {past ? "did" : person == Person::third_singular ? "does" : "do", forms.base};
}

EnglishVerb english_verb(const Clause& clause, bool needs_auxiliary) {
  const EnglishForms& forms = clause.verb->english;
  const Person person = person_of(clause.subject);
  const bool past = clause.tense == Tense::past;
  if (clause.modal != nullptr) {
    const Modal& modal = *clause.modal;
    const std::string infinitive = Words().add(modal.english_link).add(forms.base).text();
    if (modal.auxiliary) return {english_finite(modal.english, person, past), infinitive};
    EnglishVerb verb = english_full_verb(modal.english, person, past, needs_auxiliary);
    verb.rest += " " + infinitive;
    return verb;
  }
  if (clause.tense == Tense::future) return {"will", forms.base};
  if (clause.verb == &verbs::kBe) return {english_finite(forms, person, past), ""};
  if (clause.tense == Tense::progressive) return {english_present(verbs::kBe.english, person), forms.progressive};
  return english_full_verb(forms, person, past, needs_auxiliary);
}

std::string english_with_relative(const NounPhrase& phrase, bool subject) {
  Words words;
  words.add(english_phrase(phrase, subject));
  if (phrase.relative) words.add(phrase.relative->front.english).add(english_statement(*phrase.relative));
  return words.text();
}

/// Everything behind the verb.
void add_english_complements(Words& words, const Clause& clause) {
  const Verb& verb = *clause.verb;
  const bool pronoun_object = clause.object && clause.object->pronoun != Pronoun::none;
  const bool particle_last = verb.particle_moves && pronoun_object;
  if (!particle_last) words.add(verb.particle);
  if (clause.recipient && clause.gap != Gap::recipient) words.add(english_phrase(*clause.recipient, false));
  if (clause.object && clause.gap != Gap::object) words.add(english_with_relative(*clause.object, false));
  if (particle_last) words.add(verb.particle);
  words.add(clause.predicate.english).add(clause.manner.english);
  if (verb.moves) words.add(clause.place.english).add(clause.transport.english).add(clause.company.english);
  if (!verb.moves) words.add(clause.company.english).add(clause.place.english);
  words.add(clause.time.english);
}

/// The German verb in its parts. `infinite` (participle or infinitive) is empty in the simple tenses.
struct GermanVerb {
  std::string finite;
  std::string prefix;
  std::string infinite;

  /// What closes a clause whose finite verb stands earlier: "ab", "abgeholt".
  std::string closing() const { return infinite.empty() ? prefix : infinite; }
  /// All of it, as it ends a subordinate clause: "abholt", "abgeholt hat".
  std::string joined() const { return infinite.empty() ? prefix + finite : infinite + " " + finite; }
};

std::string preterite(const char* singular, Person person) {
  const std::string form = singular;
  if (!is_plural(person)) return form;
  return form + (form.ends_with('e') ? "n" : "en");
}

std::string german_modal(const Modal& modal, Person person, bool past) {
  if (past) return std::string(modal.german_past) + (is_plural(person) ? "n" : "");
  return is_plural(person) ? modal.german_plural : modal.german_singular;
}

std::string german_will(Person person) {
  if (is_plural(person)) return "werden";
  return person == Person::first_singular ? "werde" : "wird";
}

GermanVerb german_verb(const Clause& clause) {
  const Verb& verb = *clause.verb;
  const Person person = person_of(clause.subject);
  const std::string infinitive = std::string(verb.prefix) + verb.german.infinitive;
  const bool past = clause.tense == Tense::past;
  if (clause.modal != nullptr && *clause.modal->german_adverb == '\0')
    return {german_modal(*clause.modal, person, past), "", infinitive};
  if (clause.tense == Tense::future) return {german_will(person), "", infinitive};
  if (!past) return {german_present(verb, person), verb.prefix, ""};
  if (*verb.preterite != '\0') return {preterite(verb.preterite, person), verb.prefix, ""};
  return {german_present(verb.moves ? verbs::kBe : verbs::kHave, person), "", verb.german.participle};
}

bool takes_kein(const NounPhrase& phrase) {
  return phrase.pronoun == Pronoun::none && phrase.count == 0 && !phrase.owner &&
         (phrase.determiner == Determiner::indefinite || phrase.determiner == Determiner::none);
}

NounPhrase negated_by_kein(NounPhrase phrase) {
  phrase.determiner = Determiner::negative;
  return phrase;
}

std::string german_subject(const Clause& clause) {
  if (clause.gap == Gap::subject) return "";
  const NounPhrase& subject = clause.subject;
  const std::string phrase = german_phrase(subject, Case::nominative);
  if (!subject.relative) return phrase;
  return phrase + ", " + subject.relative->front.german + " " + german_verb_final(*subject.relative) + ",";
}

/// What stands between the finite verb's place and the end: pronouns, time, recipient, object, "nicht", ways and
/// means, place. `with_opening`: the opening is here, because another part has the first place or there is none.
std::string german_middle(const Clause& clause, bool with_opening) {
  const Verb& verb = *clause.verb;
  const bool has_object = clause.object && clause.gap != Gap::object;
  const bool bare_object = has_object && *verb.preposition == '\0';
  const bool pronoun_object = bare_object && clause.object->pronoun != Pronoun::none;
  const bool kein = clause.negated && bare_object && takes_kein(*clause.object);

  const bool has_recipient = clause.recipient && clause.gap != Gap::recipient;
  const bool pronoun_recipient = has_recipient && clause.recipient->pronoun != Pronoun::none;

  Words words;
  if (pronoun_object) words.add(german_phrase(*clause.object, verb.object_case));
  if (pronoun_recipient) words.add(german_phrase(*clause.recipient, Case::dative));
  if (with_opening) words.add(clause.opening.german);
  words.add(clause.frequency.german).add(clause.time.german);
  if (has_recipient && !pronoun_recipient) words.add(german_phrase(*clause.recipient, Case::dative));
  if (clause.modal != nullptr) words.add(clause.modal->german_adverb);
  if (bare_object && !pronoun_object)
    words.add(german_phrase(kein ? negated_by_kein(*clause.object) : *clause.object, verb.object_case));
  if (clause.negated && !kein) words.add("nicht");
  words.add(clause.manner.german).add(clause.company.german).add(clause.transport.german).add(clause.place.german);
  if (has_object && !bare_object) words.add(verb.preposition).add(german_phrase(*clause.object, verb.object_case));
  return words.add(clause.predicate.german).text();
}

/// A relative clause about the object goes behind the verb.
std::string german_extraposed(const Clause& clause) {
  if (!clause.object || !clause.object->relative) return "";
  const Clause& relative = *clause.object->relative;
  return relative.front.german + " " + german_verb_final(relative);
}

std::string german_closed(Words words, const Clause& clause) {
  const std::string extraposed = german_extraposed(clause);
  return extraposed.empty() ? words.text() : words.text() + ", " + extraposed;
}

}  // namespace

std::string english_statement(const Clause& clause) {
  const EnglishVerb verb = english_verb(clause, clause.negated);
  Words words;
  words.add(clause.opening.english);
  if (clause.gap != Gap::subject) words.add(english_with_relative(clause.subject, true));
  if (clause.negated && verb.auxiliary == "can")
    words.add("cannot");
  else
    words.add(verb.auxiliary).add(clause.negated ? "not" : "");
  words.add(clause.frequency.english).add(verb.rest);
  add_english_complements(words, clause);
  return words.text();
}

std::string english_question(const Clause& clause) {
  if (clause.gap == Gap::subject) return clause.front.english + " " + english_statement(clause);
  const EnglishVerb verb = english_verb(clause, true);
  Words words;
  words.add(clause.front.english).add(verb.auxiliary).add(english_phrase(clause.subject, true));
  words.add(clause.negated ? "not" : "").add(clause.frequency.english).add(verb.rest);
  add_english_complements(words, clause);
  return words.text();
}

std::string english_infinitive(const Clause& clause) {
  Words words;
  words.add("to").add(clause.verb->english.base);
  add_english_complements(words, clause);
  return words.text();
}

std::string german_verb_second(const Clause& clause) {
  const GermanVerb verb = german_verb(clause);
  const bool opened = !clause.opening.german.empty();
  Words words;
  if (clause.gap != Gap::none) {
    words.add(clause.front.german).add(verb.finite).add(german_subject(clause));
  } else if (opened) {
    words.add(clause.opening.german).add(verb.finite).add(german_subject(clause));
  } else {
    words.add(german_subject(clause)).add(verb.finite);
  }
  words.add(german_middle(clause, false)).add(verb.closing());
  return german_closed(words, clause);
}

std::string german_verb_first(const Clause& clause) {
  const GermanVerb verb = german_verb(clause);
  return german_closed(
      Words().add(verb.finite).add(german_subject(clause)).add(german_middle(clause, true)).add(verb.closing()),
      clause);
}

std::string german_verb_final(const Clause& clause) {
  return german_closed(
      Words().add(german_subject(clause)).add(german_middle(clause, true)).add(german_verb(clause).joined()), clause);
}

std::string german_infinitive(const Clause& clause) {
  const std::string prefix = clause.verb->prefix, infinitive = clause.verb->german.infinitive;
  return german_closed(
      Words().add(german_middle(clause, true)).add(prefix.empty() ? "zu " + infinitive : prefix + "zu" + infinitive),
      clause);
}

NounPhrase with_relative_clause(NounPhrase phrase, Clause clause, Gap gap) {
  const bool person = (phrase.noun->kind & kAnyPerson) != 0;
  const bool with_preposition = gap == Gap::object && *clause.verb->preposition != '\0';
  Case grammatical_case = Case::nominative;
  if (gap == Gap::object) grammatical_case = clause.verb->object_case;
  if (gap == Gap::recipient) grammatical_case = Case::dative;
  if (gap == Gap::subject) clause.subject = phrase;

  clause.gap = gap;
  clause.front.english = !person ? "that" : gap == Gap::subject ? "who" : "whom";
  clause.front.german = Words()
                            .add(with_preposition ? clause.verb->preposition : "")
                            .add(relative_pronoun(phrase.noun->gender, grammatical_case, phrase.number))
                            .text();
  phrase.relative = std::make_shared<const Clause>(std::move(clause));
  return phrase;
}

}  // namespace heed::demo
