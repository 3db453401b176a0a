#include <string_view>

#include "demo_draw.h"

namespace heed::demo {
namespace {

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

const Adjective* draw_adjective(Dice& dice, const Noun& noun, unsigned percent, bool made) {
  if (!dice.chance(percent)) return nullptr;
  const auto fitting = those(adjectives(), [&](const Adjective& each) {
    return (each.kinds & noun.kind) != 0 && !(made && each.of_existing);
  });
  return fitting.empty() ? nullptr : fitting[dice.below(fitting.size())];
}

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

namespace {

bool is_indefinite(ObjectStyle style) {
  return style == ObjectStyle::made || style == ObjectStyle::indefinite;
}

void draw_several(Dice& dice, ObjectStyle style, NounPhrase& phrase) {
  const int most = (phrase.noun->roles & kGrocery) != 0 ? 12 : 4;
  draw_plural(dice, phrase, style == ObjectStyle::specific, most);
  const bool article = phrase.determiner == Determiner::definite && phrase.count == 0;
  if (!is_indefinite(style) && (style == ObjectStyle::specific || !article || dice.chance(50))) return;

  phrase.determiner = Determiner::none;
  const bool bare = (phrase.noun->kind & (kFruit | kStaple | kPlant | kBook | kMessage)) != 0;
  if (phrase.count == 0 && !(bare && dice.chance(60))) phrase.count = dice.between(2, most);
}

void draw_one(Dice& dice, ObjectStyle style, const NounPhrase& subject, NounPhrase& phrase) {
  const bool countable = phrase.noun->plurals == Plurals::usual;
  if (is_indefinite(style)) {
    if (countable) phrase.determiner = Determiner::indefinite;
    return;
  }
  constexpr Kinds kPossessions = kPet | kBook | kFurniture | kDecor | kLuggage | kTool | kClothes | kVehicle;
  const bool possession = (phrase.noun->kind & kPossessions) != 0;
  const std::uint64_t roll = dice.below(100);
  if (possession && roll < 18) {
    phrase.determiner = possessive_of(subject);
  } else if (possession && roll < 30) {
    phrase.owner = draw_owner(dice, kOwners, subject.noun);
  } else if (roll >= 94) {
    phrase.determiner = Determiner::demonstrative;
  } else if (style != ObjectStyle::specific && countable && roll >= 55) {
    phrase.determiner = Determiner::indefinite;
  }
}

}  // namespace

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

  NounPhrase phrase{.noun = &noun, .adjective = draw_adjective(dice, noun, 45, wish.style == ObjectStyle::made)};
  const bool on_sale = (noun.kind & kHotDrink) != 0 && (wish.roles & kGrocery) != 0;
  if (on_sale) phrase.adjective = nullptr;  // nobody buys hot coffee by the pound

  if (noun.plurals == Plurals::mass) {
    if (wish.style != ObjectStyle::specific && (is_indefinite(wish.style) || !dice.chance(15)))
      phrase.determiner = Determiner::none;
    return phrase;
  }
  const unsigned plural_percent = (noun.kind & kFruit) != 0 ? 70 : 35;
  const bool several = noun.plurals == Plurals::usual && !wish.single && dice.chance(plural_percent);
  if (several || (noun.kind & kStaple) != 0)
    draw_several(dice, wish.style, phrase);
  else
    draw_one(dice, wish.style, subject, phrase);
  return phrase;
}

}  // namespace heed::demo
