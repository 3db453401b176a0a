#include "heed/text/translator.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <unordered_map>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "heed/base/error.h"
#include "heed/base/utf8.h"
#include "heed/nn/layers.h"
#include "heed/nn/threads.h"
#include "heed/text/batches.h"
#include "heed/text/pieces.h"
#include "heed/text/replace_unk.h"

namespace heed {
namespace {

constexpr std::int64_t kScoredMultiple = 16;

// One line in, one line out, whatever a foreign vocabulary decodes to.
std::string single_line(std::string text) {
  std::replace_if(text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return text;
}

Guidance tokens_of(const LineGuidance& guidance, const Subwords& subwords) {
  Guidance result{subwords.encode(repair_utf8(guidance.prefix)), {}};
  for (const std::string& term : guidance.terms) {
    std::vector<TokenId> tokens = subwords.encode(repair_utf8(term));
    // What the vocabulary cannot write can never appear.
    if (!tokens.empty() && std::ranges::count(tokens, kUnk) == 0) result.terms.push_back(std::move(tokens));
  }
  return result;
}

// All tokens that must appear.
std::vector<TokenId> given_tokens(const Guidance& guidance) {
  std::vector<TokenId> tokens = guidance.prefix;
  for (const std::vector<TokenId>& term : guidance.terms) tokens.insert(tokens.end(), term.begin(), term.end());
  return tokens;
}

bool lacks_terms(const std::vector<TokenId>& tokens, const RequiredTerms& terms) {
  return !std::ranges::all_of(terms, [&](const std::vector<TokenId>& term) {
    return std::search(tokens.begin(), tokens.end(), term.begin(), term.end()) != tokens.end();
  });
}

// For each line that says the same as an earlier one, which that is.
using Repetitions = std::vector<std::optional<std::size_t>>;

Repetitions find_repetitions(std::span<const std::string> lines, std::span<const LineGuidance> guidance) {
  Repetitions repetitions(lines.size());
  std::unordered_map<std::string, std::size_t> first;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    std::string key;
    const auto add = [&](const std::string& text) { key += std::to_string(text.size()) + ':' + text; };
    add(lines[i]);
    if (!guidance.empty()) {
      add(guidance[i].prefix);
      std::ranges::for_each(guidance[i].terms, add);
    }
    const auto [place, is_new] = first.emplace(std::move(key), i);
    if (!is_new) repetitions[i] = place->second;
  }
  return repetitions;
}

// Layers [1, H, T, S] as plain numbers.
AttentionLayers matrices_of(const std::vector<at::Tensor>& layers) {
  AttentionLayers result;
  for (const at::Tensor& layer : layers) {
    std::vector<AttentionMatrix>& heads = result.emplace_back();
    for (std::int64_t head = 0; head < layer.size(1); ++head) {
      const at::Tensor weights = layer[0][head].to(at::kCPU, at::kFloat).contiguous();  // [T, S]
      const float* first = weights.const_data_ptr<float>();
      heads.push_back({static_cast<std::size_t>(weights.size(0)), static_cast<std::size_t>(weights.size(1)),
                       std::vector<float>(first, first + weights.numel())});
    }
  }
  return result;
}

}  // namespace

Translator::Translator(const std::filesystem::path& model, TranslatorOptions options)
    : Translator(load_translation_model(model), options) {}

Translator::Translator(TranslationModel model, TranslatorOptions options)
    : Translator(std::vector<TranslationModel>{std::move(model)}, options) {}

Translator::Translator(std::vector<TranslationModel> models, TranslatorOptions options)
    : models_(std::move(models)), options_(options) {
  if ((options_.attention || options_.replace_unk) && models_.size() > 1)
    throw usage_error("attention can be looked at in one model only: leave the others out");
  if (models_.empty()) throw usage_error("no model given");
  if (options_.attention || options_.replace_unk) require_attention(model().network->options);
  if (options_.shortlist && model().shortlist.empty())
    throw usage_error("this model has no lexical shortlist: leave --shortlist out, or train it without --shortlist 0");
  const at::NoGradGuard no_grad;
  for (TranslationModel& one : models_) {
    if (!(one.source == model().source && one.target == model().target))
      throw usage_error(
          "models of different vocabularies do not go together: train the others with --vocab FIRST-MODEL");
    options_.max_length = std::min(options_.max_length, longest_sentence(one.network->options) - 1);
    one.network->to(options_.device);
    one.network->eval();
    one.network->prepare_inference(options_.dtype);
  }
}

Ensemble Translator::ensemble() {
  std::vector<SearchedModel*> networks;
  for (TranslationModel& one : models_) networks.push_back(one.network.get());
  return Ensemble(std::move(networks));
}

// Lines as tokens; blank ones are left out.
struct Translator::Sources {
  std::vector<std::vector<TokenId>> tokens;
  std::vector<std::size_t> line_of;   // of each source
  std::vector<std::int64_t> lengths;  // end marks included
  std::int64_t lines_before = 0;

