#include <string_view>

#include "demo_shapes.h"

namespace heed::demo {
namespace {

constexpr Expression kBecause{"because", "weil"}, kAlthough{"although", "obwohl"}, kWhile{"while", "während"},
    kBefore{"before", "bevor"}, kIf{"if", "wenn"};

constexpr Verbs kErrands = {
    &verbs::kCook,  &verbs::kBake, &verbs::kRead,   &verbs::kWrite, &verbs::kClean, &verbs::kTidyUp, &verbs::kRepair,
    &verbs::kVisit, &verbs::kCall, &verbs::kPickUp, &verbs::kHelp,  &verbs::kGo,    &verbs::kFeed,   &verbs::kEat,
};
constexpr Verbs kIndoors = {
    &verbs::kCook, &verbs::kBake, &verbs::kRead, &verbs::kWrite, &verbs::kClean, &verbs::kTidyUp, &verbs::kCall,
};
constexpr Verbs kEfforts = {
    &verbs::kWork, &verbs::kGo, &verbs::kRepair, &verbs::kTidyUp, &verbs::kHelp, &verbs::kTravel, &verbs::kClean,
};

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

NounPhrase draw_protagonist(Dice& dice, Kinds kinds = kAnyPerson) {
  return draw_subject(dice, {.kinds = kinds, .definite = true, .resumable = true, .plain = true});
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
  const bool speakers = report.verb != &verbs::kSay && report.verb != &verbs::kAsk;
  Clause main{.subject = draw_subject(dice, {.speakers = speakers, .definite = true, .plain = true}),
              .verb = report.verb};
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
  NounPhrase subject = draw_protagonist(dice);
  subject.adjective = nullptr;  // "tired" might contradict the reason
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
  const auto consequence = [&](const NounPhrase& who, Verbs verbs) {
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

}  // namespace heed::demo
