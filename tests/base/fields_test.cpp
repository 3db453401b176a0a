#include "heed/base/fields.h"

#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "heed/base/fields_json.h"

#include "scratch.h"

namespace {

enum class Shape { round, square, flat };

std::span<const std::string_view> enum_names(Shape) {
  static constexpr std::array<std::string_view, 3> kNames = {"round", "square", "flat"};
  return kNames;
}

struct BoxOptions {
  bool open = false;
  std::int64_t width = 3;
  double weight = 0.5;
  std::string label = "box";
  std::vector<std::string> tags = {};
  Shape shape = Shape::round;
};

template <heed::OptionsOf<BoxOptions> Options, class Visitor>
void visit_fields(Options& options, Visitor&& visit) {
  visit("open", options.open, "whether it is open");
  visit("width", options.width, "width in metres");
  visit("weight", options.weight, "weight in kilograms");
  visit("label", options.label, "what is written on it");
  visit("tags", options.tags, "words to find it by");
  visit("shape", options.shape, "its outline");
}

BoxOptions read(const std::string& json) {
  BoxOptions options;
  heed::fields_from_json(options, nlohmann::json::parse(json), "model");
  return options;
}

}  // namespace

TEST_CASE("every field survives the way through JSON text", "[fields]") {
  const BoxOptions written = {.open = true,
                              .width = std::numeric_limits<std::int64_t>::min(),
                              .weight = 0.1,
                              .label = "Größe \"7\"\n",
                              .tags = {"a", "", "b c"},
                              .shape = Shape::flat};
  const BoxOptions options = read(heed::fields_to_json(written).dump());
  CHECK(options.open == written.open);
  CHECK(options.width == written.width);
  CHECK(options.weight == written.weight);
  CHECK(options.label == written.label);
  CHECK(options.tags == written.tags);
  CHECK(options.shape == written.shape);
}

TEST_CASE("JSON keeps the order of the fields and names enum values", "[fields]") {
  CHECK(heed::fields_to_json(BoxOptions{}).dump() ==
        R"({"open":false,"width":3,"weight":0.5,"label":"box","tags":[],"shape":"round"})");
  CHECK(heed::name_of(Shape::square) == "square");
}

TEST_CASE("missing fields keep their default, whole numbers are good for real ones", "[fields]") {
  const BoxOptions options = read(R"({"width": 9, "weight": 2})");
  CHECK(options.width == 9);
  CHECK(options.weight == 2.0);
  CHECK(options.label == "box");
  CHECK(options.shape == Shape::round);
}

TEST_CASE("wrong options are refused with place and name", "[fields]") {
  struct Case {
    std::string json, expected;
  };
  const std::vector<Case> cases = {
      {R"({"open": 1})", "model: option 'open' is not true or false"},
      {R"({"width": 1.5})", "model: option 'width' is not a whole number"},
      {R"({"width": "3"})", "model: option 'width' is not a whole number"},
      {R"({"width": 9223372036854775808})", "model: option 'width' is not a whole number"},
      {R"({"weight": true})", "model: option 'weight' is not a number"},
      {R"({"weight": null})", "model: option 'weight' is not a number"},
      {R"({"label": 3})", "model: option 'label' is not a string"},
      {R"({"tags": "a"})", "model: option 'tags' is not a list of strings"},
      {R"({"tags": ["a", 1]})", "model: option 'tags' is not a list of strings"},
      {R"({"shape": 1})", "model: option 'shape' is not a string"},
      {R"({"shape": "oval"})", "'oval'"},
      {R"({"width": 1, "colour": "red"})", "model: unknown option 'colour'"},
      {R"([1])", "model: options are not a JSON object"},
  };
  for (const Case& hostile : cases) {
    CAPTURE(hostile.json);
    const std::string message = error_of(heed::ExitCode::checkpoint, [&] { read(hostile.json); });
    CHECK(contains(message, hostile.expected));
  }
}
