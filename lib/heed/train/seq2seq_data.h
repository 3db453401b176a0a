#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "heed/text/corpus.h"
#include "heed/text/shortlist.h"
#include "heed/text/subwords.h"
#include "heed/train/seq2seq_options.h"

namespace heed {

/// Source and target vocabulary.
struct Vocabularies {
  Subwords source, target;
};

/// The text of a run.
struct Seq2SeqData {
  std::shared_ptr<const ParallelCorpus> training;
  std::vector<std::uint64_t> held_out;  ///< pairs of `training` that validate instead, sorted
  std::vector<SentencePair> validation;
};

/// Opens the training text and chooses the validation pairs: the files given, or a seeded slice of the training text
/// (1 %, at most 500). Pairs with an empty side are left out. Indexes are kept in MODEL/cache.
Seq2SeqData open_data(const Seq2SeqTrainOptions& options);

/// Tells validation pairs apart by their content.
std::string fingerprint(const std::vector<SentencePair>& pairs);

/// The report on the data for people, before the first update. Throws Error(data) with --strict-utf8.
void report_data(const Seq2SeqData& data, const Vocabularies& vocabularies, const Seq2SeqTrainOptions& options);

/// The vocabularies that the options name, or new ones trained on at most two million evenly spread training lines.
Vocabularies make_vocabularies(const ParallelCorpus& training, const Seq2SeqTrainOptions& options);

/// The lexical shortlist of a model of these vocabularies, by at most 300,000 evenly spread training pairs; empty when
/// the options ask for none.
Shortlist make_shortlist(const Seq2SeqData& data, const Vocabularies& vocabularies, const Seq2SeqTrainOptions& options);

/// Sets the kind of sampling to 0 that neither vocabulary can do. Throws Error(usage) when it was `given`.
void settle_sampling(SubwordSampling& sampling, const std::set<std::string>& given, const Vocabularies& vocabularies);

}  // namespace heed
