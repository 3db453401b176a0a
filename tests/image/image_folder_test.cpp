#include "heed/image/image_folder.h"

#include <algorithm>
#include <cstdlib>
#include <set>

#include <sys/stat.h>

#include "heed/image/decode.h"

#include "base/child.h"
#include "catch.h"
#include "image/pictures.h"

using namespace heed;

namespace {

ImageFolderOptions options_for(const std::filesystem::path& path, const std::string& size = "8") {
  ImageFolderOptions options;
  options.data = path.string();
  options.size = size;
  return options;
}

Bytes read_all(const ImageFolder& folder, std::optional<PictureDraw> draw = std::nullopt) {
  std::vector<std::uint64_t> indices(folder.size());
  for (std::size_t i = 0; i < indices.size(); ++i) indices[i] = i;
  Bytes bytes(indices.size() * folder.picture_bytes());
  folder.read(indices, bytes, draw);
  return bytes;
}

Bytes read_one(const ImageFolder& folder, std::uint64_t index, std::optional<PictureDraw> draw = std::nullopt) {
  Bytes bytes(folder.picture_bytes());
  folder.read(std::vector{index}, bytes, draw);
  return bytes;
}

std::vector<std::string> names_of(const ImageFolder& folder) {
  std::vector<std::string> names;
  for (std::uint64_t i = 0; i < folder.size(); ++i) names.push_back(folder.name(i));
  return names;
}

std::string refusal(const ImageFolderOptions& options, ExitCode code = ExitCode::data) {
  return error_of(code, [&] { ImageFolder folder(options); });
}

/// Two classes and a few strangers.
std::vector<std::pair<std::string, Bytes>> animal_files() {
  return {{"dog/b.png", encode_png(noise({20, 12}, 3, 1))},
          {"cat/z.png", encode_png(noise({16, 16}, 1, 2))},
          {"cat/deep/a.png", encode_png(noise({9, 30}, 4, 3))},
          {"dog/a.jpeg", odd_picture("rgb.jpg")},
          {"cat/.hidden.png", encode_png(noise({4, 4}, 3, 4))},
          {".git/x.png", encode_png(noise({4, 4}, 3, 5))},
          {"readme.txt", Bytes(100, 'x')}};
}

void put_files(const std::filesystem::path& folder, const std::vector<std::pair<std::string, Bytes>>& files) {
  for (const auto& [name, bytes] : files) put_bytes(folder / name, bytes);
}

}  // namespace

TEST_CASE("a folder is read below, in the order of names, and made fit") {
  const ScratchDirectory scratch;
  put_files(scratch.path(), animal_files());
  const ImageFolder folder(options_for(scratch.path()));
  CHECK(names_of(folder) == std::vector<std::string>{"cat/deep/a.png", "cat/z.png", "dog/a.jpeg", "dog/b.png"});
  CHECK(folder.channels() == 3);
  CHECK(folder.picture_size() == PictureSize{8, 8});
  CHECK(folder.class_names().empty());
  CHECK(folder.class_of(3) == 0);

  const Bytes bytes = read_all(folder);
  const std::vector<Picture> sources = {noise({9, 30}, 4, 3), noise({16, 16}, 1, 2),
                                        decode_picture(odd_picture("rgb.jpg"), "rgb"), noise({20, 12}, 3, 1)};
  const Color white = {255, 255, 255};
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const Picture expected = fit_picture(with_channels(sources[i], 3, white), Fit::center_crop, {8, 8}, white);
    const Bytes own(bytes.begin() + static_cast<std::ptrdiff_t>(i * 192),
                    bytes.begin() + static_cast<std::ptrdiff_t>((i + 1) * 192));
    CHECK(own == expected.pixels);
    CHECK(read_one(folder, i) == own);
  }
}

TEST_CASE("archives hold the same pictures as the folder") {
  const ScratchDirectory scratch;
  put_files(scratch / "folder", animal_files());
  ImageFolderOptions options = options_for(scratch / "folder");
  options.cond = true;
  const ImageFolder folder(options);
  CHECK(folder.class_names() == std::vector<std::string>{"cat", "dog"});
  CHECK(folder.class_of(1) == 0);
  CHECK(folder.class_of(2) == 1);

  auto inside = animal_files();
  for (auto& [name, bytes] : inside) name = "./photos/" + name;
  for (const Packing packing : {Packing::tar, Packing::tar_gz, Packing::zip}) {
    options.data = (scratch / "packed").string();
    put_archive(options.data, packing, inside);
    const ImageFolder packed(options);
    CHECK(packed.class_names() == folder.class_names());
    CHECK(packed.fingerprint() == folder.fingerprint());
    CHECK(read_all(packed) == read_all(folder));
    for (std::uint64_t i = 0; i < folder.size(); ++i) {
      CHECK(packed.class_of(i) == folder.class_of(i));
      CHECK(packed.name(i) == "photos/" + folder.name(i));
    }
  }
  options.cache = PictureCache::none;
  CHECK(contains(refusal(options), "leave out --cache none"));
}

