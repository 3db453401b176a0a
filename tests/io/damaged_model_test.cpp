// A small translation checkpoint, written as training does, and then damaged in every way: it is refused with exit code
// 4, or gives what it gave before; in bounded time and memory, whatever it claims.
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <optional>
#include <random>

#include <malloc.h>

#include "heed/base/fields_json.h"
#include "heed/io/inspect_model.h"
#include "heed/io/model_identity.h"
#include "heed/text/translation_file.h"
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

Seq2SeqOptions small_network() {
  Seq2SeqOptions options;
  options.source_vocab = options.target_vocab = 8;
  options.enc_layers = options.dec_layers = 1;
  options.dim = options.heads = 2;
  options.ffn_dim = 4;
  return options;
}

safetensors::Metadata small_metadata() {
  Seq2SeqTrainOptions training;
  training.network = small_network();
  training.train.source = {"a.en"};
  training.train.target = {"a.de"};
  training.model = "m";
  safetensors::Metadata metadata = translation_metadata(training.network);
  metadata["state"] = fields_to_json(Seq2SeqState{}).dump();
  metadata["train_options"] = fields_to_json(training).dump();
  return metadata;
}

/// The bytes of a `last.safetensors`: weights, averaged weights, what the optimizer remembers, vocabulary, shortlist.
std::string written(const ScratchDirectory& scratch, const safetensors::Metadata& metadata) {
  const auto count = static_cast<std::size_t>(parameter_count(small_network()));
  const std::vector<float> weights(count, 0.5f);
  const std::vector<TokenId> shortlist(9, 4);
  const std::string subwords =
      special_pieces() + piece("\xE2\x96\x81") + piece("a", -1) + piece("b", -2) + piece("ab", -3);
  std::vector<safetensors::TensorView> tensors;
  for (const char* name : {"w", "ema.w", "optim.m.w"})
    tensors.push_back({name, safetensors::DType::f32, {std::ssize(weights)}, std::as_bytes(std::span(weights))});
  tensors.push_back({std::string(kSourceSubwords),
                     safetensors::DType::u8,
                     {std::ssize(subwords)},
                     std::as_bytes(std::span(subwords))});
  tensors.push_back({std::string(kShortlist), safetensors::DType::i32, {9, 1}, std::as_bytes(std::span(shortlist))});
  AtomicFile file(scratch / "written", 4);
  safetensors::write(file, tensors, metadata);
  file.commit();
  return get(scratch / "written");
}

/// All that a program reads out of the file, as one text.
std::string content_of(const std::filesystem::path& path) {
  const safetensors::File file(path);
  check_kind(file, kTranslationModel);
  const Seq2SeqOptions options = model_options(file);
  const auto [source, target] = read_subwords(file);
  const Shortlist shortlist = read_shortlist(file, options);
  Seq2SeqState state;
  fields_from_json(state, nlohmann::json::parse(file.metadata("state"), nullptr, false), path.string());
  Seq2SeqTrainOptions training;
  merge_saved_options(training, {}, file.metadata("train_options"), path.string());

  std::string content = fields_to_json(options).dump() + fields_to_json(state).dump() +
                        fields_to_json(training).dump() + source.serialized() + target.serialized() +
                        std::to_string(shortlist.width());
  for (const auto& [key, value] : file.metadata()) content += key + "=" + value + "\n";
  for (const safetensors::TensorView& tensor : file.tensors()) {
    content += tensor.name + std::string(name_of(tensor.dtype));
    for (const std::int64_t side : tensor.shape) content += " " + std::to_string(side);
    content.append(reinterpret_cast<const char*>(tensor.data.data()), tensor.data.size());
  }
  return content;
}

/// Reads damaged files, and counts.
class Reader {
 public:
  explicit Reader(const ScratchDirectory& scratch) : path_(scratch / "damaged") {
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
      content = content_of(path_);
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
  double slowest_ = 0;
  std::size_t in_use_before_ = bytes_in_use;
  int read_ = 0, refused_ = 0;
};

}  // namespace

TEST_CASE("a checkpoint that is cut short anywhere is refused") {
  const ScratchDirectory scratch;
  const std::string bytes = written(scratch, small_metadata());
  Reader reader(scratch);
  REQUIRE(reader(bytes) == content_of(scratch / "written"));
  for (std::size_t length = 0; length < bytes.size(); ++length) CHECK_FALSE(reader(bytes.substr(0, length)));
  reader.report("checkpoints cut short");
}

TEST_CASE("a checkpoint with any bit flipped is refused") {
  const ScratchDirectory scratch;
  std::string bytes = written(scratch, small_metadata());
  Reader reader(scratch);
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
  const std::string bytes = written(scratch, small_metadata()), content = content_of(scratch / "written");
  Reader reader(scratch);
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
  const ScratchDirectory scratch;
  const std::string bytes = written(scratch, small_metadata());
  Reader reader(scratch);
  std::mt19937_64 draw(2);
  for (int i = 0; i < 10'000; ++i) reader(edited_safetensors(bytes, draw, /*repaired=*/true));
  reader.report("checkpoints with an edited header and a right checksum");
  CHECK(reader.read() > 100);  // of harmless edits: the others were not refused for the checksum alone
}

TEST_CASE("each number in a checkpoint's options may ask for terabytes") {
  const ScratchDirectory scratch;
  Reader reader(scratch);
  const safetensors::Metadata metadata = small_metadata();
  for (const char* part : {"options", "state", "train_options"}) {
    const auto json = nlohmann::json::parse(metadata.at(part));
    for (const auto& item : json.items()) {
      for (const char* value :
           {"0", "-1", "3", "65536", "1000000", "1048576", "4294967296", "1099511627776", "9223372036854775807",
            "18446744073709551615", "1e300", "-1e300", "0.5", "null", "\"x\"", "[\"x\"]", "{}"}) {
        auto changed = json;
        changed[item.key()] = nlohmann::json::parse(value);
        safetensors::Metadata hostile = metadata;
        hostile[part] = changed.dump();
        const auto content = reader(written(scratch, hostile));
        // What shapes the network cannot grow beyond the weights that are there.
        for (const char* name : {"dim", "ffn-dim", "enc-layers", "dec-layers", "source-vocab", "target-vocab"})
          if (part == std::string("options") && item.key() == name) CHECK_FALSE(content);
      }
    }
  }
  reader.report("checkpoints with an edited option");
}

}  // namespace heed
