#include "heed/text/ensemble.h"

#include <algorithm>
#include <cmath>

#include <ATen/ATen.h>

namespace heed {
namespace {

struct EnsembleState : DecoderState {
  std::vector<std::unique_ptr<DecoderState>> states;

  void reorder(const at::Tensor& rows, const at::Tensor& sentences) override {
    for (const auto& state : states) state->reorder(rows, sentences);
  }
};

}  // namespace

std::unique_ptr<DecoderState> Ensemble::start(const SourceBatch& source, std::int64_t hypotheses) {
  auto state = std::make_unique<EnsembleState>();
  for (SearchedModel* model : models_) state->states.push_back(model->start(source, hypotheses));
  return state;
}

std::int64_t Ensemble::longest_target() const {
  return (*std::ranges::min_element(models_, {}, [](const SearchedModel* model) { return model->longest_target(); }))
      ->longest_target();
}

std::int64_t Ensemble::state_width() const {
  std::int64_t width = 0;
  for (const SearchedModel* model : models_) width += model->state_width();
  return width;
}

at::Tensor Ensemble::step(const at::Tensor& tokens, DecoderState& state) {
  auto& states = static_cast<EnsembleState&>(state).states;
  std::vector<at::Tensor> all;  // [R, D] each
  for (std::size_t i = 0; i < models_.size(); ++i) all.push_back(models_[i]->step(tokens, *states[i]));
  return all.size() == 1 ? all.front() : at::cat(all, 1);  // [R, D of all]
}

void Ensemble::read_logits(const at::Tensor& states, const LogitsReader& read) {
  if (models_.size() == 1) return models_.front()->read_logits(states, read);
  read(mean_of_models(states, all_logits), 0);
}

at::Tensor Ensemble::listed_logits(const at::Tensor& states, const at::Tensor& listed) {
  return mean_of_models(states, [&](SearchedModel& model, const at::Tensor& own_states) {
    return model.listed_logits(own_states, listed);
  });
}

at::Tensor Ensemble::mean_of_models(
    const at::Tensor& states, const std::function<at::Tensor(SearchedModel&, const at::Tensor&)>& logits_of) const {
  std::vector<at::Tensor> logits;  // [R, C] or [R, K] each
  std::int64_t begin = 0;
  for (SearchedModel* model : models_) {
    logits.push_back(logits_of(*model, states.narrow(1, begin, model->state_width())));
    begin += model->state_width();
  }
  return mean_log_probabilities(logits);
}

at::Tensor mean_log_probabilities(const std::vector<at::Tensor>& logits) {
  if (logits.size() == 1) return logits.front();
  std::vector<at::Tensor> log_p;
  for (const at::Tensor& one : logits) log_p.push_back(at::log_softmax(one, -1));
  return at::logsumexp(at::stack(log_p), 0) - std::log(static_cast<double>(logits.size()));  // [.., C]
}

}  // namespace heed