  // Refuses what stands for line `line` of these and has more tokens than a model can make.
  void check_target(const std::string& what, std::size_t line, const std::vector<TokenId>& target,
                    std::int64_t longest) const {
    if (std::ssize(target) > longest)
      throw data_error("the " + what + " in line " +
                       std::to_string(lines_before + static_cast<std::int64_t>(line) + 1) + " has " +
                       std::to_string(target.size()) + " pieces; this model can take " + std::to_string(longest));
  }

  void leave_out(const Repetitions& repetitions) {
    Sources kept;
    kept.lines_before = lines_before;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      if (repetitions[line_of[i]]) continue;
      kept.tokens.push_back(std::move(tokens[i]));
      kept.line_of.push_back(line_of[i]);
      kept.lengths.push_back(lengths[i]);
    }
    *this = std::move(kept);
  }
};

Translator::Sources Translator::encode(std::span<const std::string> lines, TranslationStats* stats,
                                       std::span<const std::string> references) const {
  Sources sources;
  if (stats != nullptr) sources.lines_before = stats->sentences;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const bool is_scored = !references.empty() && !is_blank(references[i]);
    if (is_blank(lines[i]) && !is_scored) continue;
    if (stats != nullptr && !is_valid_utf8(lines[i])) stats->repaired_lines.push_back(i);
    const std::string text = repair_utf8(lines[i]);
    std::vector<TokenId> tokens = model().source.encode(text);
    if (tokens.empty() && !is_scored) continue;
    const bool too_long = std::ssize(tokens) > options_.max_length;
    if (too_long) tokens.resize(static_cast<std::size_t>(options_.max_length));
    if (stats != nullptr && (too_long || text.size() > Subwords::kLongestText)) stats->cut_lines.push_back(i);
    sources.lengths.push_back(std::ssize(tokens) + 1);
    sources.tokens.push_back(std::move(tokens));
    sources.line_of.push_back(i);
  }
  if (stats != nullptr) stats->sentences += std::ssize(lines);
  return sources;
}

std::vector<std::vector<Translation>> Translator::translate(std::span<const std::string> lines,
                                                            const SearchOptions& options, TranslationStats* stats,
                                                            std::span<const LineGuidance> guidance) {
  validate(options);
  const Repetitions repetitions = options_.cache ? find_repetitions(lines, guidance) : Repetitions(lines.size());
  Sources sources = encode(lines, stats);
  sources.leave_out(repetitions);
  if (stats != nullptr) stats->searched += std::ssize(sources.tokens);
  for (std::int64_t& length : sources.lengths) length *= hypotheses_per_sentence(options);

  const std::vector<Translation> blank(static_cast<std::size_t>(options.n_best));
  std::vector<std::vector<Translation>> translations(lines.size(), blank);
  const std::vector<std::vector<std::size_t>> batches = group_by_length(sources.lengths, options_.batch_tokens);
  side_by_side(batches.size(), static_cast<std::int64_t>(options_.workers), [&](std::size_t number) {
    const std::vector<std::size_t>& batch = batches[number];
    std::vector<std::vector<Translation>> found = translate_batch(lines, sources, batch, options, guidance);
    for (std::size_t i = 0; i < batch.size(); ++i) {
      found[i].resize(blank.size());
      translations[sources.line_of[batch[i]]] = std::move(found[i]);
    }
  });
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (repetitions[i]) translations[i] = translations[*repetitions[i]];
    if (stats != nullptr && !is_blank(lines[i])) stats->tokens += std::ssize(translations[i].front().tokens) + 1;
  }
  return translations;
}

