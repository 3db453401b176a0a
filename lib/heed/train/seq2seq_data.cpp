#include "heed/train/seq2seq_data.h"

#include <algorithm>
#include <system_error>

#include "heed/base/content_hash.h"
#include "heed/base/error.h"
#include "heed/base/log.h"
#include "heed/base/parallel.h"
#include "heed/base/progress.h"
#include "heed/base/random.h"
#include "heed/base/utf8.h"
#include "heed/text/survey.h"
#include "heed/text/translation_model.h"

namespace heed {
namespace {

constexpr std::uint64_t kMostHeldOut = 500, kMostVocabularyLines = 2'000'000, kMostShortlistPairs = 300'000;
constexpr std::uint64_t kHeldOutPurpose = 0x68656c64;  // tells this permutation apart from those of the epochs

// From one to the next of at most so many evenly spread pairs.
std::uint64_t even_stride(const ParallelCorpus& corpus, std::uint64_t most) {
  return std::max<std::uint64_t>(1, (corpus.size() + most - 1) / most);
}

enum class SampledSide { source, target, both };

// Hands out evenly spread lines of the corpus, one or both sides of it.
class LineSampler {
 public:
  LineSampler(const ParallelCorpus& corpus, SampledSide side) : corpus_(corpus), side_(side) {
    stride_ = even_stride(corpus, side == SampledSide::both ? kMostVocabularyLines / 2 : kMostVocabularyLines);
  }
  bool operator()(std::string& line) {
    if (pending_target_) {
      line = pair_.target;
      pending_target_ = false;
      return true;
    }
    if (next_ >= corpus_.size()) return false;
    pair_ = corpus_.pair(next_);
    if (++drawn_ % 1024 == 0) corpus_.release_memory();  // the mapped text need not stay
    next_ += stride_;
    pending_target_ = side_ == SampledSide::both;
    line = side_ == SampledSide::target ? pair_.target : pair_.source;
    return true;
  }

