#include "heed/train/validation.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "heed/nn/cross_entropy.h"
#include "heed/nn/threads.h"
#include "heed/text/batches.h"
#include "heed/text/bleu.h"
#include "heed/text/chrf.h"
#include "heed/text/search.h"

namespace heed {

Validator::Validator(const std::vector<SentencePair>& pairs, Subwords source, Subwords target, std::int64_t max_length,
                     std::int64_t batch_tokens, std::int64_t workers)
    : pairs_(pairs),
      source_(std::move(source)),
      target_(std::move(target)),
      batch_tokens_(batch_tokens),
      workers_(workers) {
  const auto encode = [&](const Subwords& subwords, const std::string& text) {
    std::vector<TokenId> tokens = subwords.encode(text);
    if (std::ssize(tokens) > max_length) tokens.resize(static_cast<std::size_t>(max_length));
    return tokens;
  };
  for (const SentencePair& pair : pairs_) {
    source_tokens_.push_back(encode(source_, pair.source));
    target_tokens_.push_back(encode(target_, pair.target));
  }
}

ValidationScores Validator::operator()(Seq2SeqModel& model, c10::Device device) const {
  ValidationScores scores;
  scores.loss = loss(model, device);
  scores.perplexity = std::exp(scores.loss);
  const std::vector<std::string> translations = translate(model, device);
  std::vector<std::vector<std::string>> references(1);
  for (const SentencePair& pair : pairs_) references[0].push_back(pair.target);
  scores.bleu = corpus_bleu(translations, references).score;
  scores.chrf = corpus_chrf(translations, references).score;
  for (std::size_t i = 0; i < 3 && i < pairs_.size(); ++i) {
    const std::size_t at = i * pairs_.size() / 3;
    scores.samples += "\n  source       " + pairs_[at].source + "\n  reference    " + pairs_[at].target +
                      "\n  translation  " + translations[at] + (i < 2 ? "\n" : "");
  }
  return scores;
}

void Validator::for_each_batch(std::span<const std::int64_t> lengths,
                               const std::function<void(std::span<const std::size_t>)>& visit) const {
  const std::vector<std::vector<std::size_t>> batches = group_by_length(lengths, batch_tokens_);
  side_by_side(batches.size(), workers_, [&](std::size_t number) {
    const c10::InferenceMode inference;
    visit(batches[number]);
  });
}

double Validator::loss(Seq2SeqModel& model, c10::Device device) const {
  std::vector<std::int64_t> lengths;
  for (std::size_t i = 0; i < pairs_.size(); ++i)
    lengths.push_back(std::max(std::ssize(source_tokens_[i]), std::ssize(target_tokens_[i])) + 1);
  std::vector<double> sums(pairs_.size());  // of each batch, at its first pair's place
  std::vector<std::int64_t> tokens(pairs_.size());
  for_each_batch(lengths, [&](std::span<const std::size_t> batch) {
    const auto [input, output] = make_target_batch(pick(target_tokens_, batch), device);  // [B, T]
    const EncodedSource encoded = model.encode(make_source_batch(pick(source_tokens_, batch), 1, device), nullptr);
    const at::Tensor states = model.decode(encoded, input, nullptr);  // [B, T, D]
    const CrossEntropy result = cross_entropy(states.flatten(0, 1), model.output_weight(), output.flatten(), 0, kPad);
    sums[batch.front()] = result.negative_log_likelihood;
    tokens[batch.front()] = result.tokens;
  });
  return std::reduce(sums.begin(), sums.end()) / static_cast<double>(std::reduce(tokens.begin(), tokens.end()));
}

std::vector<std::string> Validator::translate(Seq2SeqModel& model, c10::Device device) const {
  std::vector<std::int64_t> lengths;
  for (const auto& tokens : source_tokens_) lengths.push_back(std::ssize(tokens) + 1);
  std::vector<std::string> translations(pairs_.size());
  for_each_batch(lengths, [&](std::span<const std::size_t> batch) {
    const auto found = search(model, pick(source_tokens_, batch), {.beam_size = 1}, device);
    for (std::size_t i = 0; i < batch.size(); ++i) translations[batch[i]] = target_.decode(found[i].front().tokens);
  });
  return translations;
}

}  // namespace heed
