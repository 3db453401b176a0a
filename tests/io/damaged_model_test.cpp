// Small checkpoints of both trainers, written as these do, and then damaged in every way: they are refused with exit
// code 4, or give what they gave before; in bounded time and memory, whatever they claim.
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <optional>
#include <random>
#include <set>

#include <malloc.h>

#include "heed/base/fields_json.h"
#include "heed/image/picture_networks.h"
#include "heed/io/inspect_model.h"
#include "heed/io/model_identity.h"
#include "heed/text/translation_file.h"
#include "heed/train/gan_options.h"
#include "heed/train/gan_state.h"
#include "heed/train/saved_state.h"
#include "heed/train/seq2seq_options.h"
#include "heed/train/seq2seq_state.h"

#include "base/scratch.h"
#include "catch.h"
#include "fuzz/json_edits.h"
#include "fuzz/safetensors_edits.h"
#include "text/subword_bytes.h"

namespace {

// What this whole program, SentencePiece included, has and at most had from new.
std::atomic<std::size_t> bytes_in_use = 0, most_bytes_in_use = 0;

}  // namespace

void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  void* block = std::malloc(size);
  const std::size_t in_use = bytes_in_use += malloc_usable_size(block);
  if (in_use > most_bytes_in_use) most_bytes_in_use = in_use;
  return block;
}

void* operator new(std::size_t size) {
  void* block = operator new(size, std::nothrow);
  if (block == nullptr) throw std::bad_alloc();
  return block;
}

void operator delete(void* block) noexcept {
  if (block != nullptr) bytes_in_use -= malloc_usable_size(block);
  std::free(block);
}

void operator delete(void* block, std::size_t) noexcept {
  operator delete(block);
}

