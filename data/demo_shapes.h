#pragma once

#include <initializer_list>

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

// demo_compounds.cpp: two clauses
Bilingual reported(Dice& dice);
Bilingual meanwhile(Dice& dice);
Bilingual sequence(Dice& dice);
Bilingual reason_of_the_object(Dice& dice);   ///< ..., because it is cheap
Bilingual reason_of_the_subject(Dice& dice);  ///< ..., because he is tired
Bilingual condition(Dice& dice);
Bilingual purpose(Dice& dice);    ///< um ... zu
Bilingual intention(Dice& dice);  ///< tries to
Bilingual contrast(Dice& dice);
Bilingual relative_subject(Dice& dice);
Bilingual relative_person(Dice& dice);
Bilingual relative_thing(Dice& dice);

// What they share: demo_statements.cpp.
Bilingual with_mark(Bilingual sentence, const char* mark);
Bilingual statement(const Clause& clause);
Bilingual yes_no_question(const Clause& clause);
Clause predicate(const NounPhrase& subject, Bilingual words, Tense tense);
Bilingual predicate_words(std::string_view english_adjective);
/// One of the adjectives, as a predicate.
Bilingual pick_predicate(Dice& dice, std::initializer_list<const char*> english_adjectives);
bool is_one_of(const Verb* verb, std::initializer_list<const Verb*> verbs);

}  // namespace heed::demo
