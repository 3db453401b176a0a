#pragma once

#include <cstdint>

/// What a word of the demo grammar is. The tables of words are in demo_nouns.cpp,
/// demo_verbs.cpp, demo_adverbials.cpp and demo_frames.cpp.
namespace heed::demo {

enum class Gender { masculine, feminine, neuter };
enum class Number { singular, plural };
enum class Case { nominative, accusative, dative, genitive };
/// Subjects of the grammar; "you" is left out because English does not show which of du, ihr and Sie is meant.
enum class Person { first_singular, third_singular, first_plural, third_plural };

/// What a noun is: decides its adjectives and the verbs it is a subject of. One bit per noun, sets of bits elsewhere.
using Kinds = std::uint32_t;
inline constexpr Kinds kAdult = 1U << 0;
inline constexpr Kinds kArtist = 1U << 1;
inline constexpr Kinds kChild = 1U << 2;
inline constexpr Kinds kParent = 1U << 3;
inline constexpr Kinds kElder = 1U << 4;
inline constexpr Kinds kYoungKin = 1U << 5;
inline constexpr Kinds kPet = 1U << 6;
inline constexpr Kinds kFarmAnimal = 1U << 7;
inline constexpr Kinds kFruit = 1U << 8;
inline constexpr Kinds kStaple = 1U << 9;
inline constexpr Kinds kPastry = 1U << 10;
inline constexpr Kinds kBread = 1U << 11;
inline constexpr Kinds kColdDrink = 1U << 12;
inline constexpr Kinds kHotDrink = 1U << 13;
inline constexpr Kinds kBook = 1U << 14;
inline constexpr Kinds kMessage = 1U << 15;
inline constexpr Kinds kFurniture = 1U << 16;
inline constexpr Kinds kLuggage = 1U << 17;
inline constexpr Kinds kTool = 1U << 18;
inline constexpr Kinds kClothes = 1U << 19;
inline constexpr Kinds kVehicle = 1U << 20;
inline constexpr Kinds kTransport = 1U << 21;
inline constexpr Kinds kPlant = 1U << 22;
inline constexpr Kinds kBuilding = 1U << 23;
inline constexpr Kinds kRoom = 1U << 24;
inline constexpr Kinds kOutdoors = 1U << 25;
inline constexpr Kinds kOpening = 1U << 26;
inline constexpr Kinds kWeather = 1U << 27;
inline constexpr Kinds kDecor = 1U << 28;
inline constexpr Kinds kTree = 1U << 29;

inline constexpr Kinds kKin = kParent | kElder | kYoungKin;
inline constexpr Kinds kGrownUp = kAdult | kArtist | kParent | kElder;
inline constexpr Kinds kYoung = kChild | kYoungKin;
inline constexpr Kinds kAnyPerson = kGrownUp | kYoung;
inline constexpr Kinds kAnimal = kPet | kFarmAnimal;

/// What can be done with a noun: which verbs take it as an object.
using Roles = std::uint32_t;
inline constexpr Roles kEaten = 1U << 0;
inline constexpr Roles kDrunk = 1U << 1;
inline constexpr Roles kCooked = 1U << 2;
inline constexpr Roles kBaked = 1U << 3;
inline constexpr Roles kReadable = 1U << 4;
inline constexpr Roles kWritten = 1U << 5;
inline constexpr Roles kWorn = 1U << 6;
inline constexpr Roles kGrocery = 1U << 7;
inline constexpr Roles kGoods = 1U << 8;
inline constexpr Roles kGift = 1U << 9;
inline constexpr Roles kLost = 1U << 10;
inline constexpr Roles kLaid = 1U << 11;
inline constexpr Roles kRepaired = 1U << 12;
inline constexpr Roles kTidied = 1U << 13;
inline constexpr Roles kCleaned = 1U << 14;
inline constexpr Roles kOpened = 1U << 15;
inline constexpr Roles kSwitched = 1U << 16;
inline constexpr Roles kPainted = 1U << 17;
inline constexpr Roles kCarried = 1U << 18;
inline constexpr Roles kAwaited = 1U << 19;
inline constexpr Roles kMet = 1U << 20;
inline constexpr Roles kFed = 1U << 21;
inline constexpr Roles kOwned = 1U << 22;
inline constexpr Roles kAdmired = 1U << 23;
inline constexpr Roles kSent = 1U << 24;
inline constexpr Roles kPresent = 1U << 25;
inline constexpr Roles kReadDaily = 1U << 26;
inline constexpr Roles kKnown = 1U << 27;
inline constexpr Roles kLoved = 1U << 28;

/// Both languages side by side; two empty strings mean that there is none.
struct Expression {
  const char* english = "";
  const char* german = "";
};

enum class Plurals { usual, never, mass };  ///< never: "my father"; mass: "bread", which does without an article too

struct Noun {
  const char* english;
  const char* english_plural;
  const char* german;
  const char* genitive;
  const char* plural;
  const char* dative_plural;
  Gender gender;
  Kinds kind;
  Roles roles = 0;
  Plurals plurals = Plurals::usual;
  bool weak = false;  ///< n-declension: the genitive's form in accusative and dative too (den Jungen)
};

struct Adjective {
  const char* english;
  const char* german;
  const char* stem;  ///< what endings are put to: teuer, teur-
  Kinds kinds;
  bool of_existing = false;  ///< not said of what is only being made: one does not write an old letter
};

struct EnglishForms {
  const char *base, *third, *past, *progressive;
};

struct GermanForms {
  const char *infinitive, *first, *third, *participle;
};

/// `german` lists the forms without the separable prefix but for the participle (ab|holen: holen, hole, holt,
/// abgeholt).
struct Verb {
  EnglishForms english;
  GermanForms german;
  const char* prefix = "";
  const char* particle = "";    ///< English: "up" of "pick up", "for" of "wait for"
  bool particle_moves = false;  ///< behind a pronoun: "picks him up"
  bool moves = false;           ///< perfect tense with sein
  Case object_case = Case::accusative;
  const char* preposition = "";  ///< of the German object: warten auf
  const char* preterite = "";    ///< singular, for the few verbs whose spoken past is not the perfect: war, lag
};

/// A verb that takes an infinitive. Without German forms, `german_adverb` says it: likes to read, liest gern.
struct Modal {
  EnglishForms english;      ///< for an English auxiliary (can, should, be allowed) all the same word
  const char* english_link;  ///< between it and the infinitive: "to", "allowed to", ""
  bool auxiliary;            ///< English negates and asks without "do"
  const char* german_singular = "";
  const char* german_plural = "";
  const char* german_past = "";  ///< singular; plural adds -n
  const char* german_adverb = "";
};

struct Preposition {
  const char* english;
  const char* german;
  Case governs;
};

}  // namespace heed::demo
