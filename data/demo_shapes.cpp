#include "demo_shapes.h"

#include <string_view>
#include <utility>

namespace heed::demo {

Bilingual with_mark(Bilingual sentence, const char* mark) {
  sentence.english += mark;
  sentence.german += mark;
  return sentence;
}

Bilingual statement(const Clause& clause) {
  return with_mark({english_statement(clause), german_verb_second(clause)}, ".");
}

Bilingual yes_no_question(const Clause& clause) {
  return with_mark({english_question(clause), german_verb_first(clause)}, "?");
}

Clause predicate(NounPhrase subject, Bilingual words, Tense tense) {
  subject.adjective = nullptr;
  return {.subject = std::move(subject), .verb = &verbs::kBe, .tense = tense, .predicate = std::move(words)};
}

Bilingual predicate_words(std::string_view english_adjective) {
  const Adjective& each = adjective(english_adjective);
  return {each.english, each.german};
}

Bilingual pick_predicate(Dice& dice, std::initializer_list<const char*> english_adjectives) {
  return predicate_words(pick_word(dice, english_adjectives));
}

bool is_one_of(const Verb* verb, Verbs verbs) {
  for (const Verb* each : verbs)
    if (each == verb) return true;
  return false;
}

const char* pick_word(Dice& dice, std::initializer_list<const char*> words) {
  return words.begin()[dice.below(words.size())];
}

const Frame& frame_among(Dice& dice, Verbs verbs, Kinds subject, Uses uses) {
  return draw_frame(dice, frames(), [&](const Frame& frame) {
    return is_one_of(frame.verb, verbs) && (frame.subjects & subject) != 0 && (frame.uses & uses) != 0;
  });
}

bool same_noun(const NounPhrase& one, const NounPhrase& other) {
  return one.noun != nullptr && one.noun == other.noun;
}

Clause draw_bare(Dice& dice, Uses uses, const NounPhrase& subject, const Frame& frame_of_verb) {
  Frame frame = frame_of_verb;
  frame.place_needed = frame.place_needed || (frame.objects == 0 && frame.place != 0);
  return draw_clause(dice, {.uses = uses,
                            .subject = &subject,
                            .frame = &frame,
                            .time = false,
                            .modal = false,
                            .negation = false,
                            .place = false});
}

}  // namespace heed::demo
