#include "heed/text/subwords.h"

#include <algorithm>
#include <mutex>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include <sentencepiece_processor.h>
#include <sentencepiece_trainer.h>

#include "heed/base/error.h"
#include "heed/base/fields.h"
#include "heed/base/files.h"
#include "heed/base/log.h"
#include "heed/base/progress.h"
#include "heed/base/utf8.h"
#include "heed/text/subword_guard.h"
#include "heed/text/subword_table.h"
#include "heed/text/text_sample.h"

namespace heed {

struct Subwords::Model {
  sentencepiece::SentencePieceProcessor processor;
  std::string serialized;
  std::optional<SubwordKind> kind;
};

namespace {

// The trainer takes thirty bytes of memory for each of these: a gigabyte.
constexpr std::size_t kMaxTrainingBytes = std::size_t{1} << 25;
// Lines are cut into parts, because the trainer passes over those of more than 4192 bytes.
constexpr std::size_t kTrainingPartBytes = 4096;
// Sums over threads are rounded in their order: another number of threads would give another vocabulary.
constexpr int kTrainingThreads = 4;
// Sentences with this character are passed over by the trainer, which marks unknown characters with it.
constexpr std::string_view kReservedByTrainer = "\xE2\x96\x85";
constexpr std::string_view kSpaceMark = "\xE2\x96\x81";

using TrainerOptions = std::unordered_map<std::string, std::string>;

/// The library's log level is global and can only be set through the trainer; this call does nothing else: without
/// any text it fails.
void silence_library() {
  static std::once_flag once;
  std::call_once(once, [] { (void)sentencepiece::SentencePieceTrainer::Train(TrainerOptions{{"minloglevel", "2"}}); });
}

class LineIterator final : public sentencepiece::SentenceIterator {
 public:
  explicit LineIterator(const std::vector<std::string>& lines) : lines_(lines) {}
  bool done() const override { return next_ >= lines_.size(); }
  void Next() override { ++next_; }
  const std::string& value() const override { return lines_[next_]; }
  sentencepiece::util::Status status() const override { return {}; }

