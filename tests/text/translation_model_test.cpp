#include "heed/text/translation_model.h"

#include <ATen/ATen.h>
#include <nlohmann/json.hpp>

#include "heed/base/files.h"

#include "catch.h"
#include "errors.h"
#include "tensors.h"
#include "text_files.h"
#include "tiny_model.h"

namespace heed {
namespace {

using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;

// A model about to be written, to be spoilt by tests.
struct Draft {
  Seq2SeqOptions options;
  Subwords source, target;
  std::shared_ptr<Seq2SeqModel> network;
  safetensors::Metadata metadata;
  TensorList tensors;

  Draft(const Seq2SeqOptions& o, const Subwords& s, const Subwords& t)
      : options(o), source(s), target(t), network(make_seq2seq_model(o)), metadata(translation_metadata(o)) {}

  void add_weights(const std::string& prefix = "", double offset = 0) {
    for (const auto& parameter : network->named_parameters())
      tensors.add(prefix + parameter.key(), parameter.value() + offset);
  }
  std::string write(const TextFiles& files, const std::string& name) {
    const std::string path = files.path(name);
    AtomicFile file(path, 4);
    safetensors::write(file, tensors.views(), metadata);
    file.commit();
    return path;
  }
};

Draft whole_model() {
  const Subwords subwords = tiny_subwords();
  Draft draft(tiny_options(subwords.size()), subwords, subwords);
  draft.add_weights();
  add_subwords(draft.tensors, subwords, subwords);
  return draft;
}

std::string loading(const std::string& path) {
  return thrown([&] { load_translation_model(path); });
}

Subwords other_subwords() {
  bool more = true;
  return Subwords::train(
      [&](std::string& line) {
        line = "eins zwei drei vier fünf sechs sieben acht";
        return std::exchange(more, false);
      },
      SubwordKind::bpe, 40);
}

}  // namespace

TEST_CASE("a model file gives back the model it was made of") {
  at::manual_seed(1);
  const TextFiles files;
  const Subwords source = tiny_subwords(), target = other_subwords();
  Seq2SeqOptions options = tiny_options(source.size());
  options.target_vocab = target.size();
  options.enc_layers = 1;
  options.kv_heads = 2;
  options.activation = Activation::gelu;
  options.norm_first = false;
  options.dropout = 0.3;
  Draft draft(options, source, target);
  draft.add_weights();
  add_subwords(draft.tensors, source, target);
  const TranslationModel model = load_translation_model(draft.write(files, "m.safetensors"));
  const auto written = draft.network->named_parameters();
  REQUIRE(model.network->named_parameters().size() == written.size());
  for (const auto& parameter : written)
    CHECK(same_bits(model.network->named_parameters()[parameter.key()], parameter.value()));
  CHECK(model.network->options.kv_heads == 2);
  CHECK(model.network->options.activation == Activation::gelu);
  CHECK_FALSE(model.network->options.norm_first);
  CHECK(model.network->options.dropout == 0.3);
  CHECK_FALSE(model.network->is_training());
  CHECK(model.source == source);
  CHECK(model.target == target);
}

TEST_CASE("an LSTM or GRU comes back as it was; its file says no word of a Transformer's options") {
  at::manual_seed(1);
  const TextFiles files;
  const Subwords subwords = tiny_subwords();
  Seq2SeqOptions options = tiny_options(subwords.size());
  options.rnn_attention = RnnAttention::additive;
  options.input_feeding = false;
  for (const Arch arch : {Arch::lstm, Arch::gru}) {
    options.arch = arch;
    Draft draft(options, subwords, subwords);
    CHECK(draft.metadata["kind"] == name_of(arch));
    CHECK(nlohmann::json::parse(draft.metadata["options"]) == nlohmann::json{{"enc-layers", 2},
                                                                             {"dec-layers", 2},
                                                                             {"dim", 32},
                                                                             {"tie", "none"},
                                                                             {"dropout", 0.0},
                                                                             {"rnn-attention", "additive"},
                                                                             {"input-feeding", false},
                                                                             {"source-vocab", subwords.size()},
                                                                             {"target-vocab", subwords.size()}});
    draft.add_weights();
    add_subwords(draft.tensors, subwords, subwords);
    const TranslationModel model = load_translation_model(draft.write(files, "m.safetensors"));
    CHECK(model.network->options.arch == arch);
    CHECK(model.network->options.rnn_attention == RnnAttention::additive);
    CHECK_FALSE(model.network->options.input_feeding);
    for (const auto& parameter : draft.network->named_parameters())
      CHECK(same_bits(model.network->named_parameters()[parameter.key()], parameter.value()));
    draft.metadata["kind"] = "transformer";
    CHECK_THAT(loading(draft.write(files, "m.safetensors")), Contains("its options ask for"));
  }
}

TEST_CASE("a Transformer's file says no word of a recurrent network's options") {
  const auto options = nlohmann::json::parse(whole_model().metadata["options"]);
  CHECK(options.contains("heads"));
  for (const char* name : {"arch", "rnn-attention", "input-feeding"}) CHECK_FALSE(options.contains(name));
}

TEST_CASE("a shortlist comes back as it was; one that does not fit the vocabularies is refused") {
  const TextFiles files;
  const std::int64_t vocabulary = tiny_subwords().size();
  CHECK(load_translation_model(whole_model().write(files, "without")).shortlist.empty());
  std::vector<TokenId> table(static_cast<std::size_t>((vocabulary + 1) * 3), 7);
  table.back() = static_cast<TokenId>(vocabulary - 1);
  Draft draft = whole_model();
  add_shortlist(draft.tensors, Shortlist(table, 3, vocabulary, vocabulary));
  const TranslationModel loaded = load_translation_model(draft.write(files, "with"));
  CHECK(loaded.shortlist.table() == table);
  CHECK(loaded.shortlist.width() == 3);

  const auto with = [&](const at::Tensor& tensor) {
    Draft bad = whole_model();
    bad.tensors.add("shortlist", tensor);
    return loading(bad.write(files, "bad"));
  };
  const std::string where = "4: " + files.path("bad") + " (shortlist): ";
  const at::Tensor good = at::full({vocabulary + 1, 3}, 7, at::kInt);
  CHECK(with(good) == "nothing");
  CHECK(with(good.flatten()) == where + "not a table of token numbers");
  CHECK(with(good.to(at::kLong)) == where + "not a table of token numbers");
  CHECK(with(good + vocabulary) == where + "a shortlist has a token that the target vocabulary has not");
  CHECK(with(-good) == where + "a shortlist has a token that the target vocabulary has not");
  CHECK(with(good.narrow(0, 0, vocabulary - 1)) == where + "a shortlist needs a row for each source token");
  CHECK(with(good.narrow(1, 0, 0)) == where + "a shortlist needs a row for each source token");
}

TEST_CASE("one vocabulary for both sides is stored once") {
  const TextFiles files;
  const safetensors::File file(whole_model().write(files, "m.safetensors"));
  CHECK(file.find("subwords.source") != nullptr);
  CHECK(file.find("subwords.target") == nullptr);
  const auto [source, target] = read_subwords(file);
  CHECK(source == target);
}

TEST_CASE("a directory gives its best, else its last; averaged weights come first") {
  at::manual_seed(2);
  const TextFiles files;
  const auto first_weight = [&] {
    return load_translation_model(files.path(""))
        .network->named_parameters()["source_embedding.weight"][5][0]
        .item<float>();
  };
  CHECK_THAT(loading(files.path("")), Contains("4: ") && Contains("no best.safetensors or last.safetensors"));
  Draft last = whole_model();
  last.write(files, "last.safetensors");
  const float plain = last.network->named_parameters()["source_embedding.weight"][5][0].item<float>();
  CHECK(first_weight() == plain);
  last.add_weights("ema.", 1);
  last.tensors.add("optim.m.some", at::zeros({3}));
  last.write(files, "last.safetensors");
  CHECK(first_weight() == plain + 1);
  Draft best = whole_model();
  best.write(files, "best.safetensors");
  CHECK(first_weight() == best.network->named_parameters()["source_embedding.weight"][5][0].item<float>());
}

TEST_CASE("what is no translation model is refused by name") {
  const TextFiles files;
  CHECK(loading(files.path("none")) == "4: " + files.path("none") + ": no such model directory or file");
  CHECK_THAT(loading(files.write("text", "no tensors at all, though long enough to have a header")),
             Contains("4: " + files.path("text")));
  const auto with = [&](const std::string& key, const std::string& value) {
    Draft draft = whole_model();
    draft.metadata[key] = value;
    return loading(draft.write(files, "m"));
  };
  const std::string where = "4: " + files.path("m") + ": ";
  CHECK(with("format", "pt") == where + "not a heed model (a safetensors file of another program?)");
  CHECK(with("format_version", "99") ==
        where + "format version '99', but this heed reads version 1: use the heed that wrote it, or a newer one");
  CHECK(with("kind", "attention-gan") ==
        where + "holds a model of kind 'attention-gan', not a translation model; `sample` opens it");
  CHECK(with("kind", "bird") == where + "holds a model of kind 'bird', not a translation model");
  CHECK(with("options", "{") == where + "the options inside are not JSON");
  CHECK(with("options", "[]") == where + "the options inside are not JSON");
  CHECK(with("options", "{}") == where + "option 'source-vocab' is missing");
}

TEST_CASE("options that do not fit the weights are refused before anything is built") {
  const TextFiles files;
  const auto with = [&](const std::string& key, const nlohmann::json& value) {
    Draft draft = whole_model();
    auto options = nlohmann::json::parse(draft.metadata["options"]);
    options[key] = value;
    draft.metadata["options"] = options.dump();
    return loading(draft.write(files, "m"));
  };
  const std::string where = "4: " + files.path("m") + ": ";
  // 65,536 wide feed-forward parts and a thousand layers: building that would take terabytes.
  CHECK_THAT(with("enc-layers", 1000), Contains("its options ask for ") && Contains(" weights, but it holds "));
  CHECK_THAT(with("ffn-dim", 1 << 20), Contains("its options ask for ") && Contains(" weights, but it holds "));
  CHECK_THAT(with("target-vocab", 10'000'000), Contains("its options ask for ") && Contains(" weights, but it holds "));
  CHECK_THAT(with("dec-layers", 1), Contains("its options ask for ") && Contains(" weights, but it holds "));
  CHECK(with("heads", 3) ==
        where +
            "dim 32 is not a multiple of heads 3: choose another number of heads, or say the width of a head with "
            "--head-dim");
  CHECK(with("dim", -1) == where + "dim must be 1 to 65536, not -1");
  CHECK(with("dim", "wide") == where + "option 'dim' is not a whole number of 64 bits");
  CHECK(with("tie", "some") == where + "option 'tie' is not one of the known names ('some')");
  CHECK(with("wings", 2) == where + "unknown option 'wings' (written by a newer heed?)");
}

TEST_CASE("missing, misshapen and foreign tensors are named") {
  at::manual_seed(3);
  const TextFiles files;
  const Subwords subwords = tiny_subwords();
  const Seq2SeqOptions options = tiny_options(subwords.size());
  const std::string where = "4: " + files.path("m") + ": ";
  // The numbers in the file still add up in all of these.
  const auto with = [&](const std::string& name, const std::string& new_name, std::vector<std::int64_t> shape) {
    Draft draft(options, subwords, subwords);
    for (const auto& parameter : draft.network->named_parameters())
      if (parameter.key() == name)
        draft.tensors.add(new_name, parameter.value().view(shape));
      else
        draft.tensors.add(parameter.key(), parameter.value());
    add_subwords(draft.tensors, subwords, subwords);
    return loading(draft.write(files, "m"));
  };
  CHECK(with("encoder_norm.bias", "encoder_norm.bias", {32}) == "nothing");
  CHECK(with("encoder_norm.bias", "elsewhere", {32}) == where + "the weights 'encoder_norm.bias' are missing");
  CHECK(with("encoder.1.feed_forward.expand.weight", "encoder.1.feed_forward.expand.weight", {32, 64}) ==
        where + "'encoder.1.feed_forward.expand.weight' is F32 [32, 64], expected F32 [64, 32]");

  Draft without_subwords(options, subwords, subwords);
  without_subwords.add_weights();
  CHECK(loading(without_subwords.write(files, "m")) == where + "no subword model 'subwords.source' inside");

  Draft with_others(options, subwords, subwords);
  with_others.add_weights();
  const Subwords others = other_subwords();
  REQUIRE(others.size() != subwords.size());
  add_subwords(with_others.tensors, others, others);
  CHECK_THAT(loading(with_others.write(files, "m")),
             Contains("its vocabularies have " + std::to_string(others.size())));
}

TEST_CASE("a flipped bit is found, unless one asks not to look") {
  at::manual_seed(4);
  const TextFiles files;
  const std::string path = whole_model().write(files, "m.safetensors");
  std::string bytes = files.read("m.safetensors");
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  files.write("m.safetensors", bytes);
  CHECK_THAT(loading(path), Contains("4: " + path) && Contains("checksum"));
  CHECK_NOTHROW(load_translation_model(path, /*verify=*/false));
}

TEST_CASE("tensors of every stored type come back as they were") {
  const TextFiles files;
  const std::vector<at::Tensor> given = {
      at::randn({2, 3}),        at::randn({4}).to(at::kDouble), at::randn({2, 2, 2}).to(at::kBFloat16),
      at::arange(5, at::kLong), at::arange(3, at::kByte),       at::zeros({0, 4}),
      at::randn({3, 4}).t()};
  {
    TensorList tensors;
    for (std::size_t i = 0; i < given.size(); ++i) tensors.add(std::to_string(i), given[i]);
    AtomicFile file(files.path("t"), 4);
    safetensors::write(file, tensors.views(), {});
    file.commit();
  }
  const safetensors::File file(files.path("t"));
  for (std::size_t i = 0; i < given.size(); ++i)
    CHECK(same_bits(to_tensor(*file.find(std::to_string(i))), given[i].contiguous()));
}

}  // namespace heed