TEST_CASE("pictures that are not kept are read again, with the same result") {
  const ScratchDirectory scratch;
  put_files(scratch.path(), animal_files());
  for (const Fit fit : {Fit::center_crop, Fit::resize, Fit::pad, Fit::random_crop}) {
    ImageFolderOptions options = options_for(scratch.path(), "12x7");
    options.fit = fit;
    options.mirror = true;
    const ImageFolder kept(options);
    options.cache = PictureCache::none;
    const ImageFolder again(options);
    CHECK(kept.report().cached);
    CHECK_FALSE(again.report().cached);
    CHECK(read_all(again) == read_all(kept));
    CHECK(read_all(again, PictureDraw{5, 1}) == read_all(kept, PictureDraw{5, 1}));
    CHECK(again.fingerprint() == kept.fingerprint());
  }
}

TEST_CASE("a picture that vanished or changed while not kept is a data error that names it") {
  const ScratchDirectory scratch;
  put_picture(scratch / "a.png", noise({9, 9}, 3));
  put_picture(scratch / "b.png", noise({9, 9}, 3));
  ImageFolderOptions options = options_for(scratch.path());
  options.cache = PictureCache::none;
  const ImageFolder folder(options);
  std::filesystem::remove(scratch / "a.png");
  CHECK(contains(error_of(ExitCode::data, [&] { read_one(folder, 0); }), (scratch / "a.png").string()));
  put_picture(scratch / "b.png", noise({9, 9}, 3, 2));
  CHECK(contains(error_of(ExitCode::data, [&] { read_one(folder, 1); }), "has changed"));
}

TEST_CASE("random crops and mirrors follow the draw") {
  const ScratchDirectory scratch;
  for (std::uint32_t i = 0; i < 40; ++i)
    put_picture(scratch / (std::to_string(100 + i) + ".png"), noise({40, 24}, 3, i + 1));
  ImageFolderOptions options = options_for(scratch.path(), "16");
  options.fit = Fit::random_crop;
  const ImageFolder crops(options);
  CHECK(read_all(crops, PictureDraw{1, 0}) == read_all(crops, PictureDraw{1, 0}));
  CHECK(read_all(crops, PictureDraw{1, 0}) != read_all(crops, PictureDraw{1, 1}));
  CHECK(read_all(crops, PictureDraw{1, 0}) != read_all(crops, PictureDraw{2, 0}));

  options.fit = Fit::center_crop;
  const ImageFolder plain_folder(options);
  CHECK(read_all(plain_folder, PictureDraw{1, 0}) == read_all(plain_folder));
  options.mirror = true;
  const ImageFolder mirrored(options);
  CHECK(read_all(mirrored) == read_all(plain_folder));
  int turned = 0;
  for (std::uint64_t i = 0; i < mirrored.size(); ++i) {
    const Bytes upright = read_one(plain_folder, i), shown = read_one(mirrored, i, PictureDraw{1, 0});
    Bytes expected;
    for (int y = 0; y < 16; ++y)
      for (int x = 15; x >= 0; --x)
        for (int c = 0; c < 3; ++c) expected.push_back(upright[static_cast<std::size_t>((y * 16 + x) * 3 + c)]);
    CHECK((shown == upright || shown == expected));
    if (shown == expected) ++turned;
  }
  CHECK((turned > 8 && turned < 32));
}

