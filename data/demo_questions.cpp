#include <utility>

#include "demo_shapes.h"

namespace heed::demo {
namespace {

/// A question whose front words stand for `gap`.
Bilingual asked(Clause clause, Gap gap, Bilingual front) {
  clause.gap = gap;
  clause.front = std::move(front);
  return with_mark({english_question(clause), german_verb_second(clause)}, "?");
}

Clause clause_to_ask(Dice& dice, const Frame& frame) {
  return draw_clause(dice, {.uses = kEpisodes,
                            .subject_wish = {.speakers = false, .definite = true},
                            .frame = &frame,
                            .opening = false,
                            .negation = false,
                            .place = false});
}

Bilingual whether(Dice& dice) {
  return yes_no_question(
      draw_clause(dice, {.subject_wish = {.kinds = kAnyPerson | kPet, .speakers = false, .definite = true},
                         .opening = false,
                         .negation = false}));
}

Bilingual who(Dice& dice) {
  // Nobody in particular: a possessive would have to know who it is.
  const NounPhrase somebody{.noun = &noun("child")};
  const Frame& frame = draw_frame(
      dice, frames(), [](const Frame& each) { return (each.subjects & kAdult) != 0 && (each.uses & kEpisodes) != 0; });
  return asked(draw_clause(dice, {.uses = kEpisodes,
                                  .subject = &somebody,
                                  .frame = &frame,
                                  .opening = false,
                                  .modal = false,
                                  .negation = false}),
               Gap::subject, {"who", "wer"});
}

Bilingual whom(Dice& dice) {
  const Frame& frame = draw_frame(dice, frames(), [](const Frame& each) {
    return each.objects == kMet && (each.uses & kEpisodes) != 0 && *each.verb->preposition == '\0';
  });
  const bool dative = frame.verb->object_case == Case::dative;
  return asked(clause_to_ask(dice, frame), Gap::object, {"who", dative ? "wem" : "wen"});
}

bool asks_for_a_thing(const Frame& frame) {
  return frame.objects != 0 && (frame.objects & (kMet | kFed | kOpened)) == 0 && *frame.verb->preposition == '\0' &&
         !frame.place_needed && (frame.uses & kEpisodes) != 0;
}

Bilingual what(Dice& dice) {
  const Frame& frame = draw_frame(dice, frames(), asks_for_a_thing);
  return asked(clause_to_ask(dice, frame), Gap::object, {"what", "was"});
}

/// "Which" and "how many" take the object along to the front.
Bilingual which(Dice& dice) {
  const bool how_many = dice.chance(45);
  const Frame& frame = draw_frame(dice, frames(), [&](const Frame& each) {
    return asks_for_a_thing(each) && (each.objects & (kDrunk | kTidied)) == 0 && each.style != ObjectStyle::made &&
           (!how_many || (!each.single_object && each.style != ObjectStyle::specific));
  });
  Clause clause = clause_to_ask(dice, frame);
  const Noun* noun_asked = draw_object(dice, {.roles = frame.objects, .countable = true}, clause.subject).noun;
  const bool plural = how_many || (noun_asked->kind & kStaple) != 0;
  clause.object = NounPhrase{.noun = noun_asked,
                             .number = plural ? Number::plural : Number::singular,
                             .determiner = how_many ? Determiner::how_many : Determiner::interrogative};
  return asked(clause, Gap::object,
               {english_phrase(*clause.object, false), german_phrase(*clause.object, frame.verb->object_case)});
}

Bilingual where(Dice& dice) {
  const bool movement = dice.chance(40);
  const Frame& frame = draw_frame(dice, frames(), [&](const Frame& each) {
    return movement ? is_one_of(each.verb, {&verbs::kGo, &verbs::kRun, &verbs::kTravel})
                    : is_one_of(each.verb, {&verbs::kSleep, &verbs::kWork, &verbs::kPlay, &verbs::kLive, &verbs::kSit,
                                            &verbs::kBuy});
  });
  Clause clause = draw_clause(dice, {.subject_wish = {.kinds = kAnyPerson | kPet, .speakers = false, .definite = true},
                                     .frame = &frame,
                                     .opening = false,
                                     .modal = false,
                                     .negation = false});
  clause.place = clause.company = clause.manner = clause.transport = clause.frequency = {};
  return asked(clause, Gap::adverbial, {"where", movement ? "wohin" : "wo"});
}

Bilingual when_or_why(Dice& dice) {
  const bool when = dice.chance(50);
  const Clause clause = draw_clause(dice, {.uses = when ? kPast | kFuture : kEpisodes,
                                           .subject_wish = {.speakers = false, .definite = true},
                                           .time = !when,
                                           .opening = false,
                                           .modal = !when,
                                           .negation = !when});
  return asked(clause, Gap::adverbial, when ? Bilingual{"when", "wann"} : Bilingual{"why", "warum"});
}

}  // namespace

Bilingual question(Dice& dice) {
  constexpr Bilingual (*kQuestions[])(Dice&) = {who, whom, what, which, where, when_or_why, whether, whether};
  return kQuestions[dice.below(std::size(kQuestions))](dice);
}

}  // namespace heed::demo