namespace heed {
namespace {

struct StoredTensor {
  std::string name;
  safetensors::DType dtype;
  std::vector<std::int64_t> shape;
  std::string bytes;
};

StoredTensor numbers(const std::string& name, std::int64_t count) {
  return {name, safetensors::DType::f32, {count}, std::string(static_cast<std::size_t>(count) * sizeof(float), '\1')};
}

/// All that a program reads out of such a file, as one text.
using ContentOf = std::string (*)(const std::filesystem::path&);

/// A small checkpoint as a trainer writes it.
struct Example {
  std::vector<StoredTensor> tensors;
  safetensors::Metadata metadata;
  ContentOf content_of;
  std::set<std::string> shaping;  ///< options that no file can ask more of than it holds
};

/// What both trainers save.
template <class State, class TrainOptions>
std::string content_of_run(const safetensors::File& file) {
  TrainOptions training;
  merge_saved_options(training, {}, file.metadata("train_options"), file.path().string());
  std::string content = fields_to_json(read_state<State>(file)).dump() + fields_to_json(training).dump();
  for (const auto& [key, value] : file.metadata()) content += key + "=" + value + "\n";
  for (const safetensors::TensorView& tensor : file.tensors()) {
    content += tensor.name + std::string(name_of(tensor.dtype));
    for (const std::int64_t side : tensor.shape) content += " " + std::to_string(side);
    content.append(reinterpret_cast<const char*>(tensor.data.data()), tensor.data.size());
  }
  return content;
}

std::string translation_content(const std::filesystem::path& path) {
  const safetensors::File file(path);
  check_kind(file, kTranslationModel);
  const Seq2SeqOptions options = model_options(file);
  const auto [source, target] = read_subwords(file);
  const Shortlist shortlist = read_shortlist(file, options);
  return fields_to_json(options).dump() + source.serialized() + target.serialized() +
         std::to_string(shortlist.width()) + content_of_run<Seq2SeqState, Seq2SeqTrainOptions>(file);
}

/// Weights, averaged weights, what the optimizer remembers, vocabulary, shortlist.
Example translation_example() {
  Seq2SeqTrainOptions training;
  training.train.source = {"a.en"};
  training.train.target = {"a.de"};
  training.model = "m";
  Seq2SeqOptions& network = training.network;
  network.source_vocab = network.target_vocab = 8;
  network.enc_layers = network.dec_layers = 1;
  network.dim = network.heads = 2;
  network.ffn_dim = 4;

  safetensors::Metadata metadata = translation_metadata(network);
  metadata["state"] = fields_to_json(Seq2SeqState{}).dump();
  metadata["train_options"] = fields_to_json(training).dump();
  const std::int64_t count = parameter_count(network);
  const std::string subwords =
      special_pieces() + piece("\xE2\x96\x81") + piece("a", -1) + piece("b", -2) + piece("ab", -3);
  std::string shortlist;
  for (int i = 0; i < 9; ++i) shortlist += little_endian(4);
  return {.tensors = {numbers("w", count),
                      numbers("ema.w", count),
                      numbers("optim.m.w", count),
                      {std::string(kSourceSubwords), safetensors::DType::u8, {std::ssize(subwords)}, subwords},
                      {std::string(kShortlist), safetensors::DType::i32, {9, 1}, shortlist}},
          .metadata = metadata,
          .content_of = translation_content,
          .shaping = {"dim", "ffn-dim", "enc-layers", "dec-layers", "source-vocab", "target-vocab"}};
}

std::string picture_content(const std::filesystem::path& path) {
  const safetensors::File file(path);
  check_kind(file, kPictureModel);
  const PictureNetworks networks = picture_networks(file);
  check_weights(file, networks);
  return fields_to_json(networks).dump() + nlohmann::json(class_names_in(file)).dump() +
         content_of_run<GanState, GanTrainOptions>(file);
}

Example picture_example() {
  GanTrainOptions training;
  training.images.data = "pictures";
  training.model = "m";
  PictureNetworks& networks = training.networks;
  networks.generator = {.image = {.channels = 1, .height = 8, .width = 8, .classes = 2},
                        .latent = 2,
                        .class_dim = 2,
                        .width = 1,
                        .max_width = 2,
                        .gate_channels = 1};
  networks.discriminator = {.image = networks.generator.image, .width = 1, .max_width = 2};

  safetensors::Metadata metadata = picture_metadata(networks, {"cat", "dog"});
  metadata["state"] = fields_to_json(GanState{}).dump();
  metadata["train_options"] = fields_to_json(training).dump();
  const std::int64_t generator = parameter_count(networks.generator);
  return {.tensors = {numbers("generator.w", generator), numbers("ema.generator.w", generator),
                      numbers("discriminator.w", parameter_count(networks.discriminator))},
          .metadata = metadata,
          .content_of = picture_content,
          .shaping = {"latent", "class-dim", "classes", "image-height", "g-width", "d-width"}};
}

/// The bytes of a `last.safetensors`.
std::string written(const ScratchDirectory& scratch, const Example& example) {
  std::vector<safetensors::TensorView> views;
  for (const StoredTensor& tensor : example.tensors)
    views.push_back({tensor.name, tensor.dtype, tensor.shape, std::as_bytes(std::span(tensor.bytes))});
  AtomicFile file(scratch / "written", 4);
  safetensors::write(file, views, example.metadata);
  file.commit();
  return get(scratch / "written");
}

/// Reads damaged files, and counts.
class Reader {
 public:
  Reader(const ScratchDirectory& scratch, const Example& example)
      : path_(scratch / "damaged"), content_of_(example.content_of) {
    most_bytes_in_use = bytes_in_use.load();
  }
  ~Reader() {
    CHECK(slowest_ < 5);
    CHECK(most_bytes_in_use - in_use_before_ < kMostMemory);
  }

