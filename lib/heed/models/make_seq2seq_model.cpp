#include "heed/models/rnn_seq2seq.h"
#include "heed/models/transformer.h"

namespace heed {

std::shared_ptr<Seq2SeqModel> make_seq2seq_model(const Seq2SeqOptions& options) {
  if (options.arch == Arch::transformer) return std::make_shared<TransformerImpl>(options);
  return std::make_shared<RnnSeq2SeqImpl>(options);
}

}  // namespace heed
