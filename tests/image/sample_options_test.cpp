#include "heed/image/sample_options.h"

#include "base/scratch.h"
#include "catch.h"

namespace heed {
namespace {

using Seeds = std::vector<std::uint64_t>;
using Classes = std::vector<std::int64_t>;

std::string refusal(const std::function<void(SampleOptions&)>& change) {
  SampleOptions options;
  options.model = "m";
  options.output = "o";
  change(options);
  return error_of(ExitCode::usage, [&] { validate(options); });
}

}  // namespace

TEST_CASE("seeds are numbers and ranges") {
  CHECK(parse_seeds("7", "--seeds") == Seeds{7});
  CHECK(parse_seeds("0-3,12,5-5", "--seeds") == Seeds{0, 1, 2, 3, 12, 5});
  for (const std::string bad :
       {"", ",", "1,", "a", "3-1", "-1", "1-", "1-2-3", "1.5", "99999999999999999999", "72057594037927936"}) {
    INFO(bad);
    CHECK(contains(error_of(ExitCode::usage, [&] { parse_seeds(bad, "--seeds"); }), "--seeds " + bad));
  }
  CHECK(contains(error_of(ExitCode::usage, [] { parse_seeds("0-1000000", "--seeds"); }), "at most 1,000,000"));
}

TEST_CASE("classes go by name, then by number") {
  const std::vector<std::string> names = {"cat", "1", "dog"};
  CHECK(parse_classes("", names) == Classes{0, 1, 2});
  CHECK(parse_classes("all", names) == Classes{0, 1, 2});
  CHECK(parse_classes("dog", names) == Classes{2});
  CHECK(parse_classes("2", names) == Classes{2});
  CHECK(parse_classes("1", names) == Classes{1});
  for (const std::string bad : {"3", "Cat", "-1", "0,1"})
    CHECK(error_of(ExitCode::usage, [&] { parse_classes(bad, names); }) ==
          "--class " + bad + ": unknown; this model knows 0 cat, 1 1, 2 dog");
}

TEST_CASE("a model without classes knows none") {
  CHECK(parse_classes("", {}) == Classes{0});
  CHECK(parse_classes("all", {}) == Classes{0});
  CHECK(contains(error_of(ExitCode::usage, [] { parse_classes("0", {}); }), "--cond"));
}

TEST_CASE("a grid is rows by columns") {
  CHECK(parse_grid("3x8").rows == 3);
  CHECK(parse_grid("3x8").columns == 8);
  for (const std::string bad : {"8", "x8", "8x", "0x8", "8x0", "8x8x8", "257x1", "-1x8", "8 x 8"}) {
    INFO(bad);
    CHECK(contains(error_of(ExitCode::usage, [&] { parse_grid(bad); }), "--grid " + bad));
  }
}

TEST_CASE("what to draw is asked for in one way") {
  CHECK(contains(refusal([](auto& o) { o.model.clear(); }), "--model"));
  CHECK(contains(refusal([](auto& o) { o.output.clear(); }), "--output"));
  CHECK(contains(refusal([](auto& o) { o.n = -1; }), "n must be"));
  CHECK(contains(refusal([](auto& o) { o.trunc = 0; }), "trunc must be"));
  CHECK(contains(refusal([](auto& o) { o.frames = 0; }), "frames must be"));
  CHECK(contains(refusal([](auto& o) { o.grid = "2x2", o.interp = "1,2"; }), "choose one"));
  CHECK(contains(refusal([](auto& o) { o.seeds = "1", o.interp = "1,2"; }), "--seeds"));
  CHECK(contains(refusal([](auto& o) { o.seeds = "1", o.n = 4; }), "choose one"));
  CHECK(contains(refusal([](auto& o) { o.grid = "2"; }), "--grid 2"));
  CHECK(contains(refusal([](auto& o) { o.seeds = "x"; }), "--seeds x"));
}

TEST_CASE("the name of the output says what it becomes") {
  const auto check = [](const std::string& grid, const std::string& interp, const std::string& output) {
    SampleOptions options;
    options.model = "m";
    options.grid = grid;
    options.interp = interp;
    options.output = output;
    validate(options);
  };
  const auto refused = [&](const std::string& grid, const std::string& interp, const std::string& output) {
    return error_of(ExitCode::usage, [&] { check(grid, interp, output); });
  };
  check("2x2", "", "a.dir/g.PNG");
  check("", "3,4", "w.gif");
  check("", "", "folder.jpg");
  for (const std::string wrong : {"g.jpg", "gdir", ".png", "g.png/", "g.gif"})
    CHECK(refused("2x2", "", wrong) == "--grid 2x2 makes a PNG file: --output " + wrong + " does not end in .png");
  for (const std::string wrong : {"w.png", "w"})
    CHECK(refused("", "3,4", wrong) == "--interp 3,4 makes a GIF file: --output " + wrong + " does not end in .gif");
  for (const std::string wrong : {"a.png", "a.gif"}) CHECK(contains(refused("", "", wrong), "--grid 8x8"));
}

}  // namespace heed