  /// Nothing when the file is refused.
  std::optional<std::string> operator()(const std::string& bytes) {
    put(path_, bytes);
    const auto start = std::chrono::steady_clock::now();
    std::optional<std::string> content;
    try {
      content = content_of_(path_);
      ++read_;
    } catch (const Error& error) {
      INFO(error.what());
      CHECK(error.code() == ExitCode::checkpoint);
      ++refused_;
    }
    slowest_ = std::max(slowest_, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    return content;
  }
  int read() const { return read_; }
  int refused() const { return refused_; }
  void report(const char* what) const {
    std::printf("%s: %d refused, %d read, the slowest in %.3f s, %.1f MB at most\n", what, refused_, read_, slowest_,
                static_cast<double>(most_bytes_in_use - in_use_before_) / 1e6);
  }

 private:
  // Files of some kilobytes; each number in one may stand for a few thousand bytes of options, names and messages.
  static constexpr std::size_t kMostMemory = 4'000'000;

  std::filesystem::path path_;
  ContentOf content_of_;
  double slowest_ = 0;
  std::size_t in_use_before_ = bytes_in_use;
  int read_ = 0, refused_ = 0;
};

}  // namespace

TEST_CASE("a checkpoint that is cut short anywhere is refused") {
  const ScratchDirectory scratch;
  const Example example = translation_example();
  const std::string bytes = written(scratch, example);
  Reader reader(scratch, example);
  REQUIRE(reader(bytes) == example.content_of(scratch / "written"));
  for (std::size_t length = 0; length < bytes.size(); ++length) CHECK_FALSE(reader(bytes.substr(0, length)));
  reader.report("checkpoints cut short");
}

TEST_CASE("a checkpoint with any bit flipped is refused") {
  const ScratchDirectory scratch;
  const Example example = translation_example();
  std::string bytes = written(scratch, example);
  Reader reader(scratch, example);
  for (std::size_t i = 0; i < bytes.size() * 8; ++i) {
    const auto flip = [&] { bytes[i / 8] = static_cast<char>(bytes[i / 8] ^ 1 << i % 8); };
    flip();
    CHECK_FALSE(reader(bytes));
    flip();
  }
  reader.report("checkpoints with a flipped bit");
}

TEST_CASE("a checkpoint whose header was edited is refused, or gives what it gave") {
  const ScratchDirectory scratch;
  const Example example = translation_example();
  const std::string bytes = written(scratch, example), content = example.content_of(scratch / "written");
  Reader reader(scratch, example);
  std::mt19937_64 draw(1);
  for (int i = 0; i < 10'000; ++i) {
    const std::string edited = edited_safetensors(bytes, draw, /*repaired=*/false);
    const auto found = reader(edited);
    // Without checksums it is the file of another writer, who may say what he likes.
    if (found && contains(edited, R"("checksums":"{)")) CHECK(*found == content);
  }
  reader.report("checkpoints with an edited header");
}

TEST_CASE("a checkpoint by somebody who knows the format claims what it likes, and gets no more than its size") {
  for (const Example& example : {translation_example(), picture_example()}) {
    const ScratchDirectory scratch;
    const std::string bytes = written(scratch, example);
    Reader reader(scratch, example);
    std::mt19937_64 draw(2);
    for (int i = 0; i < 10'000; ++i) reader(edited_safetensors(bytes, draw, /*repaired=*/true));
    reader.report("checkpoints with an edited header and a right checksum");
    CHECK(reader.read() > 100);  // of harmless edits: the others were not refused for the checksum alone
  }
}

TEST_CASE("each number in a checkpoint's options may ask for terabytes") {
  for (const Example& example : {translation_example(), picture_example()}) {
    const ScratchDirectory scratch;
    Reader reader(scratch, example);
    REQUIRE(reader(written(scratch, example)));
    for (const char* part : {"options", "state", "train_options"}) {
      const auto json = nlohmann::json::parse(example.metadata.at(part));
      for (const auto& item : json.items()) {
        for (const char* value :
             {"0", "-1", "3", "65536", "1000000", "1048576", "4294967296", "1099511627776", "9223372036854775807",
              "18446744073709551615", "1e300", "-1e300", "0.5", "null", "\"x\"", "[\"x\"]", "{}"}) {
          auto changed = json;
          changed[item.key()] = nlohmann::json::parse(value);
          Example hostile = example;
          hostile.metadata[part] = changed.dump();
          const auto content = reader(written(scratch, hostile));
          if (part == std::string("options") && example.shaping.contains(item.key())) CHECK_FALSE(content);
        }
      }
    }
    reader.report("checkpoints with an edited option");
  }
}

}  // namespace heed
