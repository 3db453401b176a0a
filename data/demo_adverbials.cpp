#include "demo_lexicon.h"

namespace heed::demo {
namespace {

constexpr Preposition kIn{"in", "in", Case::dative};
constexpr Preposition kInto{"into", "in", Case::accusative};
constexpr Preposition kToInside{"to", "in", Case::accusative};
constexpr Preposition kAtOn{"at", "auf", Case::dative};
constexpr Preposition kAtBy{"at", "an", Case::dative};
constexpr Preposition kTo{"to", "zu", Case::dative};
constexpr Preposition kFrom{"from", "von", Case::dative};
constexpr Preposition kFromInside{"from", "aus", Case::dative};
constexpr Preposition kOn{"on", "auf", Case::dative};
constexpr Preposition kOnto{"on", "auf", Case::accusative};
constexpr Preposition kUnder{"under", "unter", Case::dative};
constexpr Preposition kNextTo{"next to", "neben", Case::dative};
constexpr Preposition kBeside{"next to", "neben", Case::accusative};
constexpr Preposition kBehind{"behind", "hinter", Case::dative};
constexpr Preposition kInFrontOf{"in front of", "vor", Case::dative};

constexpr Spot kSpots[] = {
    {kIn, "garden", kPlaying | kOutdoorPlay | kWorking | kResting | kPetResting | kReading},
    {kIn, "park", kPlaying | kOutdoorPlay | kResting | kReading},
    {kIn, "forest", kPlaying | kOutdoorPlay},
    {kIn, "kitchen", kWorking | kHouseholding | kPetResting},
    {kIn, "house", kPlaying | kLiving | kPetResting},
    {kIn, "room", kPlaying | kResting | kReading},
    {kIn, "library", kWorking | kReading},
    {kIn, "museum", kWorking},
    {kIn, "city", kWorking | kLiving | kShopping},
    {kIn, "village", kLiving | kShopping},
    {kIn, "lake", kSwimming},
    {kAtOn, "market", kWorking | kShopping},
    {kAtBy, "station", kWaiting | kArriving},
    {kAtBy, "lake", kPlaying | kOutdoorPlay | kResting | kReading},
    {kAtBy, "window", kSitting | kReading},
    {kBehind, "house", kPlaying | kWorking},
    {kBehind, "church", kPlaying | kWaiting},
    {kInFrontOf, "house", kPlaying | kWaiting | kPetResting},
    {kInFrontOf, "school", kPlaying | kWaiting},
    {kInFrontOf, "museum", kWaiting},
    {kNextTo, "church", kLiving},
    {kNextTo, "station", kLiving},
    {kUnder, "tree", kPlaying | kResting | kPetResting | kReading},
    {kUnder, "table", kPetResting | kLying},
    {kUnder, "bed", kPetResting | kLying},
    {kOn, "bed", kPetResting | kLying},
    {kOn, "table", kLying},
    {kOn, "chair", kLying | kPetResting},
    {kNextTo, "bed", kLying},
    {kNextTo, "lamp", kLying},
    {kNextTo, "computer", kLying},

    {kOnto, "table", kLaying},
    {kOnto, "bed", kLaying},
    {kOnto, "chair", kLaying},
    {kBeside, "lamp", kLaying},
    {kBeside, "computer", kLaying},

    {kInto, "garden", kGoing | kEntering},
    {kInto, "house", kGoing | kEntering},
    {kInto, "kitchen", kGoing | kEntering},
    {kInto, "forest", kGoing | kOuting},
    {kToInside, "park", kGoing | kOuting},
    {kToInside, "library", kGoing},
    {kToInside, "museum", kGoing},
    {kToInside, "city", kGoing | kTravelling | kOuting},
    {kTo, "station", kGoing},
    {kTo, "market", kGoing | kTravelling | kOuting},
    {kTo, "church", kGoing},
    {kTo, "lake", kGoing | kTravelling | kOuting},

    {kFromInside, "garden", kReturning},
    {kFromInside, "park", kReturning},
    {kFromInside, "city", kReturning},
    {kFromInside, "library", kReturning},
    {kFrom, "station", kReturning},
    {kFrom, "market", kReturning},
    {kFrom, "lake", kReturning},

    {{}, "", kLiving | kWorking, {"in Berlin", "in Berlin"}},
    {{}, "", kLiving | kWorking, {"in Hamburg", "in Hamburg"}},
    {{}, "", kLiving | kWorking, {"in Vienna", "in Wien"}},
    {{}, "", kTravelling, {"to Berlin", "nach Berlin"}},
    {{}, "", kTravelling, {"to Hamburg", "nach Hamburg"}},
    {{}, "", kTravelling, {"to Vienna", "nach Wien"}},
    {{}, "", kReturning, {"from Berlin", "aus Berlin"}},
    {{}, "", kReturning, {"from Vienna", "aus Wien"}},
    {{}, "", kGoing, {"to school", "zur Schule"}},
    {{}, "", kReturning, {"from school", "aus der Schule"}},
    {{}, "", kGoing, {"home", "nach Hause"}},
    {{}, "", kWorking | kReading, {"at home", "zu Hause"}},
};

constexpr TimeAdverbial kTimes[] = {
    {{"today", "heute"}, kOngoing},
    {{"now", "jetzt"}, kOngoing},
    {{"every day", "jeden Tag"}, kHabit},
    {{"every morning", "jeden Morgen"}, kHabit},
    {{"every evening", "jeden Abend"}, kHabit, true},
    {{"every week", "jede Woche"}, kHabit},
    {{"in summer", "im Sommer"}, kSeason},
    {{"in winter", "im Winter"}, kSeason},
    {{"yesterday", "gestern"}, kPast},
    {{"last week", "letzte Woche"}, kPast, false, true},
    {{"last year", "letztes Jahr"}, kPast, false, true},
    {{"this morning", "heute Morgen"}, kPast},
    {{"on Monday", "am Montag"}, kPast},
    {{"on Saturday", "am Samstag"}, kPast},
    {{"tomorrow", "morgen"}, kFuture},
    {{"next week", "nächste Woche"}, kFuture, false, true},
    {{"soon", "bald"}, kFuture},
    {{"this evening", "heute Abend"}, kFuture, true},
    {{"on Sunday", "am Sonntag"}, kFuture},
};

constexpr Frequency kFrequencies[] = {
    {{"often", "oft"}},          {{"always", "immer"}, true},     {{"never", "nie"}},
    {{"sometimes", "manchmal"}}, {{"usually", "meistens"}, true},
};

}  // namespace

std::span<const TimeAdverbial> time_adverbials() {
  return kTimes;
}
std::span<const Frequency> frequencies() {
  return kFrequencies;
}
std::span<const Spot> spots() {
  return kSpots;
}

}  // namespace heed::demo
