#include "demo_grammar.h"

#include <string_view>
#include <utility>

#include "demo_shapes.h"

namespace heed::demo {
namespace {

struct Shape {
  Bilingual (*draw)(Dice&);
  std::uint64_t weight;
};

constexpr Shape kShapes[] = {
    {simple_statement, 44},
    {state_of_mind, 3},
    {description, 2},
    {age, 4},
    {price, 4},
    {arrival, 3},
    {herd_or_shelf, 4},
    {lying_around, 3},
    {ownership, 3},
    {circumstance, 4},
    {purchase_for, 4},
    {question, 13},
    {reported, 10},
    {meanwhile, 5},
    {contrast, 4},
    {sequence, 5},
    {condition, 5},
    {reason_of_the_object, 6},
    {purpose, 5},
    {intention, 6},
    {reason_of_the_subject, 5},
    {relative_subject, 5},
    {relative_person, 4},
    {relative_thing, 3},
};

Bilingual draw_shape(Dice& dice) {
  std::uint64_t total = 0;
  for (const Shape& shape : kShapes) total += shape.weight;
  std::uint64_t ticket = dice.below(total);
  const Shape* shape = kShapes;
  for (; ticket >= shape->weight; ++shape) ticket -= shape->weight;
  return shape->draw(dice);
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at))
    text.replace(at, from.size(), to);
}

/// The comma that closes a relative clause gives way to another mark. No sentence begins with an umlaut.
std::string written(std::string sentence) {
  replace_all(sentence, ",,", ",");
  replace_all(sentence, ",.", ".");
  replace_all(sentence, ",?", "?");
  if (sentence.front() >= 'a' && sentence.front() <= 'z')
    sentence.front() = static_cast<char>(sentence.front() - 'a' + 'A');
  return sentence;
}

}  // namespace

SentencePair draw_sentence(std::uint64_t seed, std::uint64_t number) {
  Dice dice(make_key(seed, number));
  Bilingual sentence = draw_shape(dice);
  return {written(std::move(sentence.english)), written(std::move(sentence.german))};
}

}  // namespace heed::demo
