#pragma once

#include <span>
#include <string_view>

#include "demo_words.h"

/// The words of the demo grammar.
namespace heed::demo {

std::span<const Noun> nouns();
std::span<const Adjective> adjectives();
/// The noun with this English singular; throws std::logic_error when there is none.
const Noun& noun(std::string_view english);
/// The adjective with this English form; throws std::logic_error when there is none.
const Adjective& adjective(std::string_view english);

namespace verbs {
extern const Verb kBe, kHave, kBuy, kSell, kNeed, kBring, kRead, kWrite, kEat, kDrink, kCook, kBake, kWear, kLookFor,
    kFind, kPut, kRepair, kClean, kPaint, kCarry, kVisit, kKnow, kLove, kSee, kFeed, kOpen, kClose, kTidyUp, kTurnOn,
    kPutOn, kPickUp, kInvite, kCall, kHelp, kThank, kWaitFor, kTalkWith, kGive, kShow, kSend, kSleep, kWork, kPlay,
    kDance, kSing, kLaugh, kCry, kSwim, kSit, kLie, kLive, kStay, kGo, kRun, kTravel, kComeBack, kGetUp, kFallAsleep,
    kArrive, kCost, kBelong, kRain, kSnow, kSay, kBelieve, kHope, kAsk, kTry, kPromise, kForget, kKnowFact;
}

std::span<const Modal> modals();

/// When a verb's action is spoken of; decides the English tense and the adverbials of time.
using Uses = std::uint32_t;
inline constexpr Uses kOngoing = 1U << 0;  ///< is reading
inline constexpr Uses kHabit = 1U << 1;    ///< reads every day
inline constexpr Uses kPast = 1U << 2;     ///< read yesterday; German perfect
inline constexpr Uses kFuture = 1U << 3;   ///< will read tomorrow
inline constexpr Uses kState = 1U << 4;    ///< knows
inline constexpr Uses kSeason = 1U << 5;   ///< with kHabit: goes by summer and winter

struct TimeAdverbial {
  Expression words;
  Uses uses;
  bool evening = false;
  bool distant = false;  ///< too long ago, or too far ahead, to speak of trifles
};
std::span<const TimeAdverbial> time_adverbials();
struct Frequency {
  Expression words;
  bool needs_more = false;  ///< "usually works" wants a where or how
};
std::span<const Frequency> frequencies();

/// What happens at a place.
using Scenes = std::uint32_t;
inline constexpr Scenes kPlaying = 1U << 0;
inline constexpr Scenes kWorking = 1U << 1;
inline constexpr Scenes kResting = 1U << 2;
inline constexpr Scenes kLiving = 1U << 3;
inline constexpr Scenes kWaiting = 1U << 4;
inline constexpr Scenes kPetResting = 1U << 5;
inline constexpr Scenes kLying = 1U << 6;
inline constexpr Scenes kStanding = 1U << 7;
inline constexpr Scenes kLaying = 1U << 8;
inline constexpr Scenes kSwimming = 1U << 9;
inline constexpr Scenes kGoing = 1U << 10;
inline constexpr Scenes kReturning = 1U << 11;
inline constexpr Scenes kHouseholding = 1U << 12;
inline constexpr Scenes kArriving = 1U << 13;
inline constexpr Scenes kShopping = 1U << 14;
inline constexpr Scenes kReading = 1U << 15;
inline constexpr Scenes kTravelling = 1U << 16;
inline constexpr Scenes kEntering = 1U << 17;
inline constexpr Scenes kOuting = 1U << 18;
inline constexpr Scenes kOutdoorPlay = 1U << 19;
inline constexpr Scenes kSitting = 1U << 20;

/// A place with the preposition that it takes: position and movement are separate rows. `noun` is an English singular,
/// or empty when `words` says all (Berlin, at home).
struct Spot {
  Preposition preposition;
  const char* noun;
  Scenes scenes;
  Expression words = {};
};
std::span<const Spot> spots();

/// How an object is usually spoken of.
enum class ObjectStyle {
  any,
  specific,    ///< feeds the horses
  indefinite,  ///< has a car
  made,        ///< writes a letter: indefinite, and nothing is said of it that needs it to exist
};

/// Who does what to whom, where, when.
struct Frame {
  const Verb* verb;
  Kinds subjects;
  Uses uses;
  Roles objects = 0;
  ObjectStyle style = ObjectStyle::any;
  bool single_object = false;  ///< one wears one hat
  Scenes place = 0;
  bool place_needed = false;
  Kinds recipients = 0;  ///< a second, dative object
  bool company = false;  ///< may be done "with ..."
  std::span<const Expression> manners = {};
  std::span<const Expression> transports = {};
  std::uint64_t weight = 2;
  bool willed = true;     ///< can be wanted, allowed or liked
  bool mornings = false;  ///< done in the morning: gets up
  bool trifle = false;    ///< forgotten or unforeseen a week away: opens the door
};
std::span<const Frame> frames();
/// What one does in good weather.
std::span<const Frame> outings();

inline constexpr Preposition kWith{"with", "mit", Case::dative};
inline constexpr Preposition kFor{"for", "für", Case::accusative};
inline constexpr Preposition kWithout{"without", "ohne", Case::accusative};
inline constexpr Preposition kBecauseOf{"because of", "wegen", Case::genitive};
inline constexpr Preposition kDespite{"despite", "trotz", Case::genitive};

}  // namespace heed::demo