 private:
  const std::vector<std::string>& lines_;
  std::size_t next_ = 0;
};

std::size_t next_character(std::string_view text, std::size_t position) {
  do ++position;
  while (position < text.size() && (static_cast<unsigned char>(text[position]) & 0xC0) == 0x80);
  return position;
}

void append_in_parts(std::vector<std::string>& lines, std::string_view line) {
  while (line.size() > kTrainingPartBytes) {
    std::size_t cut = kTrainingPartBytes;
    while (cut > 1 && (static_cast<unsigned char>(line[cut]) & 0xC0) == 0x80) --cut;
    lines.emplace_back(line.substr(0, cut));
    line.remove_prefix(cut);
  }
  if (!line.empty()) lines.emplace_back(line);
}

std::vector<std::string> collect_lines(const std::function<bool(std::string&)>& next_line) {
  TextSample sample(kMaxTrainingBytes);
  for (std::string line; next_line(line);) sample.add(line);
  std::vector<std::string> lines;
  for (const std::string& line : sample.lines()) append_in_parts(lines, line);
  return lines;
}

std::size_t alphabet_size(const std::vector<std::string>& lines) {
  std::unordered_set<std::string_view> characters;
  for (const std::string_view line : lines) {
    for (std::size_t begin = 0; begin < line.size();) {
      const std::size_t end = next_character(line, begin);
      characters.insert(line.substr(begin, end - begin));
      begin = end;
    }
  }
  return characters.size();
}

sentencepiece::util::Status run_trainer(const std::vector<std::string>& lines, SubwordKind kind,
                                        std::int64_t vocab_size, const std::string& character_coverage,
                                        std::string& serialized) {
  LineIterator iterator(lines);
  const TrainerOptions options = {
      {"model_type", std::string(name_of(kind))},
      {"vocab_size", std::to_string(vocab_size)},
      {"character_coverage", character_coverage},
      {"hard_vocab_limit", "false"},
      {"normalization_rule_name", "nmt_nfkc"},
      {"byte_fallback", "false"},
      {"unk_id", std::to_string(kUnk)},
      {"pad_id", std::to_string(kPad)},
      {"bos_id", std::to_string(kBos)},
      {"eos_id", std::to_string(kEos)},
      {"num_threads", std::to_string(kTrainingThreads)},
      {"minloglevel", "2"},
  };
  return sentencepiece::SentencePieceTrainer::Train(options, &iterator, &serialized);
}

/// The trainer ends the process when normalisation leaves nothing of its text, so that is found out before, with the
/// normaliser of a model made of one letter.
bool has_text(const std::vector<std::string>& lines) {
  std::string serialized;
  sentencepiece::SentencePieceProcessor normalizer;
  if (!run_trainer({"a"}, SubwordKind::bpe, 16, "1.0", serialized).ok() ||
      !normalizer.LoadFromSerializedProto(serialized).ok()) {
    throw Error(ExitCode::internal, "SentencePiece cannot train on one letter: is its installation broken?");
  }
  return std::any_of(lines.begin(), lines.end(), [&](const std::string& line) {
    if (line.find(kReservedByTrainer) != line.npos) return false;
    std::vector<std::string> pieces;
    return normalizer.Encode(line, &pieces).ok() &&
           std::any_of(pieces.begin(), pieces.end(), [](const std::string& piece) { return piece != kSpaceMark; });
  });
}

}  // namespace

Subwords Subwords::train(const std::function<bool(std::string&)>& next_line, SubwordKind kind,
                         std::int64_t vocab_size) {
  silence_library();
  const std::vector<std::string> lines = collect_lines(next_line);
  if (!has_text(lines)) {
    throw data_error("cannot make a vocabulary: the training text is empty or blank; expected lines of text");
  }
  // A rare character of a small alphabet deserves its place; of a large one, the rarest would crowd out words.
  const std::size_t alphabet = alphabet_size(lines);
  const bool small_alphabet =
      alphabet <= 1000 && alphabet * 4 <= static_cast<std::size_t>(std::max<std::int64_t>(vocab_size, 0));
  std::string serialized;
  const auto status = run_trainer(lines, kind, vocab_size, small_alphabet ? "1.0" : "0.9995", serialized);
  if (!status.ok()) {
    throw data_error("cannot make a vocabulary of " + format_count(vocab_size) + " pieces from a text with " +
                     format_count(static_cast<std::int64_t>(alphabet)) +
                     " different characters: each needs a piece; try a larger vocabulary (" + status.ToString() + ")");
  }
  Subwords trained = from_bytes(std::move(serialized), "trained vocabulary");
  if (trained.size() < vocab_size) {
    log::info("vocabulary reduced from " + format_count(vocab_size) + " to " + format_count(trained.size()) +
              ": the text is small");
  }
  return trained;
}

Subwords Subwords::from_bytes(std::string serialized, const std::string& where) {
  silence_library();
  check_subword_model(serialized, where);
  auto model = std::make_shared<Model>();
  const auto status = model->processor.LoadFromSerializedProto(serialized);
  if (!status.ok()) throw checkpoint_error(where + ": SentencePiece cannot read this model: " + status.ToString());
  const auto& processor = model->processor;
  if (processor.unk_id() != kUnk || processor.pad_id() != kPad || processor.bos_id() != kBos ||
      processor.eos_id() != kEos) {
    throw checkpoint_error(where + ": the model's ids of unk, pad, bos, eos are " + std::to_string(processor.unk_id()) +
                           ", " + std::to_string(processor.pad_id()) + ", " + std::to_string(processor.bos_id()) +
                           ", " + std::to_string(processor.eos_id()) +
                           "; expected 0, 1, 2, 3; train it with spm_train --unk_id=0 --pad_id=1 --bos_id=2 "
                           "--eos_id=3");
  }
  model->kind = read_subword_table(serialized).kind;
  model->serialized = std::move(serialized);
  return Subwords(std::move(model));
}

Subwords Subwords::from_file(const std::filesystem::path& path) {
  std::string serialized = read_file(path, kMaxSubwordModelBytes);
  try {
    return from_bytes(std::move(serialized), path.string());
  } catch (const Error& error) {
    throw data_error(error.what());
  }
}

std::vector<TokenId> Subwords::encode(std::string_view text) const {
  std::vector<TokenId> tokens;
  const auto status = model_->processor.Encode(utf8_beginning(text, kLongestText), &tokens);
  if (!status.ok()) throw Error(ExitCode::internal, "SentencePiece cannot encode a text: " + status.ToString());
  return tokens;
}

std::vector<std::string> Subwords::pieces(std::string_view text) const {
  std::vector<std::string> pieces;
  const auto status = model_->processor.Encode(utf8_beginning(text, kLongestText), &pieces);
  if (!status.ok()) throw Error(ExitCode::internal, "SentencePiece cannot encode a text: " + status.ToString());
  return pieces;
}

std::string Subwords::decode(std::span<const TokenId> tokens) const {
  std::vector<int> plain;
  plain.reserve(tokens.size());
  for (const TokenId token : tokens) {
    if (token < 0 || token >= size()) {
      throw Error(ExitCode::internal, "token " + std::to_string(token) + " is not in the vocabulary");
    }
    if (token > kEos || token == kUnk) plain.push_back(token);
  }
  std::string text;
  const auto status = model_->processor.Decode(plain, &text);
  if (!status.ok()) throw Error(ExitCode::internal, "SentencePiece cannot decode tokens: " + status.ToString());
  return text;
}

std::string Subwords::piece(TokenId token) const {
  if (token < 0 || token >= size()) {
    throw Error(ExitCode::internal, "token " + std::to_string(token) + " is not in the vocabulary");
  }
  return model_->processor.IdToPiece(token);
}

std::int64_t Subwords::size() const {
  return model_->processor.GetPieceSize();
}

std::optional<SubwordKind> Subwords::kind() const {
  return model_->kind;
}

const std::string& Subwords::serialized() const {
  return model_->serialized;
}

}  // namespace heed
