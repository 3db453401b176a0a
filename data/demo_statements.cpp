#include <string_view>
#include <utility>

#include "demo_morphology.h"
#include "demo_shapes.h"

namespace heed::demo {
namespace {

Bilingual counted(int count, const Expression& unit) {
  return {english_number(count) + " " + unit.english, german_number(count) + " " + unit.german};
}

}  // namespace

Bilingual simple_statement(Dice& dice) {
  return statement(draw_clause(dice, {.subject_wish = {.kinds = kAnyPerson | kPet}}));
}

Bilingual state_of_mind(Dice& dice) {
  const bool ask = dice.chance(25);
  const NounPhrase subject = draw_subject(dice, {.speakers = !ask, .definite = true, .plain = true});
  const bool past = dice.chance(40);
  const Bilingual mood = pick_predicate(dice, {"tired", "hungry", "ill", "happy", "sad", "thirsty"});
  Clause clause = predicate(subject, mood, past ? Tense::past : Tense::present);
  clause.negated = dice.chance(25);
  const Bilingual day = past ? Bilingual{"yesterday", "gestern"} : Bilingual{"today", "heute"};
  if (ask) {
    clause.time = day;
    return yes_no_question(clause);
  }
  if (dice.chance(55)) (dice.chance(50) ? clause.opening : clause.time) = day;
  return statement(clause);
}

Bilingual description(Dice& dice) {
  constexpr Kinds kThings = kFurniture | kDecor | kLuggage | kClothes | kVehicle | kBuilding;
  const NounPhrase subject = draw_subject(dice, {.kinds = kThings, .pronouns = false, .definite = true});
  const Bilingual quality = subject.adjective != nullptr ? predicate_words(subject.adjective->english)
                                                         : pick_predicate(dice, {"new", "old", "beautiful"});
  Clause clause = predicate(subject, quality, Tense::present);
  clause.negated = dice.chance(25);
  return dice.chance(20) ? yes_no_question(clause) : statement(clause);
}

Bilingual age(Dice& dice) {
  NounPhrase subject = draw_subject(dice, {.pronouns = dice.chance(30), .definite = true, .plain = true});
  if (subject.pronoun == Pronoun::we || subject.pronoun == Pronoun::they) subject.pronoun = Pronoun::i;
  subject.number = Number::singular;
  subject.count = 0;
  const Kinds kind = kind_of(subject);
  const int years = (kind & kYoung) != 0   ? dice.between(2, 17)
                    : (kind & kElder) != 0 ? dice.between(50, 99)
                                           : dice.between(20, 79);
  return statement(predicate(subject, counted(years, {"years old", "Jahre alt"}), Tense::present));
}

Bilingual price(Dice& dice) {
  constexpr Kinds kPriced = kFurniture | kDecor | kLuggage | kClothes;
  NounPhrase subject = draw_subject(dice, {.kinds = kPriced, .pronouns = false, .definite = true});
  subject.number = Number::singular;
  subject.count = 0;
  return statement(
      {.subject = subject, .verb = &verbs::kCost, .predicate = counted(dice.between(10, 99), {"euros", "Euro"})});
}

Bilingual arrival(Dice& dice) {
  const NounPhrase subject{.noun = &noun(pick_word(dice, {"train", "bus"})),
                           .determiner = dice.chance(25) ? Determiner::demonstrative : Determiner::definite};
  Clause clause{.subject = subject, .verb = &verbs::kArrive, .tense = Tense::future};
  Bilingual minutes = counted(dice.between(2, 59), {"minutes", "Minuten"});
  minutes = {"in " + minutes.english, "in " + minutes.german};
  if (dice.chance(60)) clause.place = {"at the station", "am Bahnhof"};
  const bool ask = dice.chance(25);
  (!ask && dice.chance(50) ? clause.opening : clause.time) = minutes;
  return ask ? yes_no_question(clause) : statement(clause);
}

Bilingual herd_or_shelf(Dice& dice) {
  NounPhrase owner =
      draw_subject(dice, {.kinds = kAdult | kParent | kElder, .pronouns = false, .definite = true, .plain = true});
  NounPhrase wealth{.number = Number::plural, .determiner = Determiner::none, .count = dice.between(2, 99)};
  if (dice.chance(55)) {
    owner.noun = &noun((owner.noun->kind & kAdult) != 0 ? "farmer" : "uncle");
    owner.adjective = nullptr;
    wealth.noun = &noun(pick_word(dice, {"cow", "horse"}));
    wealth.adjective = dice.chance(25) ? &adjective(pick_word(dice, {"brown", "black", "white"})) : nullptr;
  } else {
    wealth.noun = &noun("book");
    wealth.adjective = dice.chance(40) ? &adjective(pick_word(dice, {"old", "new", "interesting"})) : nullptr;
  }
  return statement({.subject = owner,
                    .verb = &verbs::kHave,
                    .tense = dice.chance(35) ? Tense::past : Tense::present,
                    .object = wealth});
}

Bilingual lying_around(Dice& dice) {
  static constexpr Frame kLyingFrame = {.verb = &verbs::kLie,
                                        .subjects = kBook | kMessage | kClothes,
                                        .uses = kOngoing | kPast,
                                        .place = kLying,
                                        .place_needed = true};
  NounPhrase things = draw_subject(dice, {.kinds = kBook | kClothes, .pronouns = false});
  if (dice.chance(35)) things.noun = &noun(pick_word(dice, {"letter", "key"}));
  if ((things.noun->kind & (kMessage | kTool)) != 0) things.adjective = nullptr;
  if (!dice.chance(40))
    return statement(draw_clause(
        dice,
        {.uses = kOngoing | kPast, .subject = &things, .frame = &kLyingFrame, .modal = false, .negation = false}));

  // "There are": German says how the things are there, and where in the first place.
  things.determiner = things.number == Number::plural ? Determiner::none : Determiner::indefinite;
  if (things.number == Number::plural && things.count == 0) things.count = dice.between(2, 9);
  Clause clause = draw_clause(
      dice,
      {.uses = kOngoing, .subject = &things, .frame = &kLyingFrame, .time = false, .modal = false, .negation = false});
  const std::string place = clause.place.english;
  clause.opening.german = std::exchange(clause.place.german, {});
  return with_mark({Words()
                        .add(things.number == Number::plural ? "there are" : "there is")
                        .add(english_phrase(things, true))
                        .add(place)
                        .text(),
                    german_verb_second(clause)},
                   ".");
}

Bilingual ownership(Dice& dice) {
  constexpr Kinds kThings = kBook | kFurniture | kLuggage | kClothes | kVehicle;
  const NounPhrase thing = draw_subject(dice, {.kinds = kThings, .pronouns = false, .definite = true});
  Clause clause{.subject = thing, .verb = &verbs::kBelong, .object = draw_person(dice, kAnyPerson, thing)};
  if (clause.object->determiner == Determiner::indefinite) clause.object->determiner = Determiner::definite;
  clause.negated = dice.chance(25);
  return dice.chance(25) ? yes_no_question(clause) : statement(clause);
}

Bilingual circumstance(Dice& dice) {
  NounPhrase weather{.noun = &noun(pick_word(dice, {"rain", "snow", "storm", "weather", "heat"}))};
  const std::string_view name = weather.noun->english;
  if (name == "weather") weather.adjective = &adjective("bad");
  if (name == "rain" && dice.chance(50)) weather.adjective = &adjective("cold");

  const bool because = dice.chance(50);
  const Frame& outing = draw_frame(dice, outings(), [&](const Frame& frame) {
    return (frame.subjects & kGrownUp) != 0 && (because || frame.verb != &verbs::kSwim);
  });
  Clause clause = draw_clause(dice, {.uses = kEpisodes,
                                     .subject_wish = {.definite = true},
                                     .frame = &outing,
                                     .time = false,
                                     .modal = false,
                                     .negation = false});
  if (because && dice.chance(50)) {
    clause.verb = &verbs::kStay;
    clause.company = clause.transport = {};
    clause.place = {"at home", "zu Hause"};
  } else if (because) {
    clause.negated = true;
  }
  clause.opening = prepositional_phrase(because ? kBecauseOf : kDespite, weather);
  clause.opening.english += ",";
  return statement(clause);
}

Bilingual purchase_for(Dice& dice) {
  static constexpr Frame kBuyPresent = {.verb = &verbs::kBuy,
                                        .subjects = kGrownUp,
                                        .uses = kEpisodes,
                                        .objects = kPresent,
                                        .style = ObjectStyle::indefinite,
                                        .single_object = true};
  Clause clause = draw_clause(
      dice, {.subject_wish = {.kinds = kGrownUp}, .frame = &kBuyPresent, .modal = dice.chance(30), .negation = false});
  clause.place = prepositional_phrase(kFor, draw_person(dice, kYoung | kElder | kParent, clause.subject));
  return statement(clause);
}

}  // namespace heed::demo