// The translations of each sentence of a batch, at most n_best of them.
std::vector<std::vector<Translation>> Translator::translate_batch(std::span<const std::string> lines,
                                                                  const Sources& sources,
                                                                  std::span<const std::size_t> batch,
                                                                  const SearchOptions& options,
                                                                  std::span<const LineGuidance> guidance) {
  const c10::InferenceMode inference;
  const ComputeDtypeGuard compute(options_.dtype);
  Ensemble networks = ensemble();
  const std::vector<std::vector<TokenId>> batch_sources = pick(sources.tokens, batch);
  std::vector<Guidance> batch_guidance;
  for (std::size_t i = 0; !guidance.empty() && i < batch.size(); ++i) {
    const std::size_t line = sources.line_of[batch[i]];
    batch_guidance.push_back(tokens_of(guidance[line], model().target));
    sources.check_target("prefix", line, batch_guidance.back().prefix, networks.longest_target());
  }
  if (options_.shortlist) {
    batch_guidance.resize(batch.size());
    for (std::size_t i = 0; i < batch.size(); ++i)
      batch_guidance[i].vocabulary = model().shortlist.tokens_for(batch_sources[i], given_tokens(batch_guidance[i]));
  }

  std::vector<std::vector<Translation>> translations;
  for (const std::vector<Hypothesis>& found :
       search(networks, batch_sources, options, options_.device, batch_guidance)) {
    const std::size_t i = translations.size(), line = sources.line_of[batch[i]];
    translations.emplace_back();
    for (const Hypothesis& one : found) {
      Translation& translation = translations[i].emplace_back();
      translation.score = one.score;
      translation.tokens = one.tokens;
      translation.text = single_line(text_of(one.tokens, lines[line], batch_sources[i],
                                             guidance.empty() ? "" : repair_utf8(guidance[line].prefix),
                                             guidance.empty() ? std::vector<TokenId>{} : batch_guidance[i].prefix));
      translation.missing_terms = !guidance.empty() && (lacks_terms(one.tokens, batch_guidance[i].terms) ||
                                                        batch_guidance[i].terms.size() < guidance[line].terms.size());
    }
    if (options_.attention)
      translations[i].front().attention = attention_of(lines[line], batch_sources[i], found.front().tokens);
  }
  if (options_.token_scores) add_token_scores(batch_sources, translations);
  return translations;
}

// The text of the tokens of a translation of `line`, as tokens `source`, that was to begin with `prefix`.
std::string Translator::text_of(const std::vector<TokenId>& tokens, const std::string& line,
                                const std::vector<TokenId>& source, const std::string& prefix,
                                const std::vector<TokenId>& prefix_tokens) {
  const Subwords& subwords = model().target;
  const bool cannot_write_prefix = std::ranges::count(prefix_tokens, kUnk) > 0;
  const std::size_t given = cannot_write_prefix ? std::min(prefix_tokens.size(), tokens.size()) : 0;
  const std::vector<TokenId> rest(tokens.begin() + static_cast<std::ptrdiff_t>(given), tokens.end());
  const std::string text = options_.replace_unk && std::ranges::count(rest, kUnk) > 0
                               ? replace_unknown(tokens, attention_of(line, source, tokens), subwords, given)
                               : subwords.decode(rest);
  const bool new_word = !rest.empty() && begins_word(subwords.piece(rest.front()));
  return cannot_write_prefix ? prefix + (new_word ? " " : "") + text : text;
}

// Fills in the log_p of all translations of each source.
void Translator::add_token_scores(std::span<const std::vector<TokenId>> sources,
                                  std::vector<std::vector<Translation>>& translations) {
  for (std::size_t rank = 0;; ++rank) {
    std::vector<std::vector<TokenId>> with_rank, targets;
    std::vector<Translation*> scored;
    for (std::size_t i = 0; i < sources.size(); ++i) {
      if (rank >= translations[i].size()) continue;
      with_rank.push_back(sources[i]);
      targets.push_back(translations[i][rank].tokens);
      scored.push_back(&translations[i][rank]);
    }
    if (targets.empty()) return;
    std::vector<std::vector<double>> log_p = force_decode(with_rank, targets);
    for (std::size_t i = 0; i < scored.size(); ++i) scored[i]->log_p = std::move(log_p[i]);
  }
}

