#include "demo_shapes.h"

namespace heed::demo {
namespace {

constexpr Verbs kMeetings = {
    &verbs::kKnow,   &verbs::kHelp,     &verbs::kVisit, &verbs::kCall,    &verbs::kSee,
    &verbs::kInvite, &verbs::kTalkWith, &verbs::kThank, &verbs::kWaitFor, &verbs::kPickUp,
};

}  // namespace

Bilingual relative_subject(Dice& dice) {
  NounPhrase subject =
      draw_subject(dice, {.kinds = kAdult | kArtist | kChild, .pronouns = false, .definite = true, .plain = true});
  subject.count = 0;
  const Uses uses = dice.chance(60) ? kOngoing : kPast;
  const Clause about = draw_bare(dice, uses, subject, frame_among(dice, kPastimes, kind_of(subject), uses));
  const NounPhrase described = with_relative_clause(subject, about, Gap::subject);
  if (dice.chance(55)) {
    const Bilingual state = pick_predicate(dice, {"tired", "happy", "sad", "friendly", "clever"});
    return statement(predicate(described, state, Tense::present));
  }
  const Frame& frame = draw_frame(dice, frames(), [&](const Frame& each) {
    return (each.subjects & subject.noun->kind) != 0 && each.verb != about.verb &&
           is_one_of(each.verb,
                     {&verbs::kLive, &verbs::kKnow, &verbs::kHelp, &verbs::kVisit, &verbs::kCall, &verbs::kGo});
  });
  return statement(draw_bare(dice, kPast | kFuture | kState, described, frame));
}

Bilingual relative_person(Dice& dice) {
  const NounPhrase subject = draw_subject(dice, {.definite = true, .plain = true});
  NounPhrase met =
      draw_subject(dice, {.kinds = kAdult | kArtist | kChild, .pronouns = false, .definite = true, .plain = true});
  while (same_noun(met, subject)) met.noun = &noun(dice.chance(50) ? "man" : "woman");

  const bool past = dice.chance(60);
  const Uses main_uses = past ? kPast : kFuture | kState, uses = past ? kPast : kOngoing;
  const Frame& frame = frame_among(dice, kMeetings, kind_of(subject), main_uses);
  if (dice.chance(55)) {
    met.count = 0;
    const Clause about = draw_bare(dice, uses, met, frame_among(dice, kPastimes, kind_of(met), uses));
    met = with_relative_clause(met, about, Gap::subject);
  } else {
    NounPhrase other = draw_subject(dice, {.definite = true, .plain = true});
    while (same_noun(other, subject) || same_noun(other, met) || person_of(other) == person_of(subject))
      other = draw_subject(dice, {.definite = true, .plain = true});
    const Frame& before = draw_frame(dice, frames(), [&](const Frame& each) {
      return each.verb != frame.verb && is_one_of(each.verb, kMeetings) && (each.subjects & kind_of(other)) != 0 &&
             (each.uses & uses) != 0;
    });
    const Clause about = draw_clause(dice, {.uses = uses,
                                            .subject = &other,
                                            .frame = &before,
                                            .object = &met,
                                            .time = false,
                                            .modal = false,
                                            .negation = false,
                                            .place = false});
    met = with_relative_clause(met, about, Gap::object);
  }
  Clause main = draw_clause(dice, {.uses = main_uses,
                                   .subject = &subject,
                                   .frame = &frame,
                                   .object = &met,
                                   .time = dice.chance(30),
                                   .modal = past && dice.chance(40),
                                   .negation = false,
                                   .place = false});
  return statement(main);
}

Bilingual relative_thing(Dice& dice) {
  const NounPhrase subject = draw_subject(dice, {.definite = true, .plain = true});
  NounPhrase other = draw_subject(dice, {.kinds = kGrownUp, .definite = true, .plain = true});
  while (same_noun(other, subject) || person_of(other) == person_of(subject))
    other = draw_subject(dice, {.kinds = kGrownUp, .definite = true, .plain = true});

  constexpr Uses kMainUses = kOngoing | kPast;
  const Frame& frame =
      frame_among(dice, {&verbs::kLookFor, &verbs::kRead, &verbs::kEat, &verbs::kWear}, kind_of(subject), kMainUses);
  const Roles roles = frame.verb == &verbs::kLookFor ? kWorn : frame.objects;
  NounPhrase thing{.noun = draw_object(dice, {.roles = roles, .countable = true}, subject).noun};
  if ((thing.noun->kind & kStaple) != 0) thing.number = Number::plural;
  const Frame& before = draw_frame(dice, frames(), [&](const Frame& each) {
    return (each.objects & thing.noun->roles) != 0 && each.verb != frame.verb &&
           is_one_of(each.verb, {&verbs::kBuy, &verbs::kBake, &verbs::kWrite, &verbs::kFind}) &&
           (each.verb != &verbs::kFind || (thing.noun->roles & kOwned) == 0);
  });
  const Clause about = draw_clause(dice, {.uses = kPast,
                                          .subject = &other,
                                          .frame = &before,
                                          .object = &thing,
                                          .time = dice.chance(30),
                                          .opening = false,
                                          .modal = false,
                                          .negation = false,
                                          .place = false});
  thing = with_relative_clause(thing, about, Gap::object);
  return statement(draw_clause(dice, {.uses = kMainUses,
                                      .subject = &subject,
                                      .frame = &frame,
                                      .object = &thing,
                                      .time = false,
                                      .negation = false,
                                      .place = false}));
}

}  // namespace heed::demo
