#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include <torch/nn/module.h>

#include "heed/models/seq2seq_options.h"
#include "heed/nn/dropout.h"
#include "heed/nn/packed_rows.h"

/// What training and search see of a translation model. Shape letters as in nn/attention.h; R rows of a search: for
/// each of B sentences the same number of hypotheses, sentence by sentence.
namespace heed {

/// Where the dropout sites of a decoder begin, so that encoder layers can be added without moving them.
inline constexpr std::uint64_t kDecoderSites = 1 << 20;

/// A padded batch of source sentences.
struct SourceBatch {
  at::Tensor tokens;  ///< [B, S] int64, each sentence ended by the end mark
  at::Tensor mask;    ///< [B, S] bool, true = a token, false = padding
};

/// A batch of sentences without padding.
struct PackedTokens {
  at::Tensor tokens;  ///< [N] int64; kPad where no sentence is
  PackedRows rows;
};

/// The memory of a batch of sentences, to be read by the decoder.
struct EncodedSource {
  at::Tensor memory;  ///< [B, S, D]
  at::Tensor mask;    ///< [B, S] bool
};

/// Where a search stands; owned by the search. What belongs to a sentence is held once, never per hypothesis.
class DecoderState {
 public:
  virtual ~DecoderState() = default;
  /// Keeps the sentences `sentences` [B'] and makes new row r a copy of old row `rows`[r] ([R'], int64; a row's
  /// sentence follows from its place). When `sentences` is undefined all stay.
  virtual void reorder(const at::Tensor& rows, const at::Tensor& sentences) = 0;
};

/// Attention weights of one pass over sentences and their translations, layer by layer: [B, H, T, S] each.
struct TranslationAttention {
  std::vector<at::Tensor> encoder;  ///< source to source; none of a recurrent network
  std::vector<at::Tensor> decoder;  ///< target to target, never ahead; none of a recurrent network
  std::vector<at::Tensor> cross;    ///< target to source
};

/// What search sees: the next token's logits, step by step.
class SearchedModel {
 public:
  virtual ~SearchedModel() = default;
  /// Encodes the sentences and begins a search with `hypotheses` rows for each.
  virtual std::unique_ptr<DecoderState> start(const SourceBatch& source, std::int64_t hypotheses) = 0;
  /// Most target tokens, end mark left out, that step() can make.
  virtual std::int64_t longest_target() const = 0;
  /// Feeds the last token of every row [R] int64 and returns states [R, D], of which read_logits() makes the logits of
  /// the next one.
  virtual at::Tensor step(const at::Tensor& tokens, DecoderState& state) = 0;
  /// What is done with logits: `part` [R, columns], float32, is of tokens first_token, first_token + 1, ...; it may be
  /// written to.
  using LogitsReader = std::function<void(at::Tensor part, std::int64_t first_token)>;
  /// Hands the logits of states [R, D] over, in parts from the first token to the last.
  virtual void read_logits(const at::Tensor& states, const LogitsReader& read) = 0;
  /// Logits of some tokens alone, float32: of those `listed` [B, K] int64 for each sentence, for each of its rows [R,
  /// K]; kPad in a list gives -infinity.
  virtual at::Tensor listed_logits(const at::Tensor& states, const at::Tensor& listed) = 0;
  virtual std::int64_t target_vocabulary() const = 0;  ///< C
  virtual std::int64_t state_width() const = 0;        ///< D of step()
};

/// All logits [R, C] of states [R, D].
at::Tensor all_logits(SearchedModel& model, const at::Tensor& states);

/// What training sees besides.
class Seq2SeqModel : public torch::nn::Module, public SearchedModel {
 public:
  explicit Seq2SeqModel(const Seq2SeqOptions& given) : options(given) {}

  /// `randomness` keys the dropouts of a model in training mode (rows: those of [B, S]); nullptr = no dropout.
  virtual EncodedSource encode(const SourceBatch& source, const Randomness* randomness) = 0;
  /// All steps at once, each seeing the true tokens before it: `target` [B, T] (start mark first, padded) ->
  /// states [B, T, D] from which output_weight() makes logits.
  virtual at::Tensor decode(const EncodedSource& encoded, const at::Tensor& target, const Randomness* randomness) = 0;
  /// The same for training, without padding: source sentences (ended by the end mark) and their targets (begun by the
  /// start mark) -> states [N, D] of the targets' rows. Dropouts of a model in training mode are keyed by seed, update
  /// and the rows' places. Here by encode() and decode() on padded copies; a model may know a faster way.
  virtual at::Tensor states(const PackedTokens& source, const PackedTokens& target, std::uint64_t seed,
                            std::uint64_t update);
  /// The attention weights of such a pass, without dropout. Throws Error(usage) where the model has no attention.
  virtual TranslationAttention attention_maps(const SourceBatch& source, const at::Tensor& target) = 0;
  /// [C, D]; logits are states times its transpose.
  virtual at::Tensor output_weight() const = 0;
  /// Makes the weight copies that search in `dtype` uses (see InferenceProduct).
  virtual void prepare_inference(at::ScalarType dtype) = 0;

  const Seq2SeqOptions options;
};

/// A new model of the architecture that the options name. Throws Error(usage) as validate() does.
std::shared_ptr<Seq2SeqModel> make_seq2seq_model(const Seq2SeqOptions& options);

}  // namespace heed
