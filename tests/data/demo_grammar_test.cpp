#include "demo_grammar.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <tuple>
#include <vector>

#include <unistd.h>

#include "heed/base/error.h"

#include "catch.h"
#include "demo_clause.h"
#include "demo_corpus.h"
#include "demo_lexicon.h"
#include "demo_morphology.h"
#include "demo_shapes.h"

using namespace heed::demo;

namespace {

constexpr Case kCases[] = {Case::nominative, Case::accusative, Case::dative, Case::genitive};

/// One line per case, "nominative / accusative / dative / genitive".
std::string declined(const NounPhrase& phrase) {
  std::string forms;
  for (const Case each : kCases) forms += (forms.empty() ? "" : " / ") + german_phrase(phrase, each);
  return forms;
}

NounPhrase phrase(const char* english, Determiner determiner, Number number = Number::singular,
                  const char* with_adjective = nullptr, int count = 0) {
  return {.noun = &noun(english),
          .number = number,
          .determiner = determiner,
          .count = count,
          .adjective = with_adjective == nullptr ? nullptr : &adjective(with_adjective)};
}

constexpr Number kPlural = Number::plural;

Clause buying() {
  return {.subject = phrase("woman", Determiner::definite, Number::singular, "old"),
          .verb = &verbs::kBuy,
          .tense = Tense::progressive,
          .object = phrase("apple", Determiner::none, kPlural, "red", 3)};
}

Clause calling() {
  return {.subject = phrase("boy", Determiner::definite),
          .verb = &verbs::kCall,
          .object = phrase("sister", Determiner::his)};
}

const DemoCorpus& corpus_of_seed_one() {
  static const DemoCorpus corpus = make_demo_corpus(1);
  return corpus;
}

std::vector<SentencePair> held_out(const DemoCorpus& corpus) {
  std::vector<SentencePair> pairs = corpus.valid;
  pairs.insert(pairs.end(), corpus.test.begin(), corpus.test.end());
  return pairs;
}

std::string file_text(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "heed-demo-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
    path_ = name;
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace

TEST_CASE("weak declension follows the definite article") {
  CHECK(declined(phrase("man", Determiner::definite, Number::singular, "old")) ==
        "der alte Mann / den alten Mann / dem alten Mann / des alten Mannes");
  CHECK(declined(phrase("woman", Determiner::definite, Number::singular, "old")) ==
        "die alte Frau / die alte Frau / der alten Frau / der alten Frau");
  CHECK(declined(phrase("house", Determiner::definite, Number::singular, "old")) ==
        "das alte Haus / das alte Haus / dem alten Haus / des alten Hauses");
  CHECK(declined(phrase("man", Determiner::definite, kPlural, "old")) ==
        "die alten Männer / die alten Männer / den alten Männern / der alten Männer");
  CHECK(declined(phrase("car", Determiner::demonstrative, Number::singular, "expensive")) ==
        "dieses teure Auto / dieses teure Auto / diesem teuren Auto / dieses teuren Autos");
  CHECK(declined(phrase("dog", Determiner::interrogative, Number::singular, "tired")) ==
        "welcher müde Hund / welchen müden Hund / welchem müden Hund / welches müden Hundes");
  CHECK(declined(phrase("apple", Determiner::definite, kPlural, "red", 3)) ==
        "die drei roten Äpfel / die drei roten Äpfel / den drei roten Äpfeln / der drei roten Äpfel");
}

TEST_CASE("mixed declension follows ein, kein and the possessives") {
  CHECK(declined(phrase("man", Determiner::indefinite, Number::singular, "old")) ==
        "ein alter Mann / einen alten Mann / einem alten Mann / eines alten Mannes");
  CHECK(declined(phrase("woman", Determiner::my, Number::singular, "old")) ==
        "meine alte Frau / meine alte Frau / meiner alten Frau / meiner alten Frau");
  CHECK(declined(phrase("house", Determiner::our, Number::singular, "old")) ==
        "unser altes Haus / unser altes Haus / unserem alten Haus / unseres alten Hauses");
  CHECK(declined(phrase("kitchen", Determiner::her, Number::singular, "dark")) ==
        "ihre dunkle Küche / ihre dunkle Küche / ihrer dunklen Küche / ihrer dunklen Küche");
  CHECK(declined(phrase("child", Determiner::negative, kPlural, "little")) ==
        "keine kleinen Kinder / keine kleinen Kinder / keinen kleinen Kindern / keiner kleinen Kinder");
  CHECK(declined(phrase("brother", Determiner::his, kPlural, "clever", 2)) ==
        "seine zwei klugen Brüder / seine zwei klugen Brüder / seinen zwei klugen Brüdern / seiner zwei klugen Brüder");
}

TEST_CASE("strong declension stands alone or follows a number") {
  CHECK(declined(phrase("coffee", Determiner::none, Number::singular, "hot")) ==
        "heißer Kaffee / heißen Kaffee / heißem Kaffee / heißen Kaffees");
  CHECK(declined(phrase("milk", Determiner::none, Number::singular, "cold")) ==
        "kalte Milch / kalte Milch / kalter Milch / kalter Milch");
  CHECK(declined(phrase("bread", Determiner::none, Number::singular, "fresh")) ==
        "frisches Brot / frisches Brot / frischem Brot / frischen Brotes");
  CHECK(declined(phrase("apple", Determiner::none, kPlural, "red", 3)) ==
        "drei rote Äpfel / drei rote Äpfel / drei roten Äpfeln / drei roter Äpfel");
  CHECK(declined(phrase("flower", Determiner::many, kPlural, "beautiful")) ==
        "viele schöne Blumen / viele schöne Blumen / vielen schönen Blumen / vieler schöner Blumen");
  CHECK(declined(phrase("dog", Determiner::some, kPlural, "black")) ==
        "einige schwarze Hunde / einige schwarze Hunde / einigen schwarzen Hunden / einiger schwarzer Hunde");
}

TEST_CASE("weak nouns take -n in every case but the nominative") {
  CHECK(declined(phrase("boy", Determiner::definite)) == "der Junge / den Jungen / dem Jungen / des Jungen");
  CHECK(declined(phrase("neighbour", Determiner::indefinite)) ==
        "ein Nachbar / einen Nachbarn / einem Nachbarn / eines Nachbarn");
}

TEST_CASE("the owner stands before the noun in English and behind it in German") {
  NounPhrase dog = phrase("dog", Determiner::definite, Number::singular, "small");
  dog.owner = std::make_shared<const NounPhrase>(phrase("neighbour", Determiner::definite, Number::singular, "old"));
  CHECK(english_phrase(dog, true) == "the old neighbour's small dog");
  CHECK(german_phrase(dog, Case::dative) == "dem kleinen Hund des alten Nachbarn");
  dog.owner = std::make_shared<const NounPhrase>(phrase("girl", Determiner::definite, kPlural));
  CHECK(english_phrase(dog, true) == "the girls' small dog");
  dog.owner = std::make_shared<const NounPhrase>(phrase("child", Determiner::definite, kPlural));
  CHECK(english_phrase(dog, true) == "the children's small dog");
  dog.owner = std::make_shared<const NounPhrase>(phrase("actress", Determiner::definite));
  CHECK(english_phrase(dog, true) == "the actress's small dog");
  CHECK(german_phrase(dog, Case::nominative) == "der kleine Hund der Schauspielerin");
}

TEST_CASE("an English indefinite article looks at the next word") {
  CHECK(english_phrase(phrase("apple", Determiner::indefinite), true) == "an apple");
  CHECK(english_phrase(phrase("apple", Determiner::indefinite, Number::singular, "red"), true) == "a red apple");
  CHECK(english_phrase(phrase("house", Determiner::indefinite, Number::singular, "old"), true) == "an old house");
}

TEST_CASE("every table form fits its article") {
  for (const Noun& each : nouns()) {
    INFO(each.english);
    CHECK(std::string(each.german) != "");
    CHECK((each.plurals == Plurals::usual) == (std::string(each.plural) != ""));
    CHECK((each.plurals == Plurals::usual) == (std::string(each.english_plural) != ""));
    if (each.plurals != Plurals::usual) continue;
    const std::string dative = each.dative_plural;
    CHECK((dative.ends_with('n') || dative.ends_with('s')));
    if (each.gender == Gender::feminine) CHECK(std::string(each.genitive) == each.german);
    if (each.gender != Gender::feminine && !each.weak) CHECK(std::string(each.genitive).ends_with('s'));
  }
}

TEST_CASE("prepositions draw the article in") {
  struct {
    Preposition preposition;
    const char* noun;
    const char* english;
    const char* german;
  } const rows[] = {{{"in", "in", Case::dative}, "garden", "in the garden", "im Garten"},
                    {{"into", "in", Case::accusative}, "garden", "into the garden", "in den Garten"},
                    {{"into", "in", Case::accusative}, "house", "into the house", "ins Haus"},
                    {{"in", "in", Case::dative}, "kitchen", "in the kitchen", "in der Küche"},
                    {{"at", "an", Case::dative}, "lake", "at the lake", "am See"},
                    {{"to", "zu", Case::dative}, "market", "to the market", "zum Markt"},
                    {{"to", "zu", Case::dative}, "church", "to the church", "zur Kirche"},
                    {{"from", "von", Case::dative}, "station", "from the station", "vom Bahnhof"},
                    {{"on", "auf", Case::accusative}, "table", "on the table", "auf den Tisch"},
                    {{"on", "auf", Case::dative}, "table", "on the table", "auf dem Tisch"},
                    {kBecauseOf, "rain", "because of the rain", "wegen des Regens"}};
  for (const auto& row : rows) {
    const Bilingual words = prepositional_phrase(row.preposition, phrase(row.noun, Determiner::definite));
    CHECK(words.english == row.english);
    CHECK(words.german == row.german);
  }
  CHECK(prepositional_phrase(kWith, phrase("dog", Determiner::her, Number::singular, "black")).german ==
        "mit ihrem schwarzen Hund");
}

TEST_CASE("numbers are written as words") {
  const std::array<const char*, 10> units = {"",     "ein",   "zwei",   "drei", "vier",
                                             "fünf", "sechs", "sieben", "acht", "neun"};
  const std::array<const char*, 10> tens = {"",        "",        "zwanzig", "dreißig", "vierzig",
                                            "fünfzig", "sechzig", "siebzig", "achtzig", "neunzig"};
  const std::array<const char*, 20> small = {
      "null", "eins", "zwei",  "drei",     "vier",     "fünf",     "sechs",    "sieben",   "acht",     "neun",
      "zehn", "elf",  "zwölf", "dreizehn", "vierzehn", "fünfzehn", "sechzehn", "siebzehn", "achtzehn", "neunzehn"};
  std::set<std::string> german, english;
  for (int value = 0; value < 100; ++value) {
    const std::string unit = units[static_cast<std::size_t>(value % 10)],
                      ten = tens[static_cast<std::size_t>(value / 10)];
    const std::string expected = value < 20     ? small[static_cast<std::size_t>(value)]
                                 : unit.empty() ? ten
                                                : unit + "und" + ten;
    CHECK(german_number(value) == expected);
    german.insert(german_number(value));
    english.insert(english_number(value));
  }
  CHECK(german.size() == 100);
  CHECK(english.size() == 100);
  CHECK(german_number(21) == "einundzwanzig");
  CHECK(german_number(76) == "sechsundsiebzig");
  CHECK(english_number(0) == "zero");
  CHECK(english_number(13) == "thirteen");
  CHECK(english_number(40) == "forty");
  CHECK(english_number(76) == "seventy-six");
  CHECK_THROWS_AS(german_number(100), std::out_of_range);
  CHECK_THROWS_AS(english_number(-1), std::out_of_range);
}

TEST_CASE("the finite verb is second in a main clause") {
  Clause clause = buying();
  CHECK(english_statement(clause) == "the old woman is buying three red apples");
  CHECK(german_verb_second(clause) == "die alte Frau kauft drei rote Äpfel");
  clause.opening = {"today", "heute"};
  CHECK(english_statement(clause) == "today the old woman is buying three red apples");
  CHECK(german_verb_second(clause) == "heute kauft die alte Frau drei rote Äpfel");
  clause.tense = Tense::past;
  clause.opening = {"yesterday", "gestern"};
  CHECK(english_statement(clause) == "yesterday the old woman bought three red apples");
  CHECK(german_verb_second(clause) == "gestern hat die alte Frau drei rote Äpfel gekauft");
  clause.tense = Tense::future;
  clause.opening = {"tomorrow", "morgen"};
  CHECK(english_statement(clause) == "tomorrow the old woman will buy three red apples");
  CHECK(german_verb_second(clause) == "morgen wird die alte Frau drei rote Äpfel kaufen");
}

TEST_CASE("the finite verb is last in a subordinate clause and first in a question") {
  Clause clause = buying();
  clause.time = {"today", "heute"};
  CHECK(german_verb_final(clause) == "die alte Frau heute drei rote Äpfel kauft");
  CHECK(german_verb_first(clause) == "kauft die alte Frau heute drei rote Äpfel");
  CHECK(english_question(clause) == "is the old woman buying three red apples today");
  clause.tense = Tense::past;
  clause.time = {};
  CHECK(german_verb_final(clause) == "die alte Frau drei rote Äpfel gekauft hat");
  CHECK(english_question(clause) == "did the old woman buy three red apples");
  clause.tense = Tense::present;
  CHECK(english_question(clause) == "does the old woman buy three red apples");
}

TEST_CASE("separable verbs split in main clauses only") {
  Clause clause = calling();
  CHECK(german_verb_second(clause) == "der Junge ruft seine Schwester an");
  CHECK(german_verb_first(clause) == "ruft der Junge seine Schwester an");
  CHECK(german_verb_final(clause) == "der Junge seine Schwester anruft");
  CHECK(german_infinitive(clause) == "seine Schwester anzurufen");
  CHECK(english_infinitive(clause) == "to call his sister");
  clause.tense = Tense::past;
  CHECK(german_verb_second(clause) == "der Junge hat seine Schwester angerufen");
  CHECK(german_verb_final(clause) == "der Junge seine Schwester angerufen hat");
  clause.tense = Tense::future;
  CHECK(german_verb_second(clause) == "der Junge wird seine Schwester anrufen");
  clause.verb = &verbs::kBuy;
  CHECK(german_infinitive(clause) == "seine Schwester zu kaufen");
}

TEST_CASE("an English particle lets a pronoun pass") {
  Clause clause{.subject = phrase("man", Determiner::definite), .verb = &verbs::kPickUp};
  clause.object = phrase("girl", Determiner::definite);
  CHECK(english_statement(clause) == "the man picks up the girl");
  clause.object = pronoun_for(*clause.object);
  CHECK(english_statement(clause) == "the man picks her up");
  CHECK(german_verb_second(clause) == "der Mann holt sie ab");
  clause.verb = &verbs::kWaitFor;
  CHECK(english_statement(clause) == "the man waits for her");
  CHECK(german_verb_second(clause) == "der Mann wartet auf sie");
}

TEST_CASE("modal verbs send the infinitive to the end") {
  Clause clause = calling();
  const auto modal = [](std::string_view english) {
    return &*std::ranges::find_if(modals(), [&](const Modal& each) { return each.english.base == english; });
  };
  clause.modal = modal("can");
  CHECK(english_statement(clause) == "the boy can call his sister");
  CHECK(german_verb_second(clause) == "der Junge kann seine Schwester anrufen");
  clause.negated = true;
  CHECK(english_statement(clause) == "the boy cannot call his sister");
  CHECK(english_question(clause) == "can the boy not call his sister");
  CHECK(german_verb_second(clause) == "der Junge kann seine Schwester nicht anrufen");
  clause.negated = false;
  clause.modal = modal("want");
  clause.tense = Tense::past;
  CHECK(english_statement(clause) == "the boy wanted to call his sister");
  CHECK(german_verb_second(clause) == "der Junge wollte seine Schwester anrufen");
  CHECK(german_verb_final(clause) == "der Junge seine Schwester anrufen wollte");
  CHECK(english_question(clause) == "did the boy want to call his sister");
  clause.modal = modal("be");
  CHECK(english_statement(clause) == "the boy was allowed to call his sister");
  CHECK(german_verb_second(clause) == "der Junge durfte seine Schwester anrufen");
  clause.modal = modal("like");
  clause.tense = Tense::present;
  CHECK(english_statement(clause) == "the boy likes to call his sister");
  CHECK(german_verb_second(clause) == "der Junge ruft gern seine Schwester an");
}

TEST_CASE("movement takes sein, and a few verbs the preterite") {
  Clause clause{.subject = phrase("man", Determiner::definite, kPlural), .verb = &verbs::kGo, .tense = Tense::past};
  clause.place = {"to the market", "zum Markt"};
  CHECK(english_statement(clause) == "the men went to the market");
  CHECK(german_verb_second(clause) == "die Männer sind zum Markt gegangen");
  CHECK(german_verb_final(clause) == "die Männer zum Markt gegangen sind");
  clause.place = {};
  clause.predicate = {"tired", "müde"};
  clause.verb = &verbs::kBe;
  CHECK(german_verb_second(clause) == "die Männer waren müde");
  clause.predicate = {"time", "Zeit"};
  clause.verb = &verbs::kHave;
  CHECK(german_verb_second(clause) == "die Männer hatten Zeit");
  clause.subject.number = Number::singular;
  CHECK(german_verb_second(clause) == "der Mann hatte Zeit");
}

TEST_CASE("negation is kein or nicht in its place") {
  Clause clause = buying();
  clause.negated = true;
  clause.object = phrase("book", Determiner::indefinite, Number::singular, "new");
  CHECK(english_statement(clause) == "the old woman is not buying a new book");
  CHECK(german_verb_second(clause) == "die alte Frau kauft kein neues Buch");
  clause.object = phrase("book", Determiner::none, kPlural, "new");
  CHECK(german_verb_second(clause) == "die alte Frau kauft keine neuen Bücher");
  clause.object = phrase("book", Determiner::definite);
  CHECK(german_verb_second(clause) == "die alte Frau kauft das Buch nicht");
  clause.tense = Tense::past;
  CHECK(english_statement(clause) == "the old woman did not buy the book");
  CHECK(german_verb_second(clause) == "die alte Frau hat das Buch nicht gekauft");
  clause.object.reset();
  clause.verb = &verbs::kWork;
  clause.place = {"in the garden", "im Garten"};
  CHECK(german_verb_second(clause) == "die alte Frau hat nicht im Garten gearbeitet");
  clause.verb = &verbs::kWaitFor;
  clause.place = {};
  clause.object = phrase("bus", Determiner::definite);
  CHECK(german_verb_second(clause) == "die alte Frau hat nicht auf den Bus gewartet");
}

TEST_CASE("the recipient stands before the object, a pronoun before all") {
  Clause clause{.subject = phrase("man", Determiner::definite),
                .verb = &verbs::kGive,
                .recipient = phrase("child", Determiner::definite, kPlural),
                .object = phrase("book", Determiner::indefinite)};
  clause.time = {"now", "jetzt"};
  CHECK(german_verb_second(clause) == "der Mann gibt jetzt den Kindern ein Buch");
  CHECK(english_statement(clause) == "the man gives the children a book now");
  clause.recipient = NounPhrase{.pronoun = Pronoun::i};
  CHECK(german_verb_second(clause) == "der Mann gibt mir jetzt ein Buch");
  CHECK(english_statement(clause) == "the man gives me a book now");
}

TEST_CASE("relative pronouns agree with the noun and stand in the case of their clause") {
  Clause reading{.verb = &verbs::kRead, .object = phrase("newspaper", Determiner::definite)};
  reading.tense = Tense::progressive;
  Clause main{.subject = with_relative_clause(phrase("man", Determiner::definite), reading, Gap::subject),
              .verb = &verbs::kBe};
  main.predicate = {"tired", "müde"};
  CHECK(english_statement(main) == "the man who is reading the newspaper is tired");
  CHECK(german_verb_second(main) == "der Mann, der die Zeitung liest, ist müde");

  Clause helping{.subject = phrase("boy", Determiner::definite), .verb = &verbs::kHelp, .tense = Tense::past};
  helping.object = phrase("woman", Determiner::definite);
  main = {.subject = {.pronoun = Pronoun::we}, .verb = &verbs::kCall, .tense = Tense::past};
  main.object = with_relative_clause(phrase("woman", Determiner::definite), helping, Gap::object);
  CHECK(english_statement(main) == "we called the woman whom the boy helped");
  CHECK(german_verb_second(main) == "wir haben die Frau angerufen, der der Junge geholfen hat");
  main.object = with_relative_clause(phrase("man", Determiner::definite, kPlural), helping, Gap::object);
  CHECK(german_verb_second(main) == "wir haben die Männer angerufen, denen der Junge geholfen hat");
  helping.verb = &verbs::kWaitFor;
  main.object = with_relative_clause(phrase("bus", Determiner::definite), helping, Gap::object);
  CHECK(english_statement(main) == "we called the bus that the boy waited for");
  CHECK(german_verb_second(main) == "wir haben den Bus angerufen, auf den der Junge gewartet hat");
}

TEST_CASE("pronouns take the gender of the noun that they stand for") {
  const auto it = [](const char* english, Case grammatical_case) {
    return german_phrase(pronoun_for(phrase(english, Determiner::definite)), grammatical_case);
  };
  CHECK(it("apple", Case::nominative) == "er");
  CHECK(it("apple", Case::accusative) == "ihn");
  CHECK(it("lamp", Case::accusative) == "sie");
  CHECK(it("car", Case::nominative) == "es");
  CHECK(it("girl", Case::nominative) == "sie");
  CHECK(english_phrase(pronoun_for(phrase("apple", Determiner::definite)), true) == "it");
  CHECK(english_phrase(pronoun_for(phrase("father", Determiner::my)), false) == "him");
}

TEST_CASE("every shape of sentence ends in one mark and keeps its commas apart") {
  for (std::uint64_t number = 0; number < 20'000; ++number) {
    const auto [english, german] = draw_sentence(11, number);
    INFO(english << " = " << german);
    REQUIRE(english.back() == german.back());
    REQUIRE((german.back() == '.' || german.back() == '?'));
    for (const std::string& text : {english, german}) {
      REQUIRE(std::ranges::count(text, '.') + std::ranges::count(text, '?') == 1);
      REQUIRE((text.front() >= 'A' && text.front() <= 'Z'));
      for (const char* slip : {"  ", " ,", ",,", ",.", ",?", " .", " ?"}) REQUIRE(text.find(slip) == std::string::npos);
    }
    // A German subordinate clause is set off by a comma, or begins the sentence.
    for (const char* conjunction : {" dass ", " weil ", " obwohl ", " wenn ", " bevor ", " ob ", " um "}) {
      const std::size_t at = german.find(conjunction);
      if (at != std::string::npos) REQUIRE(german[at - 1] == ',');
    }
  }
}

TEST_CASE("nobody is tired and not tired at once") {
  for (std::uint64_t number = 0; number < 20'000; ++number) {
    const std::string english = draw_sentence(12, number).english;
    if (english.find(" not tired") == std::string::npos) continue;
    INFO(english);
    REQUIRE(english.substr(0, english.find(" not tired")).find("tired") == std::string::npos);
  }
}

TEST_CASE("the corpus shows what the grammar can do") {
  std::map<std::string, int> found;
  for (const SentencePair& pair : corpus_of_seed_one().train) {
    for (const char* word : {", dass ", ", weil ", ", obwohl ", ", bevor ", ", ob ", ", um ", " kein", " nicht",
                             ", der ", " anzurufen", "einundzwanzig", "Wegen des ", "Während "})
      if (pair.german.find(word) != std::string::npos) ++found[word];
    for (const char* opening : {"Wenn ", "Heute ", "Wer ", "Wem ", "Welche", "Wohin ", "Hat "})
      if (pair.german.starts_with(opening)) ++found[opening];
  }
  CHECK(found.size() == 20);
  for (const auto& [word, count] : found) {
    INFO(word);
    CHECK(count >= 10);
  }
}

TEST_CASE("the demo corpus has the promised size, and English decides German") {
  const DemoCorpus& corpus = corpus_of_seed_one();
  CHECK(corpus.train.size() == 20'000);
  CHECK(corpus.valid.size() == 500);
  CHECK(corpus.test.size() == 500);

  std::map<std::string, std::string> german_of;
  for (const std::uint64_t seed : {1, 2, 3})
    for (std::uint64_t number = 0; number < 60'000; ++number) {
      const SentencePair pair = draw_sentence(seed, number);
      const auto [known, fresh] = german_of.try_emplace(pair.english, pair.german);
      if (!fresh && known->second != pair.german) FAIL(pair.english << ": " << pair.german << " and " << known->second);
    }

  std::set<std::string> english;
  for (const auto* part : {&corpus.train, &corpus.valid, &corpus.test})
    for (const SentencePair& pair : *part) english.insert(pair.english);
  CHECK(english.size() == 21'000);
}

TEST_CASE("held-out sentences are new, their words are not") {
  const DemoCorpus& corpus = corpus_of_seed_one();
  std::set<std::string> sentences;
  std::map<std::string, int> english, german;
  for (const SentencePair& pair : corpus.train) {
    sentences.insert(pair.english);
    sentences.insert(pair.german);
    for (const std::string& form : word_forms(pair.english)) ++english[form];
    for (const std::string& form : word_forms(pair.german)) ++german[form];
  }
  for (const SentencePair& pair : held_out(corpus)) {
    INFO(pair.english << " = " << pair.german);
    REQUIRE_FALSE(sentences.contains(pair.english));
    REQUIRE_FALSE(sentences.contains(pair.german));
    for (const std::string& form : word_forms(pair.english)) REQUIRE(english[form] >= 20);
    for (const std::string& form : word_forms(pair.german)) REQUIRE(german[form] >= 20);
  }
  CHECK(word_forms("Heute, ja, heute?") == std::vector<std::string>{"Heute", "ja", "heute"});
}

TEST_CASE("the files of a seed are always the same, those of another are others") {
  const TemporaryDirectory directory;
  write_demo_corpus(corpus_of_seed_one(), directory.path() / "new" / "one");
  write_demo_corpus(make_demo_corpus(1), directory.path() / "again");
  write_demo_corpus(make_demo_corpus(2), directory.path() / "two");
  for (const auto& [name, lines] : {std::pair{"train", 20'000}, {"valid", 500}, {"test", 500}})
    for (const char* language : {".en", ".de"}) {
      const std::string file = name + std::string(language);
      const std::string text = file_text(directory.path() / "new" / "one" / file);
      CHECK(std::ranges::count(text, '\n') == lines);
      CHECK(text.ends_with('\n'));
      CHECK(text == file_text(directory.path() / "again" / file));
      CHECK(text != file_text(directory.path() / "two" / file));
    }
  std::ptrdiff_t entries = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(directory.path() / "again")) ++entries;
  CHECK(entries == 6);
}

TEST_CASE("a directory that cannot be made is a data error") {
  const TemporaryDirectory directory;
  std::ofstream(directory.path() / "file") << "in the way";
  try {
    write_demo_corpus({}, directory.path() / "file" / "inside");
    FAIL("no error");
  } catch (const heed::Error& error) {
    CHECK(error.code() == heed::ExitCode::data);
    CHECK(std::string(error.what()).find((directory.path() / "file" / "inside").string()) != std::string::npos);
  }
}
