#include "heed/text/translation_model.h"

#include <ATen/ATen.h>

#include "heed/base/error.h"

namespace heed {

void add_subwords(TensorList& tensors, const Subwords& source, const Subwords& target) {
  tensors.add_bytes(std::string(kSourceSubwords), source.serialized());
  if (target != source) tensors.add_bytes(std::string(kTargetSubwords), target.serialized());
}

void add_shortlist(TensorList& tensors, const Shortlist& shortlist) {
  if (shortlist.empty()) return;
  const at::Tensor table = at::tensor(shortlist.table(), at::kInt);
  tensors.add(std::string(kShortlist), table.view({-1, shortlist.width()}));
}

TranslationModel load_translation_model(const std::filesystem::path& given, bool verify) {
  const std::filesystem::path path = find_model_file(given, kTranslationModel);
  const safetensors::File file(path, verify);
  check_kind(file, kTranslationModel);
  const Seq2SeqOptions options = model_options(file);
  const auto [source, target] = read_subwords(file);
  if (source.size() != options.source_vocab || target.size() != options.target_vocab)
    throw checkpoint_error(path.string() + ": its vocabularies have " + std::to_string(source.size()) + " and " +
                           std::to_string(target.size()) + " entries, its options say " +
                           std::to_string(options.source_vocab) + " and " + std::to_string(options.target_vocab));
  const std::shared_ptr<Seq2SeqModel> network = make_seq2seq_model(options);
  const bool averaged = file.find(std::string(kEmaPrefix) + network->named_parameters().front().key()) != nullptr;
  read_parameters(file, averaged ? kEmaPrefix : std::string_view(), *network);
  network->eval();
  return {network, source, target, read_shortlist(file, options)};
}

}  // namespace heed
