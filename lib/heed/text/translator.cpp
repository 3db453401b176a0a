#include "heed/text/translator.h"

#include <algorithm>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "heed/base/utf8.h"
#include "heed/text/batches.h"

namespace heed {
namespace {

// One line in, one line out, whatever a foreign vocabulary decodes to.
std::string single_line(std::string text) {
  std::replace_if(text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return text;
}

}  // namespace

Translator::Translator(const std::filesystem::path& model, TranslatorOptions options)
    : Translator(load_translation_model(model), options) {}

Translator::Translator(TranslationModel model, TranslatorOptions options)
    : model_(std::move(model)), options_(options) {
  const auto& network = model_.network->options;
  if (network.positions == Positions::learned)
    options_.max_length = std::min(options_.max_length, network.max_positions - 1);
  model_.network->to(options_.device);
  model_.network->eval();
  const at::NoGradGuard no_grad;
  model_.network->prepare_inference(options_.dtype);
}

std::vector<std::vector<Translation>> Translator::translate(std::span<const std::string> lines,
                                                            const SearchOptions& options, TranslationStats* stats) {
  validate(options);
  const c10::InferenceMode inference;
  const ComputeDtypeGuard compute(options_.dtype);

  std::vector<std::vector<TokenId>> sources;
  std::vector<std::size_t> line_of;  // of each source: blank lines are not translated
  std::vector<std::int64_t> lengths;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (is_blank(lines[i])) continue;
    if (stats != nullptr && !is_valid_utf8(lines[i])) stats->repaired_lines.push_back(i);
    std::vector<TokenId> tokens = model_.source.encode(repair_utf8(lines[i]));
    if (tokens.empty()) continue;
    if (std::ssize(tokens) > options_.max_length) {
      tokens.resize(static_cast<std::size_t>(options_.max_length));
      if (stats != nullptr) stats->cut_lines.push_back(i);
    }
    lengths.push_back((std::ssize(tokens) + 1) * options.beam_size);
    sources.push_back(std::move(tokens));
    line_of.push_back(i);
  }

  const std::vector<Translation> blank(static_cast<std::size_t>(options.n_best));
  std::vector<std::vector<Translation>> translations(lines.size(), blank);
  for (const std::vector<std::size_t>& batch : group_by_length(lengths, options_.batch_tokens)) {
    std::vector<std::vector<TokenId>> batch_sources;
    for (const std::size_t i : batch) batch_sources.push_back(sources[i]);
    const auto found = search(*model_.network, batch_sources, options, options_.device);
    for (std::size_t i = 0; i < batch.size(); ++i) {
      auto& translation = translations[line_of[batch[i]]];
      for (std::size_t rank = 0; rank < found[i].size(); ++rank)
        translation[rank] = {single_line(model_.target.decode(found[i][rank].tokens)), found[i][rank].score,
                             found[i][rank].tokens};
      if (stats != nullptr) stats->tokens += std::ssize(found[i].front().tokens) + 1;
    }
  }
  if (stats != nullptr) stats->sentences += std::ssize(lines);
  return translations;
}

std::string Translator::translate(const std::string& line, const SearchOptions& options) {
  return translate(std::span(&line, 1), options).front().front().text;
}

}  // namespace heed