TEST_CASE("the scan counts what it finds") {
  const ScratchDirectory scratch;
  const Picture twice = noise({70, 80}, 3, 1);
  put_picture(scratch / "a/1.png", twice);
  put_picture(scratch / "a/2.png", twice);
  put_picture(scratch / "b/3.png", noise({70, 90}, 3, 2));
  put_bytes(scratch / "b/4.png", odd_picture("rgb16.png"));
  put_bytes(scratch / "b/palette.bin", odd_picture("palette.png"));
  put_bytes(scratch / "b/5.jpg", odd_picture("cmyk.jpg"));
  put_bytes(scratch / "b/6.jpg", odd_picture("grey.jpg"));
  put_bytes(scratch / "b/7.WEBP", odd_picture("alpha.webp"));
  put_bytes(scratch / "b/8.bmp", odd_picture("rgb.bmp"));
  put(scratch / "b/text.png", "This is a text.");
  put(scratch / "b/empty.jpg", "");
  put(scratch / "b/notes.txt", "This is a text.");
  Bytes damaged = encode_png(twice);
  damaged[damaged.size() / 2] ^= 1;
  put_bytes(scratch / "b/damaged.png", damaged);

  const ImageFolder folder(options_for(scratch.path(), "auto"));
  const ImageFolderReport& report = folder.report();
  CHECK(report.pictures == 9);
  CHECK(report.unreadable == 3);
  CHECK(report.other_files == 1);
  CHECK(report.duplicates == 1);
  CHECK(report.of_kind[0] == 5);
  CHECK(report.of_kind[1] == 2);
  CHECK(report.of_kind[2] == 1);
  CHECK(report.of_kind[3] == 1);
  CHECK((report.grey == 1 && report.rgb == 7 && report.rgba == 1));
  CHECK((report.palette == 1 && report.sixteen_bit == 1 && report.cmyk == 1));
  CHECK(report.smallest == PictureSize{32, 16});
  CHECK(report.largest == PictureSize{70, 90});
  CHECK(report.median_short_side == 16);
  CHECK(report.enlarged == 6);
  CHECK(report.class_names == std::vector<std::string>{"a", "b"});
  CHECK(report.class_pictures == std::vector<std::uint64_t>{2, 7});
  CHECK(report.size == PictureSize{32, 32});
  CHECK(report.pixel_bytes == 9 * 32 * 32 * 3);

  const std::string text = report.to_text();
  for (const char* part :
       {"9 (5 PNG, 2 JPEG, 1 BMP, 1 WebP); 3 unreadable, left out (--strict refuses); 1 other file,",
        "32x16 to 70x90; median of the short side 16",
        "1 grey, 7 colour, 1 with alpha; among them 1 with a palette, 1 of 16 bits, 1 CMYK", "duplicates      1",
        "2: 2 a, 7 b", "32x32 (auto), 3 channels (auto: the majority), center-crop",
        "1 grey to colour, 1 with alpha, laid over white", "6 (smaller than --size)", "0.0 MB of pixels, kept",
        "hint: there are class folders; --cond"}) {
    INFO(text << "\nlacks: " << part);
    CHECK(contains(text, part));
  }
  ImageFolderOptions options = options_for(scratch.path());
  options.cond = true;
  CHECK_FALSE(contains(ImageFolder(options).report().to_text(), "hint"));
}

TEST_CASE("unreadable pictures are named on stderr, and refused with --strict") {
  const ScratchDirectory scratch;
  put_picture(scratch / "good.png", noise({8, 8}, 3));
  put(scratch / "text.png", "This is a text.");
  put(scratch / "z.jpg", "\xFF\xD8\xFF");
  ImageFolderOptions options = options_for(scratch.path());
  CHECK(ImageFolder(options).size() == 1);
  options.strict = true;
  const std::string message = refusal(options);
  CHECK(contains(message, "text.png: not a picture by its first bytes"));
  CHECK(contains(message, "1 more unreadable file"));
  CHECK(contains(message, "--strict"));

  const ChildOutput output =
      run_hidden("[unreadable_pictures]", StderrKind::pipe, {{"HEED_TEST_FOLDER", scratch.path()}});
  CHECK(contains(output.text, "left out: text.png: not a picture"));
  CHECK(contains(output.text, "left out: z.jpg: "));
}

TEST_CASE("scan of the folder in HEED_TEST_FOLDER", "[.][unreadable_pictures]") {
  CHECK(ImageFolder(options_for(std::getenv("HEED_TEST_FOLDER"))).size() == 1);
}

TEST_CASE("auto size is 64 when most pictures have as many pixels, else 32") {
  for (const auto& [side, expected] : {std::pair{63, 32}, {64, 64}, {300, 64}, {10, 32}}) {
    const ScratchDirectory scratch;
    put_picture(scratch / "a.png", noise({2, 2}, 1));
    put_picture(scratch / "b.png", noise({side, side + 50}, 1));
    put_picture(scratch / "c.png", noise({side + 50, side}, 1));
    CHECK(ImageFolder(options_for(scratch.path(), "auto")).picture_size() == PictureSize{expected, expected});
  }
}

