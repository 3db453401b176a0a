#pragma once

#include <initializer_list>
#include <string_view>

#include "demo_draw.h"

/// The shapes that sentences have. Each function draws one sentence with its final mark.
namespace heed::demo {

inline constexpr Uses kEpisodes = kOngoing | kPast | kFuture;

// demo_statements.cpp: one main clause
Bilingual simple_statement(Dice& dice);
Bilingual state_of_mind(Dice& dice);  ///< is tired
Bilingual description(Dice& dice);    ///< is expensive
Bilingual age(Dice& dice);
Bilingual price(Dice& dice);
Bilingual arrival(Dice& dice);
Bilingual herd_or_shelf(Dice& dice);  ///< has forty-two cows, ninety-nine books
Bilingual lying_around(Dice& dice);
Bilingual ownership(Dice& dice);
Bilingual circumstance(Dice& dice);  ///< because of the rain, despite the rain: genitive
Bilingual purchase_for(Dice& dice);

// demo_questions.cpp
Bilingual question(Dice& dice);

// demo_compounds.cpp: a main clause with another beside or below it
Bilingual reported(Dice& dice);
Bilingual meanwhile(Dice& dice);
Bilingual contrast(Dice& dice);
Bilingual sequence(Dice& dice);
Bilingual reason_of_the_object(Dice& dice);   ///< ..., because it is cheap
Bilingual reason_of_the_subject(Dice& dice);  ///< ..., because he is tired
Bilingual condition(Dice& dice);

// demo_infinitives.cpp
Bilingual purpose(Dice& dice);    ///< um ... zu
Bilingual intention(Dice& dice);  ///< tries to

// demo_relatives.cpp
Bilingual relative_subject(Dice& dice);
Bilingual relative_person(Dice& dice);
Bilingual relative_thing(Dice& dice);

// demo_shapes.cpp: what they share
Bilingual with_mark(Bilingual sentence, const char* mark);
Bilingual statement(const Clause& clause);
Bilingual yes_no_question(const Clause& clause);
/// "The child is tired"; without the subject's adjective, which might contradict it.
Clause predicate(NounPhrase subject, Bilingual words, Tense tense);
Bilingual predicate_words(std::string_view english_adjective);
const char* pick_word(Dice& dice, std::initializer_list<const char*> words);
/// One of the adjectives, as a predicate.
Bilingual pick_predicate(Dice& dice, std::initializer_list<const char*> english_adjectives);

using Verbs = std::initializer_list<const Verb*>;
/// What is done of a day, and goes well with anything else that is.
inline constexpr Verbs kPastimes = {
    &verbs::kEat,  &verbs::kDrink,  &verbs::kCook,   &verbs::kBake, &verbs::kRead,  &verbs::kWrite, &verbs::kClean,
    &verbs::kWork, &verbs::kTidyUp, &verbs::kRepair, &verbs::kPlay, &verbs::kPaint, &verbs::kSleep, &verbs::kFeed,
};
bool is_one_of(const Verb* verb, Verbs verbs);
/// A frame with one of the verbs that subject and uses allow.
const Frame& frame_among(Dice& dice, Verbs verbs, Kinds subject, Uses uses);
/// Both phrases have the same noun, and would be taken for the same person.
bool same_noun(const NounPhrase& one, const NounPhrase& other);
/// Somebody doing something, without time or doubt, and without a place unless it would say little.
Clause draw_bare(Dice& dice, Uses uses, const NounPhrase& subject, const Frame& frame_of_verb);

}  // namespace heed::demo
