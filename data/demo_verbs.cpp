#include "demo_lexicon.h"

namespace heed::demo {
namespace verbs {

constexpr Verb kBe{
    .english = {"be", "is", "was", "being"}, .german = {"sein", "bin", "ist", "gewesen"}, .preterite = "war"};
constexpr Verb kHave{
    .english = {"have", "has", "had", "having"}, .german = {"haben", "habe", "hat", "gehabt"}, .preterite = "hatte"};

constexpr Verb kBuy{{"buy", "buys", "bought", "buying"}, {"kaufen", "kaufe", "kauft", "gekauft"}};
constexpr Verb kSell{{"sell", "sells", "sold", "selling"}, {"verkaufen", "verkaufe", "verkauft", "verkauft"}};
constexpr Verb kNeed{.english = {"need", "needs", "needed", "needing"},
                     .german = {"brauchen", "brauche", "braucht", "gebraucht"},
                     .preterite = "brauchte"};
constexpr Verb kBring{{"bring", "brings", "brought", "bringing"}, {"bringen", "bringe", "bringt", "gebracht"}};
constexpr Verb kRead{{"read", "reads", "read", "reading"}, {"lesen", "lese", "liest", "gelesen"}};
constexpr Verb kWrite{{"write", "writes", "wrote", "writing"}, {"schreiben", "schreibe", "schreibt", "geschrieben"}};
constexpr Verb kEat{{"eat", "eats", "ate", "eating"}, {"essen", "esse", "isst", "gegessen"}};
constexpr Verb kDrink{{"drink", "drinks", "drank", "drinking"}, {"trinken", "trinke", "trinkt", "getrunken"}};
constexpr Verb kCook{{"cook", "cooks", "cooked", "cooking"}, {"kochen", "koche", "kocht", "gekocht"}};
constexpr Verb kBake{{"bake", "bakes", "baked", "baking"}, {"backen", "backe", "backt", "gebacken"}};
constexpr Verb kWear{{"wear", "wears", "wore", "wearing"}, {"tragen", "trage", "trägt", "getragen"}};
constexpr Verb kLookFor{.english = {"look", "looks", "looked", "looking"},
                        .german = {"suchen", "suche", "sucht", "gesucht"},
                        .particle = "for"};
constexpr Verb kFind{{"find", "finds", "found", "finding"}, {"finden", "finde", "findet", "gefunden"}};
constexpr Verb kPut{{"put", "puts", "put", "putting"}, {"legen", "lege", "legt", "gelegt"}};
constexpr Verb kRepair{{"repair", "repairs", "repaired", "repairing"},
                       {"reparieren", "repariere", "repariert", "repariert"}};
constexpr Verb kClean{{"clean", "cleans", "cleaned", "cleaning"}, {"putzen", "putze", "putzt", "geputzt"}};
constexpr Verb kPaint{{"paint", "paints", "painted", "painting"}, {"malen", "male", "malt", "gemalt"}};
constexpr Verb kCarry{{"carry", "carries", "carried", "carrying"}, {"tragen", "trage", "trägt", "getragen"}};
constexpr Verb kVisit{{"visit", "visits", "visited", "visiting"}, {"besuchen", "besuche", "besucht", "besucht"}};
constexpr Verb kKnow{{"know", "knows", "knew", "knowing"}, {"kennen", "kenne", "kennt", "gekannt"}};
constexpr Verb kLove{{"love", "loves", "loved", "loving"}, {"lieben", "liebe", "liebt", "geliebt"}};
constexpr Verb kSee{{"see", "sees", "saw", "seeing"}, {"sehen", "sehe", "sieht", "gesehen"}};
constexpr Verb kFeed{{"feed", "feeds", "fed", "feeding"}, {"füttern", "füttere", "füttert", "gefüttert"}};

constexpr Verb kOpen{.english = {"open", "opens", "opened", "opening"},
                     .german = {"machen", "mache", "macht", "aufgemacht"},
                     .prefix = "auf"};
constexpr Verb kClose{.english = {"close", "closes", "closed", "closing"},
                      .german = {"machen", "mache", "macht", "zugemacht"},
                      .prefix = "zu"};
constexpr Verb kTidyUp{.english = {"tidy", "tidies", "tidied", "tidying"},
                       .german = {"räumen", "räume", "räumt", "aufgeräumt"},
                       .prefix = "auf",
                       .particle = "up",
                       .particle_moves = true};
constexpr Verb kTurnOn{.english = {"turn", "turns", "turned", "turning"},
                       .german = {"schalten", "schalte", "schaltet", "eingeschaltet"},
                       .prefix = "ein",
                       .particle = "on",
                       .particle_moves = true};
constexpr Verb kPutOn{.english = {"put", "puts", "put", "putting"},
                      .german = {"ziehen", "ziehe", "zieht", "angezogen"},
                      .prefix = "an",
                      .particle = "on",
                      .particle_moves = true};
constexpr Verb kPickUp{.english = {"pick", "picks", "picked", "picking"},
                       .german = {"holen", "hole", "holt", "abgeholt"},
                       .prefix = "ab",
                       .particle = "up",
                       .particle_moves = true};
constexpr Verb kInvite{.english = {"invite", "invites", "invited", "inviting"},
                       .german = {"laden", "lade", "lädt", "eingeladen"},
                       .prefix = "ein"};
constexpr Verb kCall{.english = {"call", "calls", "called", "calling"},
                     .german = {"rufen", "rufe", "ruft", "angerufen"},
                     .prefix = "an"};

constexpr Verb kHelp{.english = {"help", "helps", "helped", "helping"},
                     .german = {"helfen", "helfe", "hilft", "geholfen"},
                     .object_case = Case::dative};
constexpr Verb kThank{.english = {"thank", "thanks", "thanked", "thanking"},
                      .german = {"danken", "danke", "dankt", "gedankt"},
                      .object_case = Case::dative};
constexpr Verb kWaitFor{.english = {"wait", "waits", "waited", "waiting"},
                        .german = {"warten", "warte", "wartet", "gewartet"},
                        .particle = "for",
                        .preposition = "auf"};
constexpr Verb kTalkWith{.english = {"talk", "talks", "talked", "talking"},
                         .german = {"sprechen", "spreche", "spricht", "gesprochen"},
                         .particle = "with",
                         .object_case = Case::dative,
                         .preposition = "mit"};
constexpr Verb kGive{{"give", "gives", "gave", "giving"}, {"geben", "gebe", "gibt", "gegeben"}};
constexpr Verb kShow{{"show", "shows", "showed", "showing"}, {"zeigen", "zeige", "zeigt", "gezeigt"}};
constexpr Verb kSend{{"send", "sends", "sent", "sending"}, {"schicken", "schicke", "schickt", "geschickt"}};

constexpr Verb kSleep{{"sleep", "sleeps", "slept", "sleeping"}, {"schlafen", "schlafe", "schläft", "geschlafen"}};
constexpr Verb kWork{{"work", "works", "worked", "working"}, {"arbeiten", "arbeite", "arbeitet", "gearbeitet"}};
constexpr Verb kPlay{{"play", "plays", "played", "playing"}, {"spielen", "spiele", "spielt", "gespielt"}};
constexpr Verb kDance{{"dance", "dances", "danced", "dancing"}, {"tanzen", "tanze", "tanzt", "getanzt"}};
constexpr Verb kSing{{"sing", "sings", "sang", "singing"}, {"singen", "singe", "singt", "gesungen"}};
constexpr Verb kLaugh{{"laugh", "laughs", "laughed", "laughing"}, {"lachen", "lache", "lacht", "gelacht"}};
constexpr Verb kCry{{"cry", "cries", "cried", "crying"}, {"weinen", "weine", "weint", "geweint"}};
constexpr Verb kSwim{.english = {"swim", "swims", "swam", "swimming"},
                     .german = {"schwimmen", "schwimme", "schwimmt", "geschwommen"},
                     .moves = true};
constexpr Verb kSit{.english = {"sit", "sits", "sat", "sitting"},
                    .german = {"sitzen", "sitze", "sitzt", "gesessen"},
                    .preterite = "saß"};
constexpr Verb kLie{
    .english = {"lie", "lies", "lay", "lying"}, .german = {"liegen", "liege", "liegt", "gelegen"}, .preterite = "lag"};
constexpr Verb kLive{{"live", "lives", "lived", "living"}, {"wohnen", "wohne", "wohnt", "gewohnt"}};
constexpr Verb kStay{.english = {"stay", "stays", "stayed", "staying"},
                     .german = {"bleiben", "bleibe", "bleibt", "geblieben"},
                     .moves = true};
constexpr Verb kGo{
    .english = {"go", "goes", "went", "going"}, .german = {"gehen", "gehe", "geht", "gegangen"}, .moves = true};
constexpr Verb kRun{
    .english = {"run", "runs", "ran", "running"}, .german = {"laufen", "laufe", "läuft", "gelaufen"}, .moves = true};
constexpr Verb kTravel{.english = {"travel", "travels", "travelled", "travelling"},
                       .german = {"fahren", "fahre", "fährt", "gefahren"},
                       .moves = true};
constexpr Verb kComeBack{.english = {"come", "comes", "came", "coming"},
                         .german = {"kommen", "komme", "kommt", "zurückgekommen"},
                         .prefix = "zurück",
                         .particle = "back",
                         .moves = true};
constexpr Verb kGetUp{.english = {"get", "gets", "got", "getting"},
                      .german = {"stehen", "stehe", "steht", "aufgestanden"},
                      .prefix = "auf",
                      .particle = "up",
                      .moves = true};
constexpr Verb kFallAsleep{.english = {"fall", "falls", "fell", "falling"},
                           .german = {"schlafen", "schlafe", "schläft", "eingeschlafen"},
                           .prefix = "ein",
                           .particle = "asleep",
                           .moves = true};
constexpr Verb kArrive{.english = {"arrive", "arrives", "arrived", "arriving"},
                       .german = {"kommen", "komme", "kommt", "angekommen"},
                       .prefix = "an",
                       .moves = true};

constexpr Verb kCost{{"cost", "costs", "cost", "costing"}, {"kosten", "koste", "kostet", "gekostet"}};
constexpr Verb kBelong{.english = {"belong", "belongs", "belonged", "belonging"},
                       .german = {"gehören", "gehöre", "gehört", "gehört"},
                       .particle = "to",
                       .object_case = Case::dative};
constexpr Verb kRain{{"rain", "rains", "rained", "raining"}, {"regnen", "regne", "regnet", "geregnet"}};
constexpr Verb kSnow{{"snow", "snows", "snowed", "snowing"}, {"schneien", "schneie", "schneit", "geschneit"}};

constexpr Verb kSay{{"say", "says", "said", "saying"}, {"sagen", "sage", "sagt", "gesagt"}};
constexpr Verb kBelieve{{"believe", "believes", "believed", "believing"}, {"glauben", "glaube", "glaubt", "geglaubt"}};
constexpr Verb kHope{{"hope", "hopes", "hoped", "hoping"}, {"hoffen", "hoffe", "hofft", "gehofft"}};
constexpr Verb kAsk{{"ask", "asks", "asked", "asking"}, {"fragen", "frage", "fragt", "gefragt"}};
constexpr Verb kTry{{"try", "tries", "tried", "trying"}, {"versuchen", "versuche", "versucht", "versucht"}};
constexpr Verb kPromise{{"promise", "promises", "promised", "promising"},
                        {"versprechen", "verspreche", "verspricht", "versprochen"}};
constexpr Verb kForget{{"forget", "forgets", "forgot", "forgetting"},
                       {"vergessen", "vergesse", "vergisst", "vergessen"}};
constexpr Verb kKnowFact{{"know", "knows", "knew", "knowing"}, {"wissen", "weiß", "weiß", "gewusst"}};

}  // namespace verbs

namespace {

constexpr Modal kModals[] = {
    {{"can", "can", "could", ""}, "", true, "kann", "können", "konnte"},
    {{"should", "should", "", ""}, "", true, "sollte", "sollten", ""},
    {{"have", "has", "had", ""}, "to", false, "muss", "müssen", "musste"},
    {{"want", "wants", "wanted", ""}, "to", false, "will", "wollen", "wollte"},
    {{"be", "is", "was", ""}, "allowed to", true, "darf", "dürfen", "durfte"},
    {{"like", "likes", "", ""}, "to", false, "", "", "", "gern"},
};

}  // namespace

std::span<const Modal> modals() {
  return kModals;
}

}  // namespace heed::demo
