#include "heed/image/grid.h"

#include "catch.h"
#include "image/pictures.h"

using namespace heed;

TEST_CASE("a grid shows each picture in its cell, gaps in the background") {
  std::vector<Picture> pictures;
  for (std::uint32_t i = 1; i <= 5; ++i) pictures.push_back(noise({4, 3}, 3, i));
  const Picture grid = make_grid(pictures, {.columns = 2, .gap = 2, .background = {1, 2, 3}});
  REQUIRE(grid.size() == PictureSize{14, 17});
  for (int y = 0; y < grid.height; ++y)
    for (int x = 0; x < grid.width; ++x) {
      const int column = (x - 2) / 6, row = (y - 2) / 5, inside_x = (x + 4) % 6, inside_y = (y + 3) % 5;
      const std::size_t number = static_cast<std::size_t>(row * 2 + column);
      const bool covered = x >= 2 && y >= 2 && inside_x < 4 && inside_y < 3 && number < pictures.size();
      const Bytes pixel(grid.at(x, y), grid.at(x, y) + 3);
      INFO(x << ", " << y);
      if (covered) {
        const std::uint8_t* own = pictures[number].at(inside_x, inside_y);
        CHECK(pixel == Bytes(own, own + 3));
      } else {
        CHECK(pixel == Bytes{1, 2, 3});
      }
    }
}

TEST_CASE("a grid is about square on its own, in any channels") {
  CHECK(make_grid(std::vector<Picture>(16, plain({8, 8}, {7})), {.gap = 0}) == plain({32, 32}, {7}));
  CHECK(make_grid(std::vector<Picture>(17, plain({8, 8}, {7}))).size() == PictureSize{52, 42});
  const Picture grey = make_grid(std::vector<Picture>(1, plain({1, 1}, {7})), {.gap = 1, .background = {255, 0, 0}});
  CHECK(grey.pixels == Bytes{76, 76, 76, 76, 7, 76, 76, 76, 76});
  const Picture clear = make_grid(std::vector<Picture>(1, plain({1, 1}, {7, 7, 7, 0})), {.gap = 1});
  CHECK(clear.at(0, 0)[3] == 255);
  CHECK(clear.at(1, 1)[3] == 0);
}

TEST_CASE("a grid of nothing or of different sizes is a bug of the caller") {
  error_of(ExitCode::internal, [] { make_grid({}); });
  error_of(ExitCode::internal, [] { make_grid(std::vector<Picture>{plain({2, 2}, {1}), plain({2, 3}, {1})}); });
  error_of(ExitCode::internal, [] { make_grid(std::vector<Picture>{plain({2, 2}, {1}), plain({2, 2}, {1, 1, 1})}); });
}
