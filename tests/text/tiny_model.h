#pragma once

#include <string>
#include <vector>

#include <ATen/ATen.h>

#include "heed/models/transformer.h"
#include "heed/text/translation_model.h"

namespace heed {

/// A vocabulary of some sixty pieces.
inline Subwords tiny_subwords() {
  const std::vector<std::string> nouns = {"house", "tree", "river", "child", "bridge", "window", "garden", "letter"};
  std::vector<std::string> lines;
  for (const auto& one : nouns)
    for (const auto& other : nouns) lines.push_back("the " + one + " sees a " + other + " , and the " + other + " .");
  std::size_t next = 0;
  return Subwords::train(
      [&](std::string& line) {
        if (next == lines.size()) return false;
        line = lines[next++];
        return true;
      },
      SubwordKind::unigram, 60);
}

inline Seq2SeqOptions tiny_options(std::int64_t vocab) {
  Seq2SeqOptions options;
  options.source_vocab = options.target_vocab = vocab;
  options.enc_layers = options.dec_layers = 2;
  options.dim = 32;
  options.ffn_dim = 64;
  options.heads = 4;
  options.tie = TieEmbeddings::none;
  options.dropout = 0;
  return options;
}

/// An untrained network that is sure of what it says: its sentences differ, and end at different lengths.
inline Transformer decided_network(const Seq2SeqOptions& options) {
  Transformer network(options);
  const at::NoGradGuard no_grad;
  network->output->weight.normal_(0, 0.6);
  for (auto& parameter : network->named_parameters())
    if (parameter.value().dim() == 2 && parameter.key().find("coder.") != std::string::npos)
      parameter.value().mul_(1.5);
  network->eval();
  return network;
}

inline TranslationModel tiny_translation_model() {
  const Subwords subwords = tiny_subwords();
  return {decided_network(tiny_options(subwords.size())).ptr(), subwords, subwords};
}

}  // namespace heed
