#include <string_view>

#include "demo_shapes.h"

namespace heed::demo {
namespace {

constexpr Expression kBecause{"because", "weil"}, kAlthough{"although", "obwohl"}, kWhile{"while", "während"},
    kBefore{"before", "bevor"}, kIf{"if", "wenn"};

/// What is done of a day, and goes well with anything else that is.
constexpr std::initializer_list<const Verb*> kPastimes = {
    &verbs::kEat,  &verbs::kDrink,  &verbs::kCook,   &verbs::kBake, &verbs::kRead,  &verbs::kWrite, &verbs::kClean,
    &verbs::kWork, &verbs::kTidyUp, &verbs::kRepair, &verbs::kPlay, &verbs::kPaint, &verbs::kSleep, &verbs::kFeed,
};
constexpr std::initializer_list<const Verb*> kErrands = {
    &verbs::kCook,  &verbs::kBake, &verbs::kRead,   &verbs::kWrite, &verbs::kClean, &verbs::kTidyUp, &verbs::kRepair,
    &verbs::kVisit, &verbs::kCall, &verbs::kPickUp, &verbs::kHelp,  &verbs::kGo,    &verbs::kFeed,   &verbs::kEat,
};
constexpr std::initializer_list<const Verb*> kIndoors = {
    &verbs::kCook, &verbs::kBake, &verbs::kRead, &verbs::kWrite, &verbs::kClean, &verbs::kTidyUp, &verbs::kCall,
};
constexpr std::initializer_list<const Verb*> kEfforts = {
    &verbs::kWork, &verbs::kGo, &verbs::kRepair, &verbs::kTidyUp, &verbs::kHelp, &verbs::kTravel, &verbs::kClean,
};
constexpr std::initializer_list<const Verb*> kTries = {&verbs::kRepair, &verbs::kOpen, &verbs::kClose, &verbs::kTurnOn,
                                                       &verbs::kHelp,   &verbs::kFind, &verbs::kPaint, &verbs::kSell};
constexpr std::initializer_list<const Verb*> kPromises = {
    &verbs::kHelp, &verbs::kCall, &verbs::kVisit,  &verbs::kTidyUp, &verbs::kClean,
    &verbs::kFeed, &verbs::kBake, &verbs::kPickUp, &verbs::kRepair, &verbs::kBring};
constexpr std::initializer_list<const Verb*> kHopes = {&verbs::kVisit, &verbs::kSell, &verbs::kFind, &verbs::kTravel};
constexpr std::initializer_list<const Verb*> kForgotten = {
    &verbs::kCall,   &verbs::kInvite, &verbs::kFeed,   &verbs::kClose,  &verbs::kThank,
    &verbs::kPickUp, &verbs::kBring,  &verbs::kTidyUp, &verbs::kTurnOn, &verbs::kSend};
constexpr std::initializer_list<const Verb*> kMeetings = {
    &verbs::kKnow,   &verbs::kHelp,     &verbs::kVisit, &verbs::kCall,    &verbs::kSee,
    &verbs::kInvite, &verbs::kTalkWith, &verbs::kThank, &verbs::kWaitFor, &verbs::kPickUp,
};

/// A frame with one of the verbs that the subject and the uses allow.
const Frame& frame_among(Dice& dice, std::initializer_list<const Verb*> verbs, Kinds subject, Uses uses) {
  return draw_frame(dice, frames(), [&](const Frame& frame) {
    return is_one_of(frame.verb, verbs) && (frame.subjects & subject) != 0 && (frame.uses & uses) != 0;
  });
}

/// Two words of one sentence name two people.
bool same_noun(const NounPhrase& one, const NounPhrase& other) {
  return one.noun != nullptr && one.noun == other.noun;
}

Bilingual subordinate(const Expression& conjunction, const Clause& clause) {
  return {std::string(conjunction.english) + " " + english_statement(clause),
          std::string(conjunction.german) + " " + german_verb_final(clause)};
}

Bilingual main_first(const Clause& main, const Bilingual& subordinate_clause) {
  return with_mark({english_statement(main) + " " + subordinate_clause.english,
                    german_verb_second(main) + ", " + subordinate_clause.german},
                   ".");
}

/// The subordinate clause takes the first place, so the finite verb of the main clause follows at once.
Bilingual main_last(const Bilingual& subordinate_clause, const Clause& main) {
  return with_mark({subordinate_clause.english + ", " + english_statement(main),
                    subordinate_clause.german + ", " + german_verb_first(main)},
                   ".");
}

Bilingual with_infinitive(const Clause& main, const Clause& aim, const char* german_introduction) {
  return with_mark({english_statement(main) + " " + english_infinitive(aim),
                    german_verb_second(main) + ", " + german_introduction + german_infinitive(aim)},
                   ".");
}

NounPhrase draw_protagonist(Dice& dice, Kinds kinds = kAnyPerson) {
  return draw_subject(dice, {.kinds = kinds, .definite = true, .resumable = true, .plain = true});
}

/// Somebody doing something, without time or doubt, and without a place unless it would
/// say little.
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

struct Pair {
  Clause one, other;
};

/// Two people, each at something.
Pair draw_side_by_side(Dice& dice, Uses use) {
  const auto draw = [&] {
    const NounPhrase subject =
        draw_subject(dice, {.kinds = kAnyPerson, .pronouns = false, .definite = true, .plain = true});
    return draw_bare(dice, use, subject, frame_among(dice, kPastimes, kind_of(subject), use));
  };
  Pair pair{draw(), draw()};
  while (same_noun(pair.one.subject, pair.other.subject) || pair.one.verb == pair.other.verb ||
         pair.one.tense != pair.other.tense)
    pair = {draw(), draw()};
  return pair;
}

}  // namespace

Bilingual reported(Dice& dice) {
  struct Report {
    const Verb* verb;
    Expression conjunction;
  };
  constexpr Expression kThat{"that", "dass"}, kWhether{"whether", "ob"};
  constexpr Report kReports[] = {{&verbs::kSay, kThat},  {&verbs::kBelieve, kThat}, {&verbs::kKnowFact, kThat},
                                 {&verbs::kHope, kThat}, {&verbs::kAsk, kWhether},  {&verbs::kKnowFact, kWhether}};
  const Report& report = kReports[dice.below(std::size(kReports))];
  const bool open = std::string_view(report.conjunction.english) == "whether";
  Clause main{.subject = draw_subject(dice, {.definite = true, .plain = true}), .verb = report.verb};
  main.negated = open && report.verb == &verbs::kKnowFact;
  if (report.verb == &verbs::kAsk) main.tense = Tense::progressive;

  const bool hope = report.verb == &verbs::kHope;
  ClauseWish wish{.uses = hope ? kFuture : kEpisodes | kHabit | kState,
                  .subject_wish = {.kinds = kAnyPerson | kPet, .definite = true, .plain = true},
                  .opening = false,
                  .modal = !hope,
                  .negation = !open};
  Clause content = draw_clause(dice, wish);
  while (same_noun(content.subject, main.subject)) content = draw_clause(dice, wish);
  return main_first(main, subordinate(report.conjunction, content));
}

Bilingual meanwhile(Dice& dice) {
  const auto [one, other] = draw_side_by_side(dice, kOngoing);
  return dice.chance(60) ? main_last(subordinate(kWhile, other), one) : main_first(one, subordinate(kWhile, other));
}

Bilingual contrast(Dice& dice) {
  auto [one, other] = draw_side_by_side(dice, dice.chance(60) ? kOngoing : kPast);
  if (dice.chance(35))
    one.opening = one.tense == Tense::past ? Bilingual{"yesterday", "gestern"} : Bilingual{"today", "heute"};
  const bool but = dice.chance(50);
  return with_mark({english_statement(one) + (but ? ", but " : " and ") + english_statement(other),
                    german_verb_second(one) + (but ? ", aber " : " und ") + german_verb_second(other)},
                   ".");
}

/// One person, two things in turn.
Bilingual sequence(Dice& dice) {
  const Uses use = dice.chance(60) ? kPast : kHabit;
  const NounPhrase subject =
      draw_subject(dice, {.kinds = kAnyPerson, .pronouns = false, .definite = true, .resumable = true, .plain = true});
  const NounPhrase again = pronoun_for(subject);
  const bool main_is_first = dice.chance(45);
  const auto draw = [&](const NounPhrase& who) {
    return draw_bare(dice, use, who, frame_among(dice, kErrands, kind_of(subject), use));
  };
  Clause earlier = draw(main_is_first ? subject : again), later = draw(main_is_first ? again : subject);
  while (earlier.verb == later.verb || earlier.tense != later.tense) {
    earlier = draw(earlier.subject);
    later = draw(later.subject);
  }
  return main_is_first ? main_first(earlier, subordinate(kBefore, later))
                       : main_last(subordinate(kBefore, later), earlier);
}

/// The pronoun follows the gender of the noun that it stands for: "weil er billig ist".
Bilingual reason_of_the_object(Dice& dice) {
  const bool sells = dice.chance(30);
  const Verb* verb = sells ? &verbs::kSell : &verbs::kBuy;
  const Frame frame{.verb = verb, .subjects = kGrownUp, .uses = kOngoing | kPast};
  const NounPhrase subject = draw_protagonist(dice, kGrownUp);
  NounPhrase object = draw_object(dice, {.roles = kGoods, .style = ObjectStyle::specific}, subject);
  object.adjective = nullptr;
  if (!sells) object.owner.reset();
  if (!sells && object.determiner != Determiner::demonstrative) object.determiner = Determiner::definite;
  const Clause main = draw_clause(dice, {.uses = frame.uses,
                                         .subject = &subject,
                                         .frame = &frame,
                                         .object = &object,
                                         .modal = dice.chance(40),
                                         .negation = false});
  const bool past = main.tense == Tense::past;
  const NounPhrase it = pronoun_for(object);
  const std::uint64_t roll = dice.below(100);
  if (!sells && roll < 35)
    return main_first(main, subordinate(kBecause, {.subject = pronoun_for(subject),
                                                   .verb = &verbs::kNeed,
                                                   .tense = past ? Tense::past : Tense::present,
                                                   .object = it}));
  const Tense tense = past ? Tense::past : Tense::present;
  if (sells) return main_first(main, subordinate(kBecause, predicate(it, predicate_words("old"), tense)));
  if (roll < 65)
    return main_first(main, subordinate(kAlthough, predicate(it, pick_predicate(dice, {"expensive", "old"}), tense)));
  return main_first(main, subordinate(kBecause, predicate(it, pick_predicate(dice, {"cheap", "beautiful"}), tense)));
}

/// Weariness and weather explain what people do, or do not keep them from it.
Bilingual reason_of_the_subject(Dice& dice) {
  const bool although = dice.chance(50);
  const NounPhrase subject = draw_protagonist(dice);
  Clause main{.subject = subject};
  if (although) {
    const Uses uses = dice.chance(50) ? kOngoing : kPast;
    main = draw_bare(dice, uses, subject, frame_among(dice, kEfforts, kind_of(subject), uses));
  } else {
    const bool stays = dice.chance(60);
    main.verb = stays ? &verbs::kStay : &verbs::kGo;
    main.place = stays ? Bilingual{"at home", "zu Hause"} : Bilingual{"home", "nach Hause"};
    main.tense = dice.chance(50) ? Tense::past : Tense::progressive;
  }
  const bool past = main.tense == Tense::past;
  if (dice.chance(35)) main.time = past ? Bilingual{"yesterday", "gestern"} : Bilingual{"today", "heute"};

  const Tense state = past ? Tense::past : Tense::present;
  const std::uint64_t roll = dice.below(100);
  Clause reason;
  if (roll < 60) {
    reason = predicate(pronoun_for(subject),
                       pick_predicate(dice, although ? std::initializer_list<const char*>{"tired", "ill"}
                                                     : std::initializer_list<const char*>{"tired", "ill", "hungry"}),
                       state);
  } else if (roll < 78) {
    reason = predicate({.noun = &noun("weather")}, predicate_words("bad"), state);
  } else {
    reason = {.subject = {.pronoun = Pronoun::it},
              .verb = dice.chance(60) ? &verbs::kRain : &verbs::kSnow,
              .tense = past ? Tense::past : Tense::progressive};
  }
  return main_first(main, subordinate(although ? kAlthough : kBecause, reason));
}

/// An open condition, and what will be done then.
Bilingual condition(Dice& dice) {
  const NounPhrase subject = draw_protagonist(dice);
  const Kinds kind = kind_of(subject);
  const auto consequence = [&](const NounPhrase& who, std::initializer_list<const Verb*> verbs) {
    return draw_bare(dice, kFuture, who, frame_among(dice, verbs, kind, kFuture));
  };
  if (dice.chance(55)) {
    const std::uint64_t roll = dice.below(3);
    const Clause if_clause =
        roll == 0 ? predicate(subject, {"not tired", "nicht müde"}, Tense::present)
                  : Clause{.subject = subject,
                           .verb = &verbs::kHave,
                           .predicate = roll == 1 ? Bilingual{"time", "Zeit"} : Bilingual{"enough time", "genug Zeit"}};
    return main_last(subordinate(kIf, if_clause), consequence(pronoun_for(subject), kErrands));
  }
  const auto outing = [&] {
    return draw_bare(dice, kFuture, subject,
                     draw_frame(dice, outings(), [&](const Frame& each) { return (each.subjects & kind) != 0; }));
  };
  const bool good = dice.chance(55);
  Clause if_clause = predicate({.noun = &noun("weather")}, predicate_words(good ? "good" : "bad"), Tense::present);
  if (!good && dice.chance(40))
    if_clause = {.subject = {.pronoun = Pronoun::it}, .verb = dice.chance(60) ? &verbs::kRain : &verbs::kSnow};
  if (dice.chance(60)) if_clause.time = {"tomorrow", "morgen"};
  return main_last(subordinate(kIf, if_clause), good ? outing() : consequence(subject, kIndoors));
}

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
    std::initializer_list<const Verb*> aims;
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
  const Roles roles = frame.verb == &verbs::kLookFor ? kGoods : frame.objects;
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