TEST_CASE("auto channels are what most pictures have; others are converted") {
  const ScratchDirectory scratch;
  put_picture(scratch / "a.png", plain({8, 8}, {50}));
  put_picture(scratch / "b.png", plain({8, 8}, {60}));
  put_picture(scratch / "c.png", plain({8, 8}, {255, 0, 0}));
  ImageFolderOptions options = options_for(scratch.path());
  const ImageFolder grey(options);
  CHECK(grey.channels() == 1);
  CHECK(read_one(grey, 2) == plain({8, 8}, {76}).pixels);
  put_picture(scratch / "d.png", plain({8, 8}, {1, 2, 3, 100}));
  put_picture(scratch / "e.png", plain({8, 8}, {1, 2, 3, 0}));
  put_picture(scratch / "f.png", plain({8, 8}, {1, 2, 3, 0}));
  CHECK(ImageFolder(options).channels() == 4);
  options.channels = ChannelChoice::rgb;
  options.background = "#0000ff";
  const ImageFolder rgb(options);
  CHECK(read_one(rgb, 5) == plain({8, 8}, {0, 0, 255}).pixels);
  CHECK(read_one(rgb, 0) == plain({8, 8}, {50, 50, 50}).pixels);
}

TEST_CASE("one picture is enough, also of 1 x 10000 pixels") {
  const ScratchDirectory scratch;
  put_picture(scratch / "only.png", plain({1, 10'000}, {10, 20, 30}));
  for (const Fit fit : {Fit::center_crop, Fit::resize, Fit::random_crop}) {
    ImageFolderOptions options = options_for(scratch.path(), "32");
    options.fit = fit;
    const ImageFolder folder(options);
    CHECK(folder.size() == 1);
    CHECK(read_one(folder, 0, PictureDraw{1, 2}) == plain({32, 32}, {10, 20, 30}).pixels);
  }
}

TEST_CASE("nothing to train on is refused in clear words") {
  const ScratchDirectory scratch;
  std::filesystem::create_directories(scratch / "empty/below");
  CHECK(contains(refusal(options_for(scratch / "empty")), "is empty; expected PNG, JPEG, BMP or WebP"));
  CHECK(contains(refusal(options_for(scratch / "missing")), "missing: does not exist"));
  put(scratch / "texts/a.txt", "");
  std::filesystem::create_directories(scratch / "texts");
  put(scratch / "texts/a.txt", "no picture");
  put(scratch / "texts/b.png", "no picture");
  CHECK(contains(refusal(options_for(scratch / "texts")), "holds no picture that can be read (2 other files)"));
  put_archive(scratch / "e.tar.gz", Packing::tar_gz, {});
  CHECK(contains(refusal(options_for(scratch / "e.tar.gz")), "is empty"));
  CHECK(contains(refusal(options_for("/dev/null")), "neither a folder nor a file"));
}

TEST_CASE("folders and files without permission are named") {
  const ScratchDirectory scratch;
  ::chmod(scratch.path().c_str(), 0755);
  put_picture(scratch / "set/open/a.png", noise({8, 8}, 3));
  put_picture(scratch / "set/closed/b.png", noise({8, 8}, 3));
  put_picture(scratch / "set/open/c.png", noise({8, 8}, 3));
  ::chmod((scratch / "set/closed").c_str(), 0);
  ::chmod((scratch / "set/open/c.png").c_str(), 0);
  const auto in_child_as_nobody = [](auto action) {
    return in_child([&] {
      become_nobody();
      return action();
    });
  };
  CHECK(in_child_as_nobody([&] {
          const ImageFolder folder(options_for(scratch / "set"));
          return folder.size() == 1 && folder.report().unreadable == 2 ? 0 : 1;
        }) == 0);
  CHECK(in_child_as_nobody([&] {
          try {
            ImageFolder folder(options_for(scratch / "set/closed"));
          } catch (const Error& error) {
            return error.code() == ExitCode::data && contains(error.what(), "Permission denied") ? 0 : 2;
          }
          return 1;
        }) == 0);
  ::chmod((scratch / "set/closed").c_str(), 0755);
}

TEST_CASE("links are followed, each folder once") {
  const ScratchDirectory scratch;
  put_picture(scratch / "elsewhere/a.png", noise({8, 8}, 3, 1));
  put_picture(scratch / "set/b.png", noise({8, 8}, 3, 2));
  std::filesystem::create_directory_symlink(scratch / "elsewhere", scratch / "set/linked");
  std::filesystem::create_directory_symlink(scratch / "set", scratch / "set/round");
  std::filesystem::create_symlink(scratch / "nowhere.png", scratch / "set/broken.png");
  const ImageFolder folder(options_for(scratch / "set"));
  CHECK(names_of(folder) == std::vector<std::string>{"b.png", "linked/a.png"});
  CHECK(folder.report().unreadable == 1);
}

TEST_CASE("classes need folders, and all pictures inside them") {
  const ScratchDirectory scratch;
  put_picture(scratch / "train/cat/a.png", noise({8, 8}, 3, 1));
  ImageFolderOptions options = options_for(scratch.path());
  options.cond = true;
  CHECK(contains(refusal(options), "--cond needs classes"));
  put_picture(scratch / "train/dog/b.png", noise({8, 8}, 3, 2));
  CHECK(ImageFolder(options).class_names() == std::vector<std::string>{"cat", "dog"});
  put_picture(scratch / "train/c.png", noise({8, 8}, 3, 3));
  CHECK(contains(refusal(options), "train/c.png is in none of the class folders"));
  options.cond = false;
  CHECK(ImageFolder(options).class_names().empty());
}

TEST_CASE("the fingerprint tells other data and other settings apart") {
  const ScratchDirectory scratch;
  put_files(scratch / "a", animal_files());
  put_files(scratch / "copy", animal_files());
  std::set<std::uint64_t> prints;
  const auto add = [&](const ImageFolderOptions& options) {
    return prints.insert(ImageFolder(options).fingerprint()).second;
  };
  const ImageFolderOptions plain_options = options_for(scratch / "a");
  CHECK(add(plain_options));
  CHECK_FALSE(add(options_for(scratch / "copy")));
  ImageFolderOptions changed = plain_options;
  changed.size = "9";
  CHECK(add(changed));
  changed = plain_options;
  changed.cond = true;
  CHECK(add(changed));
  changed = plain_options;
  changed.fit = Fit::pad;
  CHECK(add(changed));
  changed = plain_options;
  changed.background = "black";
  CHECK(add(changed));
  changed = plain_options;
  changed.mirror = true;
  CHECK(add(changed));
  changed = plain_options;
  changed.channels = ChannelChoice::grey;
  CHECK(add(changed));
  put_picture(scratch / "copy/cat/z.png", noise({16, 16}, 1, 99));
  CHECK(add(options_for(scratch / "copy")));
}

TEST_CASE("sizes are numbers of pixels, once or twice") {
  CHECK(parse_picture_size("auto") == std::nullopt);
  CHECK(parse_picture_size("64") == PictureSize{64, 64});
  CHECK(parse_picture_size("48x32") == PictureSize{48, 32});
  for (const char* wrong : {"", "x", "3", "5000", "32x", "x32", "32x32x32", "32 x 32", "-32", "big"})
    CHECK(contains(error_of(ExitCode::usage, [&] { parse_picture_size(wrong); }), "--size"));
  CHECK(parse_picture_size("8x16", {.least = 8, .most = 16}) == PictureSize{8, 16});
  for (const char* wrong : {"7", "17", "5000"})
    CHECK(contains(error_of(ExitCode::usage, [&] { parse_picture_size(wrong, {.least = 8, .most = 16}); }), "8 to 16"));
  ImageFolderOptions options = options_for("/nonexistent", "no");
  CHECK(contains(refusal(options, ExitCode::usage), "--size"));
  options = options_for("/nonexistent");
  options.background = "sky";
  CHECK(contains(refusal(options, ExitCode::usage), "--background"));
}

TEST_CASE("held-out pictures are drawn by the seed") {
  const PictureSplit split = split_pictures(1000, 100, 7);
  CHECK(split.held_out.size() == 100);
  CHECK(split.training.size() == 900);
  std::vector<std::uint64_t> all = split.training;
  all.insert(all.end(), split.held_out.begin(), split.held_out.end());
  CHECK(std::set(all.begin(), all.end()).size() == 1000);
  CHECK(std::ranges::is_sorted(split.held_out));
  // Spread over the whole range, so over all classes of sorted names.
  CHECK(std::ranges::count_if(split.held_out, [](std::uint64_t i) { return i < 500; }) > 30);
  CHECK(std::ranges::count_if(split.held_out, [](std::uint64_t i) { return i < 500; }) < 70);
  CHECK(split_pictures(1000, 100, 7).held_out == split.held_out);
  CHECK(split_pictures(1000, 100, 8).held_out != split.held_out);
  CHECK(split_pictures(1, 100, 8).training == std::vector<std::uint64_t>{0});
  CHECK(split_pictures(5, 0, 8).held_out.empty());
}
