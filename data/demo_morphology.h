#pragma once

#include <string>

#include "demo_words.h"

/// Inflection as pure functions from features to forms.
namespace heed::demo {

/// Which endings an adjective takes, by what stands before it.
enum class Declension {
  strong,  ///< nothing, a number or "viele": kalter Kaffee, drei rote Äpfel
  weak,    ///< der, dieser, welcher: der alte Mann
  mixed,   ///< ein, kein, mein: ein alter Mann, keine alten Männer
};

std::string german_noun(const Noun& noun, Case grammatical_case, Number number);
/// der, die, das, ...
std::string german_article(Gender gender, Case grammatical_case, Number number);
/// `stem` with the endings of ein, kein, mein, unser, ihr.
std::string ein_word(const std::string& stem, Gender gender, Case grammatical_case, Number number);
/// `stem` with the endings of dieser, welcher.
std::string der_word(const std::string& stem, Gender gender, Case grammatical_case, Number number);
std::string german_adjective(const Adjective& adjective, Declension declension, Gender gender, Case grammatical_case,
                             Number number);
/// The relative pronoun: the article but for dessen, deren and denen.
std::string relative_pronoun(Gender gender, Case grammatical_case, Number number);
/// Preposition and article, drawn together where German does: im, ins, am, zum, zur, vom.
std::string contract(const std::string& preposition, const std::string& article);

/// Cardinal number, 0 to 99: null, eins, einundzwanzig.
std::string german_number(int value);
/// Cardinal number, 0 to 99: zero, one, twenty-one.
std::string english_number(int value);

/// Present tense without the separable prefix.
std::string german_present(const Verb& verb, Person person);
/// Present tense: am, is, are for "be".
std::string english_present(const EnglishForms& forms, Person person);
/// Past tense: was, were for "be".
std::string english_past(const EnglishForms& forms, Person person);
/// "a" or "an", by the first letter of the word that follows.
std::string indefinite_article(const std::string& next_word);
/// The English genitive: man's, boys', children's.
std::string english_genitive(const Noun& noun, Number number);

}  // namespace heed::demo
