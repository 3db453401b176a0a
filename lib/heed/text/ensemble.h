#pragma once

#include <functional>
#include <vector>

#include "heed/models/seq2seq.h"

namespace heed {

/// Several models of the same vocabularies as one: the probability of a token is the mean of theirs.
class Ensemble : public SearchedModel {
 public:
  /// At least one; they must outlive this.
  explicit Ensemble(std::vector<SearchedModel*> models) : models_(std::move(models)) {}

  std::unique_ptr<DecoderState> start(const SourceBatch& source, std::int64_t hypotheses) override;
  std::int64_t longest_target() const override;
  /// The states of all models side by side.
  at::Tensor step(const at::Tensor& tokens, DecoderState& state) override;
  /// Of several models, the logarithms of mean probabilities.
  void read_logits(const at::Tensor& states, const LogitsReader& read) override;
  at::Tensor listed_logits(const at::Tensor& states, const at::Tensor& listed) override;
  std::int64_t target_vocabulary() const override { return models_.front()->target_vocabulary(); }
  std::int64_t state_width() const override;

 private:
  at::Tensor mean_of_models(const at::Tensor& states,
                            const std::function<at::Tensor(SearchedModel&, const at::Tensor&)>& logits_of) const;

  std::vector<SearchedModel*> models_;
};

/// The logarithm of the mean of what the logits [.., C] of several models make probable; of one, its logits.
at::Tensor mean_log_probabilities(const std::vector<at::Tensor>& logits);

}  // namespace heed