 private:
  const ParallelCorpus& corpus_;
  SampledSide side_;
  std::uint64_t stride_ = 1, next_ = 0, drawn_ = 0;
  SentencePair pair_;
  bool pending_target_ = false;
};

bool usable(const SentencePair& pair) {
  return !is_blank(pair.source) && !is_blank(pair.target);
}

// Of a SentencePiece model for both sides, or those of another translation model.
Vocabularies read_vocabularies(const std::filesystem::path& path) {
  std::error_code unknown;  // reading it will tell
  if (!std::filesystem::is_directory(path, unknown) && path.extension() != ".safetensors") {
    const Subwords both = Subwords::from_file(path);
    return {both, both};
  }
  const safetensors::File file(find_model_file(path, kTranslationModel));
  check_kind(file, kTranslationModel);
  const auto [source, target] = read_subwords(file);
  return {source, target};
}

std::vector<SentencePair> read_validation(const ParallelCorpus& corpus, std::int64_t most) {
  std::vector<SentencePair> pairs;
  for (std::uint64_t i = 0; i < corpus.size() && (most == 0 || std::ssize(pairs) < most); ++i)
    if (SentencePair pair = corpus.pair(i); usable(pair)) pairs.push_back(std::move(pair));
  return pairs;
}

}  // namespace

Seq2SeqData open_data(const Seq2SeqTrainOptions& options) {
  const auto cache = std::filesystem::path(options.model) / "cache";
  Seq2SeqData data;
  data.training = std::make_shared<const ParallelCorpus>(options.train, cache);
  if (!options.valid_src.empty()) {
    const ParallelCorpus validation({{options.valid_src}, {options.valid_tgt}, {}}, cache);
    data.validation = read_validation(validation, options.valid_sentences);
    if (data.validation.empty()) throw data_error(options.valid_src + ": no validation pair has text on both sides");
    return data;
  }
  const std::uint64_t pairs = data.training->size();
  const std::uint64_t wanted = std::clamp<std::uint64_t>(pairs / 100, 1, kMostHeldOut);
  const KeyedPermutation order(pairs, make_key(static_cast<std::uint64_t>(options.seed), kHeldOutPurpose));
  for (std::uint64_t i = 0; i < pairs && data.held_out.size() < wanted; ++i)
    if (usable(data.training->pair(order(i)))) data.held_out.push_back(order(i));
  std::sort(data.held_out.begin(), data.held_out.end());
  for (const std::uint64_t i : data.held_out) data.validation.push_back(data.training->pair(i));
  if (pairs < 2 || data.validation.empty())
    throw data_error(data.training->place(0) +
                     ": too little text to train on: two sentence pairs at least are needed, one "
                     "of which validates");
  log::info("held out " + format_count(std::ssize(data.held_out)) +
            " of the training pairs for validation (--valid-src and --valid-tgt name other text)");
  return data;
}

std::string fingerprint(const std::vector<SentencePair>& pairs) {
  std::uint64_t hash = pairs.size();
  for (const SentencePair& pair : pairs) hash = hash_content(pair.target, hash_content(pair.source, hash));
  return std::to_string(hash);
}

void report_data(const Seq2SeqData& data, const Vocabularies& vocabularies, const Seq2SeqTrainOptions& options) {
  std::optional<ParallelCorpus> validation;
  if (!options.valid_src.empty())
    validation.emplace(CorpusFiles{{options.valid_src}, {options.valid_tgt}, {}},
                       std::filesystem::path(options.model) / "cache");
  DataSurvey result = survey(*data.training, validation ? &*validation : nullptr, options.strict_utf8);
  survey_tokens(result, *data.training, vocabularies.source, vocabularies.target, options.max_length);
  log::info(result.to_text());
  if (result.invalid_utf8 > 0)
    log::warning(result.first_invalid + ": not UTF-8, as are " +
                 format_count(static_cast<std::int64_t>(result.invalid_utf8) - 1) +
                 " further pairs: such bytes are replaced by U+FFFD (--strict-utf8 refuses them)");
}

Vocabularies make_vocabularies(const ParallelCorpus& training, const Seq2SeqTrainOptions& options) {
  if (!options.vocab.empty()) return read_vocabularies(options.vocab);
  if (!options.vocab_src.empty())
    return {Subwords::from_file(options.vocab_src), Subwords::from_file(options.vocab_tgt)};
  const auto train = [&](SampledSide side) {
    return Subwords::train(LineSampler(training, side), options.subwords, options.vocab_size);
  };
  if (options.shared_vocab) {
    log::info("training a vocabulary of " + format_count(options.vocab_size) + " subwords for both sides");
    const Subwords both = train(SampledSide::both);
    return {both, both};
  }
  log::info("training a vocabulary of " + format_count(options.vocab_size) + " subwords for each side");
  return {train(SampledSide::source), train(SampledSide::target)};
}

Shortlist make_shortlist(const Seq2SeqData& data, const Vocabularies& vocabularies,
                         const Seq2SeqTrainOptions& options) {
  if (options.shortlist == 0) return {};
  const ParallelCorpus& corpus = *data.training;
  const std::uint64_t stride = even_stride(corpus, kMostShortlistPairs);
  std::vector<TokenPair> pairs(static_cast<std::size_t>((corpus.size() + stride - 1) / stride));
  parallel_for(pairs.size(), [&](std::size_t i) {
    const std::uint64_t number = i * stride;
    if (std::ranges::binary_search(data.held_out, number)) return;
    const SentencePair pair = corpus.pair(number);
    TokenPair tokens{vocabularies.source.encode(pair.source), vocabularies.target.encode(pair.target)};
    // In a long text everything is beside everything.
    if (std::ssize(tokens.source) <= options.max_length && std::ssize(tokens.target) <= options.max_length)
      pairs[i] = std::move(tokens);
  });
  corpus.release_memory();
  return Shortlist::train(pairs, vocabularies.source.size(), vocabularies.target.size(), options.shortlist,
                          vocabularies.source == vocabularies.target);
}

void settle_sampling(SubwordSampling& sampling, const std::set<std::string>& given, const Vocabularies& vocabularies) {
  const auto settle = [&](const char* name, double& value, SubwordKind kind, const char* other) {
    if (vocabularies.source.kind() == kind || vocabularies.target.kind() == kind) return;
    if (value > 0 && given.contains(name))
      throw usage_error(std::string("--") + name + " is for vocabularies of the kind " + std::string(name_of(kind)) +
                        ", and this one is of another: leave it out, or say --" + other);
    value = 0;
  };
  settle("subword-alpha", sampling.alpha, SubwordKind::unigram, "bpe-dropout");
  settle("bpe-dropout", sampling.dropout, SubwordKind::bpe, "subword-alpha");
}

}  // namespace heed
