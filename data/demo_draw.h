#pragma once

#include <cstdint>
#include <span>
#include <stdexcept>
#include <vector>

#include "heed/base/random.h"

#include "demo_clause.h"
#include "demo_lexicon.h"

/// Random phrases and clauses that make sense: who does what is decided by the tables of the lexicon.
namespace heed::demo {

/// The random numbers of one sentence: draw n is a function of the key and n alone.
class Dice {
 public:
  explicit Dice(PhiloxKey key) : key_(key) {}

  std::uint64_t below(std::uint64_t bound) { return random_below(key_, next_++, bound); }
  bool chance(unsigned percent) { return below(100) < percent; }
  int between(int low, int high) { return low + static_cast<int>(below(static_cast<std::uint64_t>(high - low + 1))); }
  template <class T>
  const T& pick(std::span<const T> choices) {
    return choices[below(choices.size())];
  }

 private:
  PhiloxKey key_;
  std::uint64_t next_ = 0;
};

/// Those of `all` that `keep` keeps.
template <class T, class Keep>
std::vector<const T*> those(std::span<const T> all, Keep keep) {
  std::vector<const T*> kept;
  for (const T& one : all)
    if (keep(one)) kept.push_back(&one);
  return kept;
}

// demo_draw_phrases.cpp

/// An adjective that suits the noun, or none; `made`: the thing comes into being only now.
const Adjective* draw_adjective(Dice& dice, const Noun& noun, unsigned percent, bool made = false);

struct SubjectWish {
  Kinds kinds = kAnyPerson;
  bool pronouns = true;    ///< I, we, he, she, they
  bool speakers = true;    ///< I and we among them: not in questions
  bool definite = false;   ///< nothing indefinite: negated clauses and questions
  bool resumable = false;  ///< "it", "he", "she" or "they" can take it up; excludes "the child", whose sex is open
  bool plain = false;      ///< no owner, few adjectives
};
NounPhrase draw_subject(Dice& dice, const SubjectWish& wish);

/// A pronoun that takes up `phrase`.
NounPhrase pronoun_for(const NounPhrase& phrase);

/// The possessive that points back to a person, or "the".
Determiner possessive_of(const NounPhrase& owner);

/// What the kind of subject allows: the noun's kind, or a grown-up for a pronoun without antecedent.
Kinds kind_of(const NounPhrase& subject);

struct ObjectWish {
  Roles roles = 0;
  ObjectStyle style = ObjectStyle::any;
  bool single = false;
  bool countable = false;
};
/// An object for `subject`; possessives point back to it.
NounPhrase draw_object(Dice& dice, const ObjectWish& wish, const NounPhrase& subject);

/// A person other than the subject; may be a pronoun.
NounPhrase draw_person(Dice& dice, Kinds kinds, const NounPhrase& subject);

// demo_draw_clauses.cpp

struct ClauseWish {
  Uses uses = kOngoing | kHabit | kPast | kFuture | kState;
  const NounPhrase* subject = nullptr;  ///< given, or drawn
  SubjectWish subject_wish{};
  const Frame* frame = nullptr;        ///< given, or drawn among those that suit subject and uses
  const NounPhrase* object = nullptr;  ///< given, or drawn
  bool time = true;                    ///< may say when or how often
  bool opening = true;                 ///< may say so in first place
  bool modal = true;
  bool negation = true;
  bool place = true;  ///< may say where although the verb does without
};
Clause draw_clause(Dice& dice, const ClauseWish& wish);

/// One of `frames` that satisfies `suits`, by weight. Throws std::logic_error when none does.
template <class Suits>
const Frame& draw_frame(Dice& dice, std::span<const Frame> frames, Suits suits) {
  std::uint64_t total = 0;
  for (const Frame& frame : frames)
    if (suits(frame)) total += frame.weight;
  if (total == 0) throw std::logic_error("no verb of the demo lexicon suits");
  std::uint64_t ticket = dice.below(total);
  auto frame = frames.begin();
  for (; !suits(*frame) || ticket >= frame->weight; ++frame)
    if (suits(*frame)) ticket -= frame->weight;
  return *frame;
}

}  // namespace heed::demo
