#include "demo_shapes.h"

namespace heed::demo {
namespace {

constexpr Verbs kTries = {&verbs::kRepair, &verbs::kOpen, &verbs::kClose, &verbs::kTurnOn,
                          &verbs::kHelp,   &verbs::kFind, &verbs::kPaint, &verbs::kSell};
constexpr Verbs kPromises = {&verbs::kHelp, &verbs::kCall, &verbs::kVisit,  &verbs::kTidyUp, &verbs::kClean,
                             &verbs::kFeed, &verbs::kBake, &verbs::kPickUp, &verbs::kRepair, &verbs::kBring};
constexpr Verbs kHopes = {&verbs::kVisit, &verbs::kSell, &verbs::kFind, &verbs::kTravel};
constexpr Verbs kForgotten = {&verbs::kCall,   &verbs::kInvite, &verbs::kFeed,   &verbs::kClose,  &verbs::kThank,
                              &verbs::kPickUp, &verbs::kBring,  &verbs::kTidyUp, &verbs::kTurnOn, &verbs::kSend};

Bilingual with_infinitive(const Clause& main, const Clause& aim, const char* german_introduction) {
  return with_mark({english_statement(main) + " " + english_infinitive(aim),
                    german_verb_second(main) + ", " + german_introduction + german_infinitive(aim)},
                   ".");
}

}  // namespace

/// Going somewhere in order to do what one does there.
Bilingual purpose(Dice& dice) {
  struct Errand {
    Expression goal;
    const Verb* verb;
    Roles objects;
    ObjectStyle style = ObjectStyle::any;
  };
  constexpr Errand kTable[] = {
      {{"to the market", "zum Markt"}, &verbs::kBuy, kGrocery, ObjectStyle::indefinite},
      {{"to the city", "in die Stadt"}, &verbs::kBuy, kPresent, ObjectStyle::indefinite},
      {{"to the city", "in die Stadt"}, &verbs::kVisit, kMet},
      {{"to the library", "in die Bibliothek"}, &verbs::kRead, kReadable},
      {{"into the kitchen", "in die Küche"}, &verbs::kCook, kCooked, ObjectStyle::made},
      {{"into the kitchen", "in die Küche"}, &verbs::kBake, kBaked, ObjectStyle::made},
      {{"to the station", "zum Bahnhof"}, &verbs::kPickUp, kMet},
      {{"into the garden", "in den Garten"}, &verbs::kFeed, kFed, ObjectStyle::specific},
  };
  static constexpr Frame kWay = {.verb = &verbs::kGo, .subjects = kGrownUp, .uses = kEpisodes, .trifle = true};
  const Errand& errand = kTable[dice.below(std::size(kTable))];
  Clause main = draw_clause(dice, {.uses = kEpisodes,
                                   .subject_wish = {.kinds = kGrownUp, .definite = true, .plain = true},
                                   .frame = &kWay,
                                   .modal = dice.chance(50),
                                   .negation = false});
  main.place = {errand.goal.english, errand.goal.german};
  const NounPhrase object = draw_object(
      dice, {.roles = errand.objects, .style = errand.style, .single = errand.objects == kPresent}, main.subject);
  return with_infinitive(main, {.subject = main.subject, .verb = errand.verb, .object = object}, "um ");
}

/// Verbs that govern an infinitive with "zu", each with what is tried, promised, hoped for or forgotten.
Bilingual intention(Dice& dice) {
  struct Intention {
    const Verb* verb;
    Verbs aims;
    Tense tense;
  };
  const Intention intentions[] = {
      {&verbs::kTry, kTries, Tense::progressive}, {&verbs::kTry, kTries, Tense::past},
      {&verbs::kPromise, kPromises, Tense::past}, {&verbs::kPromise, kPromises, Tense::present},
      {&verbs::kHope, kHopes, Tense::present},    {&verbs::kForget, kForgotten, Tense::past}};
  const Intention& intention = intentions[dice.below(std::size(intentions))];
  Clause main{.subject = draw_subject(dice, {.kinds = kGrownUp, .definite = true, .plain = true}),
              .verb = intention.verb,
              .tense = intention.tense};
  if (main.tense == Tense::past && dice.chance(40)) main.opening = {"yesterday", "gestern"};
  const Clause aim =
      draw_bare(dice, kEpisodes, main.subject, frame_among(dice, intention.aims, kind_of(main.subject), kEpisodes));
  return with_infinitive(main, aim, "");
}

}  // namespace heed::demo