std::vector<Translation> Translator::score(std::span<const std::string> lines, std::span<const std::string> references,
                                           double length_penalty, TranslationStats* stats) {
  const std::int64_t longest = ensemble().longest_target();
  const Sources sources = encode(lines, stats, references);
  std::vector<std::vector<TokenId>> targets;
  std::vector<std::int64_t> lengths;
  for (std::size_t i = 0; i < sources.tokens.size(); ++i) {
    targets.push_back(model().target.encode(repair_utf8(references[sources.line_of[i]])));
    sources.check_target("translation to score", sources.line_of[i], targets.back(), longest);
    lengths.push_back(std::max(sources.lengths[i], static_cast<std::int64_t>(targets.back().size()) + 1));
  }
  std::vector<Translation> scored(lines.size());
  for (std::size_t i = 0; i < lines.size(); ++i) scored[i].text = single_line(repair_utf8(references[i]));
  const std::vector<std::vector<std::size_t>> batches = group_by_length(lengths, options_.batch_tokens);
  side_by_side(batches.size(), static_cast<std::int64_t>(options_.workers), [&](std::size_t number) {
    const c10::InferenceMode inference;
    const ComputeDtypeGuard compute(options_.dtype);
    const std::vector<std::size_t>& batch = batches[number];
    std::vector<std::vector<double>> log_p = force_decode(pick(sources.tokens, batch), pick(targets, batch));
    for (std::size_t i = 0; i < batch.size(); ++i) {
      Translation& translation = scored[sources.line_of[batch[i]]];
      translation.tokens = targets[batch[i]];
      translation.score =
          normalised_score(std::reduce(log_p[i].begin(), log_p[i].end()), log_p[i].size(), length_penalty);
      if (options_.attention)
        translation.attention =
            attention_of(lines[sources.line_of[batch[i]]], sources.tokens[batch[i]], translation.tokens);
      translation.log_p = std::move(log_p[i]);
    }
  });
  for (const Translation& one : scored)
    if (stats != nullptr) stats->tokens += std::ssize(one.log_p);
  return scored;
}

// The log probability of each token of the targets and of their end marks.
std::vector<std::vector<double>> Translator::force_decode(std::span<const std::vector<TokenId>> sources,
                                                          std::span<const std::vector<TokenId>> targets) {
  const auto [input, output] = make_target_batch(targets, options_.device);                 // [B, T]
  const SourceBatch source = make_source_batch(sources, kScoredMultiple, options_.device);  // [B, S]
  std::vector<at::Tensor> states;                                                           // [B, T, D] each
  for (TranslationModel& one : models_)
    states.push_back(one.network->decode(one.network->encode(source, nullptr), input, nullptr));
  std::vector<std::vector<double>> result;
  for (std::int64_t b = 0; b < std::ssize(targets); ++b) {
    std::vector<at::Tensor> logits;  // [T, C] each
    for (std::size_t i = 0; i < models_.size(); ++i) logits.push_back(all_logits(*models_[i].network, states[i][b]));
    const at::Tensor all = at::log_softmax(mean_log_probabilities(logits), 1);        // [T, C]
    const at::Tensor log_p = all.gather(1, output[b].unsqueeze(1)).squeeze(1).cpu();  // [T]
    const auto row = log_p.accessor<float, 1>();
    std::vector<double>& scores = result.emplace_back();
    for (std::size_t t = 0; t <= targets[static_cast<std::size_t>(b)].size(); ++t)
      scores.push_back(static_cast<double>(row[static_cast<std::int64_t>(t)]));
  }
  return result;
}

AttentionRecord Translator::attention_of(const std::string& line, const std::vector<TokenId>& source,
                                         const std::vector<TokenId>& target) {
  const auto [input, output] = make_target_batch(std::span(&target, 1), options_.device);  // [1, T]
  const TranslationAttention maps =
      models_.front().network->attention_maps(make_source_batch(std::span(&source, 1), 1, options_.device), input);
  std::vector<std::string> source_pieces = model().source.pieces(repair_utf8(line)), target_pieces;
  source_pieces.resize(source.size());  // of a line that was cut
  for (const TokenId token : target) target_pieces.push_back(model().target.piece(token));
  for (auto* pieces : {&source_pieces, &target_pieces}) pieces->emplace_back(kEndText);
  AttentionRecord record{.source = std::move(source_pieces),
                         .target = std::move(target_pieces),
                         .mean = {},
                         .encoder = matrices_of(maps.encoder),
                         .decoder = matrices_of(maps.decoder),
                         .cross = matrices_of(maps.cross)};
  record.mean = mean_of(record.cross);
  return record;
}

std::string Translator::translate(const std::string& line, const SearchOptions& options) {
  return translate(std::span(&line, 1), options).front().front().text;
}

}  // namespace heed
