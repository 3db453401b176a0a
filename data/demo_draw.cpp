#include "demo_draw.h"

#include <string_view>
#include <vector>

#include "demo_morphology.h"

namespace heed::demo {
namespace {

template <class T, class Keep>
std::vector<const T*> those(std::span<const T> all, Keep keep) {
  std::vector<const T*> kept;
  for (const T& one : all)
    if (keep(one)) kept.push_back(&one);
  return kept;
}

const Adjective* draw_adjective(Dice& dice, const Noun& noun, unsigned percent, bool made = false) {
  if (!dice.chance(percent)) return nullptr;
  const auto fitting = those(adjectives(), [&](const Adjective& each) {
    return (each.kinds & noun.kind) != 0 && !(made && each.of_existing);
  });
  return fitting.empty() ? nullptr : fitting[dice.below(fitting.size())];
}

Bilingual both(const Expression& expression) {
  return {expression.english, expression.german};
}

/// "das Mädchen" is taken up by "sie", and so owns what is "ihr"; for "das Kind" no pronoun is sure.
bool has_natural_gender(const Noun& noun) {
  return std::string_view(noun.english) != "child";
}
bool is_female(const Noun& noun) {
  return noun.gender == Gender::feminine || std::string_view(noun.english) == "girl";
}

bool is_offspring(const Noun& noun) {
  const std::string_view english = noun.english;
  return english == "son" || english == "daughter";
}

/// The possessive that points back to a person, or "the".
Determiner possessive_of(const NounPhrase& owner) {
  switch (owner.pronoun) {
    case Pronoun::i:
      return Determiner::my;
    case Pronoun::we:
      return Determiner::our;
    case Pronoun::he:
      return Determiner::his;
    case Pronoun::she:
      return Determiner::her;
    case Pronoun::they:
      return Determiner::their;
    default:
      break;
  }
  const Noun& noun = *owner.noun;
  if ((noun.kind & kAnyPerson) == 0) return Determiner::definite;
  if (owner.number == Number::plural) return Determiner::their;
  if (noun.gender == Gender::neuter) return Determiner::definite;
  return is_female(noun) ? Determiner::her : Determiner::his;
}

constexpr Kinds kOwners = kAdult | kArtist | kChild | kElder | kYoungKin;

/// Whose relatives: the boy's sister, the teacher's son, the child's aunt.
Kinds relatives_owners(const Noun& noun) {
  if ((noun.kind & kYoungKin) == 0) return kAdult | kChild;
  return is_offspring(noun) ? kAdult | kArtist : kChild;
}

std::shared_ptr<const NounPhrase> draw_owner(Dice& dice, Kinds kinds, const Noun* other_than) {
  const auto fitting =
      those(nouns(), [&](const Noun& each) { return &each != other_than && (each.kind & kinds) != 0; });
  NounPhrase owner{.noun = fitting[dice.below(fitting.size())]};
  if ((owner.noun->kind & kKin) != 0) owner.determiner = dice.chance(60) ? Determiner::my : Determiner::our;
  if (owner.noun->plurals == Plurals::usual && dice.chance(20)) owner.number = Number::plural;
  owner.adjective = draw_adjective(dice, *owner.noun, 20);
  return std::make_shared<const NounPhrase>(owner);
}

/// Relatives belong to somebody: my, our, or the owner named.
void draw_kin_determiner(Dice& dice, NounPhrase& phrase) {
  phrase.determiner = dice.chance(60) ? Determiner::my : Determiner::our;
  if (phrase.noun->plurals == Plurals::usual && dice.chance(20)) {
    phrase.number = Number::plural;
    if (dice.chance(35)) phrase.count = dice.between(2, 5);
  }
}

void draw_plural(Dice& dice, NounPhrase& phrase, bool definite, int most) {
  phrase.number = Number::plural;
  const std::uint64_t roll = dice.below(100);
  phrase.determiner = Determiner::definite;
  if (roll < 40) return;
  if (roll < 50) {
    phrase.determiner = Determiner::demonstrative;
  } else if (roll < 65 || definite) {
    phrase.count = dice.between(2, most);
  } else {
    phrase.determiner = roll < 75 ? Determiner::many : roll < 83 ? Determiner::some : Determiner::none;
    if (phrase.determiner == Determiner::none) phrase.count = dice.between(2, most);
  }
}

NounPhrase draw_pronoun(Dice& dice, bool speakers) {
  constexpr Pronoun kPronouns[] = {Pronoun::he, Pronoun::she, Pronoun::they, Pronoun::i, Pronoun::we};
  return {.pronoun = kPronouns[dice.below(speakers ? 5 : 3)]};
}

/// "I help me" would have to be "myself", and so with all that may be the same person.
bool may_be_same(const NounPhrase& pronoun, const NounPhrase& subject) {
  const auto is_speaker = [](const NounPhrase& phrase) {
    return phrase.pronoun == Pronoun::i || phrase.pronoun == Pronoun::we;
  };
  if (is_speaker(pronoun) || is_speaker(subject)) return is_speaker(pronoun) && is_speaker(subject);
  return pronoun.pronoun == pronoun_for(subject).pronoun;
}

}  // namespace

Kinds kind_of(const NounPhrase& subject) {
  return subject.noun != nullptr ? subject.noun->kind : kAdult;
}

NounPhrase pronoun_for(const NounPhrase& phrase) {
  NounPhrase pronoun{.noun = phrase.noun, .pronoun = phrase.pronoun, .number = phrase.number};
  if (phrase.pronoun != Pronoun::none) return pronoun;
  if (phrase.number == Number::plural)
    pronoun.pronoun = Pronoun::they;
  else if ((phrase.noun->kind & kAnyPerson) == 0)
    pronoun.pronoun = Pronoun::it;
  else
    pronoun.pronoun = is_female(*phrase.noun) ? Pronoun::she : Pronoun::he;
  return pronoun;
}

NounPhrase draw_subject(Dice& dice, const SubjectWish& wish) {
  if (wish.pronouns && (wish.kinds & kAdult) != 0 && dice.chance(22)) return draw_pronoun(dice, wish.speakers);
  const auto fitting = those(nouns(), [&](const Noun& each) { return (each.kind & wish.kinds) != 0; });
  NounPhrase phrase{.noun = fitting[dice.below(fitting.size())]};
  const Noun& noun = *phrase.noun;
  phrase.adjective = draw_adjective(dice, noun, wish.plain ? 20 : 38);
  if ((noun.kind & kKin) != 0) {
    if (!wish.plain && dice.chance(20)) {
      phrase.owner = draw_owner(dice, relatives_owners(noun), nullptr);
      phrase.adjective = nullptr;
    } else {
      draw_kin_determiner(dice, phrase);
    }
  } else if (noun.plurals == Plurals::usual && dice.chance(25)) {
    draw_plural(dice, phrase, wish.definite, 6);
  } else {
    const std::uint64_t roll = dice.below(100);
    if (roll < 15 && !wish.definite) phrase.determiner = Determiner::indefinite;
    if (roll >= 94) phrase.determiner = Determiner::demonstrative;
    if (roll >= 80 && roll < 90 && (noun.kind & kPet) != 0) phrase.owner = draw_owner(dice, kOwners, nullptr);
  }
  if (wish.resumable && phrase.number == Number::singular && !has_natural_gender(noun)) {
    phrase.number = Number::plural;
    phrase.determiner = Determiner::definite;
  }
  return phrase;
}

NounPhrase draw_person(Dice& dice, Kinds kinds, const NounPhrase& subject) {
  if (dice.chance(10)) {
    const NounPhrase pronoun = draw_pronoun(dice, true);
    if (!may_be_same(pronoun, subject)) return pronoun;
  }
  const Kinds subject_kind = kind_of(subject);
  const auto fitting = those(nouns(), [&](const Noun& each) {
    if ((subject_kind & kElder) != 0 && (each.kind & (kElder | kParent)) != 0) return false;
    if ((subject_kind & kYoung) != 0 && is_offspring(each)) return false;
    return (each.kind & kinds) != 0 && &each != subject.noun;
  });
  NounPhrase phrase{.noun = fitting[dice.below(fitting.size())]};
  const Noun& noun = *phrase.noun;
  phrase.adjective = draw_adjective(dice, noun, 30);
  if ((noun.kind & kKin) != 0) {
    draw_kin_determiner(dice, phrase);
    const Determiner own = possessive_of(subject);
    if (own != Determiner::definite && dice.chance(70)) phrase.determiner = own;
  } else if (noun.plurals == Plurals::usual && dice.chance(18)) {
    draw_plural(dice, phrase, true, 4);
  } else if (phrase.adjective != nullptr && dice.chance(35)) {
    phrase.determiner = Determiner::indefinite;
  }
  return phrase;
}

NounPhrase draw_object(Dice& dice, const ObjectWish& wish, const NounPhrase& subject) {
  const auto fitting = those(nouns(), [&](const Noun& each) {
    return (each.roles & wish.roles) != 0 && (!wish.countable || each.plurals == Plurals::usual) &&
           &each != subject.noun;
  });
  const Noun& noun = *fitting[dice.below(fitting.size())];
  if ((noun.kind & kAnyPerson) != 0) {
    Kinds kinds = 0;
    for (const Noun* each : fitting) kinds |= each->kind & kAnyPerson;
    return draw_person(dice, kinds, subject);
  }

  const bool specific = wish.style == ObjectStyle::specific;
  const bool made = wish.style == ObjectStyle::made;
  const bool indefinite = made || wish.style == ObjectStyle::indefinite;
  NounPhrase phrase{.noun = &noun, .adjective = draw_adjective(dice, noun, 45, made)};
  const bool on_sale = (noun.kind & kHotDrink) != 0 && (wish.roles & kGrocery) != 0;
  if (on_sale) phrase.adjective = nullptr;
  if (noun.plurals == Plurals::mass) {
    if (!specific && (indefinite || !dice.chance(15))) phrase.determiner = Determiner::none;
    return phrase;
  }
  if ((noun.kind & kStaple) != 0 ||
      (noun.plurals == Plurals::usual && !wish.single && dice.chance((noun.kind & kFruit) != 0 ? 70 : 35))) {
    const bool food = (noun.roles & kGrocery) != 0;
    draw_plural(dice, phrase, specific, food ? 12 : 4);
    const bool bare = (noun.kind & (kFruit | kStaple | kPlant | kBook | kMessage)) != 0;
    if (indefinite ||
        (!specific && phrase.determiner == Determiner::definite && phrase.count == 0 && dice.chance(50))) {
      phrase.determiner = Determiner::none;
      if (phrase.count == 0 && !(bare && dice.chance(60))) phrase.count = dice.between(2, food ? 12 : 4);
    }
    return phrase;
  }
  if (indefinite) {
    phrase.determiner = noun.plurals == Plurals::usual ? Determiner::indefinite : Determiner::definite;
    return phrase;
  }
  constexpr Kinds kPossessions = kPet | kBook | kFurniture | kDecor | kLuggage | kTool | kClothes | kVehicle;
  const bool possession = (noun.kind & kPossessions) != 0;
  const std::uint64_t roll = dice.below(100);
  if (possession && roll < 18) {
    phrase.determiner = possessive_of(subject);
  } else if (possession && roll < 30) {
    phrase.owner = draw_owner(dice, kOwners, subject.noun);
  } else if (roll >= 94) {
    phrase.determiner = Determiner::demonstrative;
  } else if (!specific && noun.plurals == Plurals::usual && roll >= 55) {
    phrase.determiner = Determiner::indefinite;
  }
  return phrase;
}

namespace {

Bilingual draw_place(Dice& dice, Scenes scenes) {
  const auto fitting = those(spots(), [&](const Spot& each) { return (each.scenes & scenes) != 0; });
  const Spot& spot = *fitting[dice.below(fitting.size())];
  if (*spot.noun == '\0') return both(spot.words);
  NounPhrase phrase{.noun = &noun(spot.noun)};
  phrase.adjective = draw_adjective(dice, *phrase.noun, 18);
  return prepositional_phrase(spot.preposition, phrase);
}

Bilingual draw_company(Dice& dice, const NounPhrase& subject) {
  if (kind_of(subject) != kAdult && dice.chance(20)) {
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
  if (frame.company && dice.chance(25)) clause.company = draw_company(dice, clause.subject);

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
