#include <string_view>
#include <vector>

#include "demo_draw.h"
#include "demo_morphology.h"

namespace heed::demo {
namespace {

Bilingual both(const Expression& expression) {
  return {expression.english, expression.german};
}

Bilingual draw_place(Dice& dice, Scenes scenes) {
  const auto fitting = those(spots(), [&](const Spot& each) { return (each.scenes & scenes) != 0; });
  const Spot& spot = *fitting[dice.below(fitting.size())];
  if (*spot.noun == '\0') return both(spot.words);
  NounPhrase phrase{.noun = &noun(spot.noun)};
  phrase.adjective = draw_adjective(dice, *phrase.noun, 18);
  return prepositional_phrase(spot.preposition, phrase);
}

Bilingual draw_company(Dice& dice, const Verb& verb, const NounPhrase& subject) {
  const bool dogs_like_it = verb.moves || &verb == &verbs::kPlay;
  if (dogs_like_it && kind_of(subject) != kAdult && dice.chance(20)) {
    NounPhrase dog{.noun = &noun("dog"), .determiner = possessive_of(subject)};
    dog.adjective = draw_adjective(dice, *dog.noun, 30);
    return prepositional_phrase(kWith, dog);
  }
  return prepositional_phrase(kWith, draw_person(dice, kYoung | kElder | kParent, subject));
}

Uses draw_use(Dice& dice, Uses allowed) {
  constexpr Uses kAll[] = {kOngoing, kHabit, kPast, kFuture, kState};
  std::vector<Uses> fitting;
  for (const Uses use : kAll)
    if ((use & allowed) != 0) fitting.insert(fitting.end(), use == kOngoing || use == kPast ? 2 : 1, use);
  return fitting[dice.below(fitting.size())];
}

Tense tense_of(Uses use) {
  if (use == kOngoing) return Tense::progressive;
  if (use == kPast) return Tense::past;
  return use == kFuture ? Tense::future : Tense::present;
}

/// "two weeks ago", "in three days".
Bilingual draw_distance(Dice& dice, bool past) {
  struct Unit {
    Expression words;
    int most;
  };
  constexpr Unit kUnits[] = {{{"days", "Tagen"}, 6}, {{"weeks", "Wochen"}, 9}, {{"years", "Jahren"}, 12}};
  const Unit& unit = kUnits[dice.below(past ? 3 : 2)];
  const int count = dice.between(2, unit.most);
  const std::string english = english_number(count) + " " + unit.words.english;
  return {past ? english + " ago" : "in " + english,
          (past ? "vor " : "in ") + german_number(count) + " " + unit.words.german};
}

Bilingual draw_time(Dice& dice, Uses use, const Frame& frame) {
  if ((use == kPast || use == kFuture) && !frame.trifle && dice.chance(14)) return draw_distance(dice, use == kPast);
  const Uses uses = use == kHabit ? use | (frame.uses & kSeason) : use;
  const auto fitting = those(time_adverbials(), [&](const TimeAdverbial& each) {
    return (each.uses & uses) != 0 && !(each.distant && frame.trifle) && !(each.evening && frame.mornings);
  });
  return both(fitting[dice.below(fitting.size())]->words);
}

/// The English past of "read" and "put" looks like the present but in the third person.
bool shows_past(const Verb& verb, const NounPhrase& subject) {
  return std::string_view(verb.english.base) != verb.english.past || person_of(subject) == Person::third_singular;
}

/// Grown-ups do not have to be allowed.
bool is_permission(const Modal& modal) {
  return std::string_view(modal.english.base) == "be";
}

void draw_modal(Dice& dice, const Frame& frame, Uses use, Clause& clause) {
  if ((kind_of(clause.subject) & kAnimal) != 0 || !frame.willed) return;
  const Modal& modal = dice.pick(modals());
  const bool likes = *modal.german_adverb != '\0';
  if (likes && use != kHabit) return;
  if (!likes && use != kOngoing && use != kPast) return;
  if (use == kPast && *modal.german_past == '\0') return;
  if (is_permission(modal) && (kind_of(clause.subject) & (kParent | kElder | kArtist)) != 0) return;
  clause.modal = &modal;
  clause.tense = use == kPast ? Tense::past : Tense::present;
}

/// "has to" and "likes to" are left positive: "does not have to" is another "muss nicht", and "gern" wants care.
bool may_negate(const Clause& clause) {
  if (clause.modal == nullptr) return true;
  return clause.modal->auxiliary || std::string_view(clause.modal->english.base) == "want";
}

bool is_definite(const NounPhrase& phrase) {
  return phrase.pronoun != Pronoun::none || phrase.owner ||
         (phrase.determiner != Determiner::indefinite && phrase.determiner != Determiner::none &&
          phrase.determiner != Determiner::many && phrase.determiner != Determiner::some);
}

bool counts(const std::optional<NounPhrase>& phrase) {
  return phrase &&
         (phrase->count > 0 || phrase->determiner == Determiner::many || phrase->determiner == Determiner::some);
}

void draw_when(Dice& dice, const ClauseWish& wish, const Frame& frame, Uses use, Clause& clause) {
  if (use == kHabit) {
    const bool likes = clause.modal != nullptr;
    const bool says_more = clause.object || !clause.place.english.empty() || !clause.manner.english.empty();
    if (!likes && dice.chance(50)) {
      const auto fitting = those(frequencies(), [&](const Frequency& each) { return says_more || !each.needs_more; });
      clause.frequency = both(fitting[dice.below(fitting.size())]->words);
    } else if (!likes || dice.chance(20)) {
      (wish.opening && dice.chance(60) ? clause.opening : clause.time) = draw_time(dice, use, frame);
    }
  } else if (use != kState && dice.chance(52)) {
    const bool open = wish.opening && (clause.negated || dice.chance(60));
    if (open || !clause.negated) (open ? clause.opening : clause.time) = draw_time(dice, use, frame);
  }
}

/// One does not eat the same apple every day.
ObjectStyle style_of(const Frame& frame, Uses use) {
  const bool food = (frame.objects & (kGrocery | kEaten | kDrunk)) != 0;
  return food && use == kHabit ? ObjectStyle::indefinite : frame.style;
}

}  // namespace

Clause draw_clause(Dice& dice, const ClauseWish& wish) {
  const auto suits = [&](const Frame& frame) {
    if ((frame.uses & wish.uses) == 0) return false;
    return wish.subject != nullptr ? (frame.subjects & kind_of(*wish.subject)) != 0
                                   : (frame.subjects & wish.subject_wish.kinds) != 0;
  };
  const Frame& frame = wish.frame != nullptr ? *wish.frame : draw_frame(dice, frames(), suits);
  Clause clause{.verb = frame.verb};

  if (wish.subject != nullptr) {
    clause.subject = *wish.subject;
  } else {
    SubjectWish subject_wish = wish.subject_wish;
    subject_wish.kinds &= frame.subjects;
    clause.subject = draw_subject(dice, subject_wish);
  }

  Uses use = draw_use(dice, frame.uses & wish.uses);
  if (use == kPast && !shows_past(*frame.verb, clause.subject)) use = (wish.uses & kFuture) != 0 ? kFuture : kOngoing;
  clause.tense = tense_of(use);
  if (wish.modal && dice.chance(24)) draw_modal(dice, frame, use, clause);

  if (wish.object != nullptr)
    clause.object = *wish.object;
  else if (frame.objects != 0)
    clause.object = draw_object(dice, {frame.objects, style_of(frame, use), frame.single_object}, clause.subject);
  if (frame.recipients != 0) clause.recipient = draw_person(dice, frame.recipients, clause.subject);

  clause.negated = wish.negation && may_negate(clause) && is_definite(clause.subject) && !counts(clause.object) &&
                   use != kHabit && dice.chance(14);
  if (frame.company && dice.chance(25)) clause.company = draw_company(dice, *frame.verb, clause.subject);

  if (!frame.transports.empty() && dice.chance(55)) clause.transport = both(dice.pick(frame.transports));
  const bool says_little = frame.objects == 0 && clause.company.english.empty() && frame.manners.empty();
  const unsigned place_percent = says_little ? 85 : frame.objects == 0 ? 50 : 22;
  if (frame.place != 0 && (frame.place_needed || (wish.place && dice.chance(place_percent))))
    clause.place = draw_place(dice, frame.place);
  else if (!frame.manners.empty() && dice.chance(50))
    clause.manner = both(dice.pick(frame.manners));
  if (wish.time) draw_when(dice, wish, frame, use, clause);
  return clause;
}

}  // namespace heed::demo
