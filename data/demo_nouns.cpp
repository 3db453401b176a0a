#include <stdexcept>
#include <string>

#include "demo_lexicon.h"

namespace heed::demo {
namespace {

constexpr Gender kM = Gender::masculine, kF = Gender::feminine, kN = Gender::neuter;
constexpr Plurals kSingular = Plurals::never, kMass = Plurals::mass;
constexpr bool kWeak = true;
constexpr Roles kFood = kEaten | kGrocery, kDrink = kDrunk | kGrocery;
constexpr Roles kThing = kGoods | kOwned;

constexpr Noun kNouns[] = {
    {"man", "men", "Mann", "Mannes", "Männer", "Männern", kM, kAdult, kMet | kKnown},
    {"woman", "women", "Frau", "Frau", "Frauen", "Frauen", kF, kAdult, kMet | kKnown},
    {"teacher", "teachers", "Lehrer", "Lehrers", "Lehrer", "Lehrern", kM, kAdult, kMet | kKnown},
    {"doctor", "doctors", "Arzt", "Arztes", "Ärzte", "Ärzten", kM, kAdult, kMet | kKnown},
    {"farmer", "farmers", "Bauer", "Bauern", "Bauern", "Bauern", kM, kAdult, kMet | kKnown, Plurals::usual, kWeak},
    {"neighbour", "neighbours", "Nachbar", "Nachbarn", "Nachbarn", "Nachbarn", kM, kAdult, kMet | kKnown,
     Plurals::usual, kWeak},
    {"student", "students", "Student", "Studenten", "Studenten", "Studenten", kM, kAdult, kMet | kKnown, Plurals::usual,
     kWeak},
    {"baker", "bakers", "Bäcker", "Bäckers", "Bäcker", "Bäckern", kM, kAdult, kMet | kKnown},
    {"painter", "painters", "Maler", "Malers", "Maler", "Malern", kM, kArtist, kMet | kKnown},
    {"actress", "actresses", "Schauspielerin", "Schauspielerin", "Schauspielerinnen", "Schauspielerinnen", kF, kArtist,
     kMet | kKnown},
    {"boy", "boys", "Junge", "Jungen", "Jungen", "Jungen", kM, kChild, kMet | kKnown, Plurals::usual, kWeak},
    {"girl", "girls", "Mädchen", "Mädchens", "Mädchen", "Mädchen", kN, kChild, kMet | kKnown},
    {"child", "children", "Kind", "Kindes", "Kinder", "Kindern", kN, kChild, kMet | kKnown},

    {"father", "", "Vater", "Vaters", "", "", kM, kParent, kMet, kSingular},
    {"mother", "", "Mutter", "Mutter", "", "", kF, kParent, kMet, kSingular},
    {"grandfather", "", "Großvater", "Großvaters", "", "", kM, kElder, kMet, kSingular},
    {"grandmother", "", "Großmutter", "Großmutter", "", "", kF, kElder, kMet, kSingular},
    {"uncle", "", "Onkel", "Onkels", "", "", kM, kElder, kMet, kSingular},
    {"aunt", "", "Tante", "Tante", "", "", kF, kElder, kMet, kSingular},
    {"brother", "brothers", "Bruder", "Bruders", "Brüder", "Brüdern", kM, kYoungKin, kMet},
    {"sister", "sisters", "Schwester", "Schwester", "Schwestern", "Schwestern", kF, kYoungKin, kMet},
    {"son", "sons", "Sohn", "Sohnes", "Söhne", "Söhnen", kM, kYoungKin, kMet},
    {"daughter", "daughters", "Tochter", "Tochter", "Töchter", "Töchtern", kF, kYoungKin, kMet},

    {"dog", "dogs", "Hund", "Hundes", "Hunde", "Hunden", kM, kPet, kFed | kLost | kOwned | kAdmired | kLoved},
    {"cat", "cats", "Katze", "Katze", "Katzen", "Katzen", kF, kPet, kFed | kLost | kOwned | kAdmired | kLoved},
    {"horse", "horses", "Pferd", "Pferdes", "Pferde", "Pferden", kN, kFarmAnimal,
     kFed | kPainted | kOwned | kAdmired | kLoved},
    {"cow", "cows", "Kuh", "Kuh", "Kühe", "Kühen", kF, kFarmAnimal, kFed | kPainted},

    {"apple", "apples", "Apfel", "Apfels", "Äpfel", "Äpfeln", kM, kFruit, kFood},
    {"pear", "pears", "Birne", "Birne", "Birnen", "Birnen", kF, kFruit, kFood},
    {"tomato", "tomatoes", "Tomate", "Tomate", "Tomaten", "Tomaten", kF, kFruit, kFood},
    {"egg", "eggs", "Ei", "Eies", "Eier", "Eiern", kN, kStaple, kFood | kCooked},
    {"potato", "potatoes", "Kartoffel", "Kartoffel", "Kartoffeln", "Kartoffeln", kF, kStaple, kFood | kCooked},
    {"cake", "cakes", "Kuchen", "Kuchens", "Kuchen", "Kuchen", kM, kPastry, kFood | kBaked | kGift | kPresent},
    {"bread", "", "Brot", "Brotes", "", "", kN, kBread, kFood | kBaked, kMass},
    {"cheese", "", "Käse", "Käses", "", "", kM, kBread, kFood, kMass},
    {"soup", "", "Suppe", "Suppe", "", "", kF, kHotDrink, kEaten | kCooked, kMass},
    {"tea", "", "Tee", "Tees", "", "", kM, kHotDrink, kDrink, kMass},
    {"coffee", "", "Kaffee", "Kaffees", "", "", kM, kHotDrink, kDrink, kMass},
    {"milk", "", "Milch", "Milch", "", "", kF, kHotDrink, kDrink, kMass},
    {"water", "", "Wasser", "Wassers", "", "", kN, kColdDrink, kDrunk, kMass},
    {"juice", "", "Saft", "Saftes", "", "", kM, kColdDrink, kDrink, kMass},

    {"book", "books", "Buch", "Buches", "Bücher", "Büchern", kN, kBook,
     kReadable | kReadDaily | kWritten | kThing | kGift | kPresent | kLost | kLaid | kSent},
    {"newspaper", "newspapers", "Zeitung", "Zeitung", "Zeitungen", "Zeitungen", kF, kBook,
     kReadable | kReadDaily | kLost | kLaid | kSent},
    {"letter", "letters", "Brief", "Briefes", "Briefe", "Briefen", kM, kMessage,
     kReadable | kWritten | kLost | kLaid | kGift | kSent},
    {"story", "stories", "Geschichte", "Geschichte", "Geschichten", "Geschichten", kF, kMessage, kReadable | kWritten},

    {"table", "tables", "Tisch", "Tisches", "Tische", "Tischen", kM, kFurniture, kThing | kRepaired},
    {"chair", "chairs", "Stuhl", "Stuhls", "Stühle", "Stühlen", kM, kFurniture, kThing | kRepaired | kCarried},
    {"lamp", "lamps", "Lampe", "Lampe", "Lampen", "Lampen", kF, kFurniture, kThing | kRepaired | kSwitched},
    {"clock", "clocks", "Uhr", "Uhr", "Uhren", "Uhren", kF, kDecor, kThing | kRepaired},
    {"picture", "pictures", "Bild", "Bildes", "Bilder", "Bildern", kN, kDecor,
     kThing | kPainted | kGift | kPresent | kAdmired | kSent},
    {"bed", "beds", "Bett", "Bettes", "Betten", "Betten", kN, kFurniture, kGoods},
    {"bag", "bags", "Tasche", "Tasche", "Taschen", "Taschen", kF, kLuggage, kThing | kLost | kCarried | kOpened},
    {"suitcase", "suitcases", "Koffer", "Koffers", "Koffer", "Koffern", kM, kLuggage,
     kThing | kLost | kCarried | kOpened},
    {"key", "keys", "Schlüssel", "Schlüssels", "Schlüssel", "Schlüsseln", kM, kTool, kLost | kLaid | kGift},
    {"umbrella", "umbrellas", "Regenschirm", "Regenschirms", "Regenschirme", "Regenschirmen", kM, kTool,
     kThing | kLost | kGift | kPresent},
    {"computer", "computers", "Computer", "Computers", "Computer", "Computern", kM, kTool,
     kThing | kRepaired | kSwitched},
    {"ball", "balls", "Ball", "Balls", "Bälle", "Bällen", kM, kTool, kLost | kPresent},

    {"coat", "coats", "Mantel", "Mantels", "Mäntel", "Mänteln", kM, kClothes, kThing | kWorn | kLost | kPresent},
    {"jacket", "jackets", "Jacke", "Jacke", "Jacken", "Jacken", kF, kClothes, kThing | kWorn | kLost | kPresent},
    {"shirt", "shirts", "Hemd", "Hemdes", "Hemden", "Hemden", kN, kClothes, kThing | kWorn | kLost | kPresent},
    {"hat", "hats", "Hut", "Hutes", "Hüte", "Hüten", kM, kClothes, kThing | kWorn | kLost | kPresent},

    {"car", "cars", "Auto", "Autos", "Autos", "Autos", kN, kVehicle, kThing | kRepaired},
    {"bicycle", "bicycles", "Fahrrad", "Fahrrads", "Fahrräder", "Fahrrädern", kN, kVehicle, kThing | kRepaired},
    {"train", "trains", "Zug", "Zuges", "Züge", "Zügen", kM, kTransport, kAwaited},
    {"bus", "buses", "Bus", "Busses", "Busse", "Bussen", kM, kTransport, kAwaited},

    {"flower", "flowers", "Blume", "Blume", "Blumen", "Blumen", kF, kPlant,
     kGift | kPresent | kPainted | kAdmired | kSent},
    {"tree", "trees", "Baum", "Baumes", "Bäume", "Bäumen", kM, kTree, kPainted | kAdmired},
    {"window", "windows", "Fenster", "Fensters", "Fenster", "Fenstern", kN, kOpening, kRepaired | kCleaned | kOpened},
    {"door", "doors", "Tür", "Tür", "Türen", "Türen", kF, kOpening, kRepaired | kOpened},

    {"kitchen", "", "Küche", "Küche", "", "", kF, kRoom, kTidied | kCleaned, kSingular},
    {"room", "", "Zimmer", "Zimmers", "", "", kN, kRoom, kTidied | kCleaned, kSingular},
    {"house", "houses", "Haus", "Hauses", "Häuser", "Häusern", kN, kBuilding, kOwned | kAdmired},
    {"school", "", "Schule", "Schule", "", "", kF, kBuilding, 0, kSingular},
    {"church", "churches", "Kirche", "Kirche", "Kirchen", "Kirchen", kF, kBuilding, kAdmired},
    {"library", "", "Bibliothek", "Bibliothek", "", "", kF, kBuilding, 0, kSingular},
    {"museum", "", "Museum", "Museums", "", "", kN, kBuilding, kAdmired, kSingular},
    {"station", "", "Bahnhof", "Bahnhofs", "", "", kM, kBuilding, 0, kSingular},
    {"garden", "", "Garten", "Gartens", "", "", kM, kOutdoors, kAdmired | kLoved, kSingular},
    {"park", "", "Park", "Parks", "", "", kM, kOutdoors, kAdmired, kSingular},
    {"forest", "", "Wald", "Waldes", "", "", kM, kOutdoors, kAdmired | kLoved, kSingular},
    {"lake", "", "See", "Sees", "", "", kM, kOutdoors, kAdmired | kLoved, kSingular},
    {"market", "", "Markt", "Marktes", "", "", kM, kOutdoors, 0, kSingular},
    {"city", "", "Stadt", "Stadt", "", "", kF, kOutdoors, 0, kSingular},
    {"village", "", "Dorf", "Dorfes", "", "", kN, kOutdoors, kAdmired | kLoved, kSingular},

    {"weather", "", "Wetter", "Wetters", "", "", kN, kWeather, 0, kMass},
    {"rain", "", "Regen", "Regens", "", "", kM, kWeather, 0, kMass},
    {"snow", "", "Schnee", "Schnees", "", "", kM, kWeather, 0, kMass},
    {"storm", "", "Sturm", "Sturms", "", "", kM, kWeather, 0, kMass},
    {"heat", "", "Hitze", "Hitze", "", "", kF, kWeather, 0, kMass},
};

constexpr Kinds kColoured = kFurniture | kLuggage | kClothes | kVehicle;
constexpr Kinds kMade = kBook | kFurniture | kDecor | kLuggage | kTool | kClothes | kVehicle;

constexpr Adjective kAdjectives[] = {
    {"old", "alt", "alt", kAdult | kArtist | kElder | kAnimal | kMade | kMessage | kBuilding | kOpening | kTree, true},
    {"young", "jung", "jung", kAdult | kArtist | kAnimal},
    {"little", "klein", "klein", kChild | kYoungKin},
    {"small", "klein", "klein", kAnimal | kFruit | kFurniture | kDecor | kLuggage | kRoom | kBuilding | kOutdoors},
    {"brown", "braun", "braun", kAnimal | kLuggage | kClothes},
    {"big", "groß", "groß",
     kAnimal | kFruit | kPastry | kFurniture | kDecor | kLuggage | kTree | kOpening | kRoom | kBuilding | kOutdoors},
    {"friendly", "freundlich", "freundlich", kAdult | kArtist | kChild | kElder | kPet},
    {"clever", "klug", "klug", kAdult | kYoung | kParent | kPet},
    {"famous", "berühmt", "berühmt", kArtist},
    {"rich", "reich", "reich", kAdult | kArtist | kElder},
    {"poor", "arm", "arm", kAdult | kArtist},
    {"tired", "müde", "müd", kAdult | kChild | kAnimal, true},
    {"hungry", "hungrig", "hungrig", kChild | kAnimal, true},
    {"curious", "neugierig", "neugierig", kChild | kYoungKin | kPet},
    {"brave", "mutig", "mutig", kYoung},
    {"dear", "lieb", "lieb", kParent | kElder},
    {"fresh", "frisch", "frisch", kFruit | kStaple | kPastry | kBread},
    {"sweet", "süß", "süß", kFruit | kPastry},
    {"cold", "kalt", "kalt", kColdDrink | kHotDrink, true},
    {"hot", "heiß", "heiß", kHotDrink, true},
    {"long", "lang", "lang", kMessage},
    {"interesting", "interessant", "interessant", kBook | kMessage},
    {"boring", "langweilig", "langweilig", kBook | kMessage, true},
    {"new", "neu", "neu", kMade | kOpening | kRoom, true},
    {"beautiful", "schön", "schön",
     kFurniture | kDecor | kClothes | kPlant | kTree | kBuilding | kOutdoors | kFarmAnimal},
    {"expensive", "teuer", "teur", kFurniture | kDecor | kLuggage | kClothes | kVehicle, true},
    {"cheap", "billig", "billig", kFurniture | kLuggage | kClothes | kVehicle, true},
    {"heavy", "schwer", "schwer", kLuggage},
    {"warm", "warm", "warm", kClothes},
    {"red", "rot", "rot", kColoured | kFruit | kPlant},
    {"green", "grün", "grün", kColoured | kFruit},
    {"blue", "blau", "blau", kColoured | kPlant},
    {"black", "schwarz", "schwarz", kColoured | kAnimal},
    {"white", "weiß", "weiß", kColoured | kAnimal | kPlant},
    {"dark", "dunkel", "dunkl", kRoom},
    {"quiet", "ruhig", "ruhig", kOutdoors},
    {"bad", "schlecht", "schlecht", 0},
    {"good", "gut", "gut", 0},
    {"ill", "krank", "krank", 0},
    {"thirsty", "durstig", "durstig", 0},
    {"happy", "glücklich", "glücklich", 0},
    {"sad", "traurig", "traurig", 0},
};

}  // namespace

std::span<const Noun> nouns() {
  return kNouns;
}
std::span<const Adjective> adjectives() {
  return kAdjectives;
}

const Noun& noun(std::string_view english) {
  for (const Noun& candidate : kNouns)
    if (english == candidate.english) return candidate;
  throw std::logic_error("no noun '" + std::string(english) + "' in the demo lexicon");
}

const Adjective& adjective(std::string_view english) {
  for (const Adjective& candidate : kAdjectives)
    if (english == candidate.english) return candidate;
  throw std::logic_error("no adjective '" + std::string(english) + "' in the demo lexicon");
}

}  // namespace heed::demo
