#include <filesystem>
#include <initializer_list>
#include <limits>
#include <string>
#include <utility>

#include <ATen/ATen.h>

#include "heed/base/fields_json.h"
#include "heed/base/log.h"
#include "heed/train/non_finite.h"
#include "heed/train/seq2seq_checkpoint.h"

#include "catch.h"
#include "tensors.h"
#include "text/errors.h"
#include "text/text_files.h"
#include "text/tiny_model.h"

namespace heed {
namespace {

using Catch::Matchers::Contains;

// A run somewhere in the middle: every number in it is its own.
struct Run {
  Subwords subwords = tiny_subwords();
  Seq2SeqOptions options = tiny_options(subwords.size());
  Transformer network{options}, average_network{options};
  FlatParameters parameters{*network}, average{*average_network, /*with_gradients=*/false};
  Adam adam{parameters, {}};
  RecentWeights recent;
  Seq2SeqState state;
  std::string train_options = R"({"lr": 0.5})";
  Shortlist shortlist{std::vector<TokenId>(static_cast<std::size_t>(2 * subwords.size()), 5), 2, subwords.size(),
                      subwords.size()};

  explicit Run(std::int64_t update) {
    for (const at::Tensor& numbers : {parameters.values, average.values, adam.first_moment, adam.second_moment}) {
      const at::NoGradGuard no_grad;
      at::Tensor(numbers).normal_();
    }
    state.update = update;
    state.seconds = 1.0 / 3;
    state.lr_scale = 0.25;
    state.rollbacks = 2;
    state.skipped = 4;
    state.non_finite_in_a_row = 1;
    state.metrics_rows = 9;
    state.threads = 2;
    state.precision = "bf16";
    state.data = "a fingerprint";
    state.epoch = 3;
    state.sentence = 12345;
    state.has_best = true;
    state.best_score = 37.123456789012345;
    state.best_update = 7;
    state.has_regular_best = true;
    state.regular_best = -0.1;
    state.validations_without_better = 5;
    state.row_loss = 1e-300;
    state.row_tokens = 77;
  }
  Seq2SeqRun content(bool with_average = true) const {
    return {.network = options,
            .source = subwords,
            .target = subwords,
            .shortlist = shortlist,
            .train_options = train_options,
            .parameters = parameters,
            .average = with_average ? &average : nullptr,
            .recent = recent,
            .adam = adam,
            .state = state};
  }
};

void flip_a_bit(const std::filesystem::path& path) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  const auto middle = static_cast<std::streamoff>(std::filesystem::file_size(path) / 2);
  file.seekg(middle);
  const char byte = static_cast<char>(file.get() ^ 1);
  file.seekp(middle);
  file.put(byte);
}

}  // namespace

TEST_CASE("a saved run comes back to the bit") {
  at::manual_seed(1);
  const TextFiles files;
  const std::filesystem::path directory = files.path("");
  Run saved(100);
  save_last(directory, to_go_on(saved.content()));

  const auto run = open_last_seq2seq(directory);
  REQUIRE(run.has_value());
  const auto state = read_state<Seq2SeqState>(*run);
  CHECK(fields_to_json(state).dump() == fields_to_json(saved.state).dump());
  CHECK(state.seconds == saved.state.seconds);
  CHECK(state.best_score == saved.state.best_score);
  CHECK(run->metadata("train_options") == saved.train_options);
  CHECK(model_options(*run).dim == saved.options.dim);
  CHECK(read_subwords(*run).first == saved.subwords);
  CHECK(read_shortlist(*run, saved.options).table() == saved.shortlist.table());
  Run fresh(0);
  read_tensors(*run, fresh.parameters, &fresh.average, fresh.adam);
  CHECK(same_bits(fresh.parameters.values, saved.parameters.values));
  CHECK(same_bits(fresh.average.values, saved.average.values));
  CHECK(same_bits(fresh.adam.first_moment, saved.adam.first_moment));
  CHECK(same_bits(fresh.adam.second_moment, saved.adam.second_moment));
  CHECK(same_bits(fresh.network->output->weight, saved.network->output->weight));

  // The same content gives the same bytes: no clock, no address is in the file.
  const std::string bytes = files.read("last.safetensors");
  save_last(directory, to_go_on(saved.content()));
  CHECK((files.read("last.safetensors") == bytes));
}

TEST_CASE("weights at validations before come back in their order, and are no weights of the model") {
  at::manual_seed(4);
  const TextFiles files;
  const std::filesystem::path directory = files.path("");
  Run saved(5);
  for (int i = 0; i < 3; ++i) saved.recent.push_back(at::randn_like(saved.parameters.values));
  save_last(directory, to_go_on(saved.content()));
  const auto run = open_last_seq2seq(directory);
  const RecentWeights all = read_recent(*run, saved.parameters, 9), newest = read_recent(*run, saved.parameters, 2);
  REQUIRE(all.size() == 3);
  REQUIRE(newest.size() == 2);
  for (std::size_t i = 0; i < 3; ++i) CHECK(same_bits(all[i], saved.recent[i]));
  for (std::size_t i = 0; i < 2; ++i) CHECK(same_bits(newest[i], saved.recent[i + 1]));
  CHECK(model_options(*run).dim == saved.options.dim);

  save_best(directory, to_translate(saved.content(), saved.average));
  CHECK(read_recent(safetensors::File(directory / "best.safetensors"), saved.parameters, 9).empty());
}

TEST_CASE("without an average the weights stand in for it") {
  at::manual_seed(2);
  const TextFiles files;
  const std::filesystem::path directory = files.path("");
  Run saved(5), fresh(0);
  save_last(directory, to_go_on(saved.content(/*with_average=*/false)));
  const auto run = open_last_seq2seq(directory);
  read_tensors(*run, fresh.parameters, nullptr, fresh.adam);
  CHECK(same_bits(fresh.parameters.values, saved.parameters.values));
  read_tensors(*run, fresh.parameters, &fresh.average, fresh.adam);
  CHECK(same_bits(fresh.average.values, saved.parameters.values));
}

TEST_CASE("best holds the weights given, under the plain names, and nothing of the optimizer") {
  at::manual_seed(3);
  const TextFiles files;
  const std::filesystem::path directory = files.path("");
  Run run(8);
  save_best(directory, to_translate(run.content(), run.average));
  const TranslationModel model = load_translation_model(directory);
  CHECK(same_bits(model.network->output_weight(), run.average_network->output->weight));
  CHECK(model.source == run.subwords);
  const safetensors::File file(directory / "best.safetensors");
  for (const auto& tensor : file.tensors())
    CHECK_FALSE((tensor.name.starts_with("optim.") || tensor.name.starts_with("ema.")));
  CHECK(file.metadata("update") == "8");
  save_last(directory, to_go_on(run.content()));
  CHECK(same_bits(load_translation_model(directory / "last.safetensors").network->output_weight(),
                  run.average_network->output->weight));
}

TEST_CASE("the state before the last is kept, and used with a warning when the last is damaged") {
  at::manual_seed(4);
  const TextFiles files;
  const std::filesystem::path directory = files.path("run");
  std::filesystem::create_directory(directory);
  log::also_to_file(files.path("log"));
  CHECK_FALSE(open_last_seq2seq(directory).has_value());
  save_last(directory, to_go_on(Run(10).content()));
  CHECK_FALSE(std::filesystem::exists(directory / "last.1.safetensors"));
  save_last(directory, to_go_on(Run(20).content()));
  CHECK(read_state<Seq2SeqState>(*open_last_seq2seq(directory)).update == 20);
  CHECK_THAT(files.read("log"), !Contains("going on from"));

  flip_a_bit(directory / "last.safetensors");
  CHECK(read_state<Seq2SeqState>(*open_last_seq2seq(directory)).update == 10);
  CHECK_THAT(files.read("log"), Contains((directory / "last.safetensors").string()) && Contains("checksum") &&
                                    Contains("going on from " + (directory / "last.1.safetensors").string()));
  std::filesystem::remove(directory / "last.safetensors");
  CHECK(read_state<Seq2SeqState>(*open_last_seq2seq(directory)).update == 10);
  CHECK_THAT(files.read("log"), Contains("last.safetensors: is missing"));

  // Saving over a damaged one does not lose the good one's content to it forever.
  save_last(directory, to_go_on(Run(30).content()));
  CHECK(read_state<Seq2SeqState>(*open_last_seq2seq(directory)).update == 30);

  flip_a_bit(directory / "last.safetensors");
  flip_a_bit(directory / "last.1.safetensors");
  CHECK_THAT(thrown([&] { open_last_seq2seq(directory); }),
             Contains("4: ") && Contains("/last.safetensors") && Contains("/last.1.safetensors") &&
                 Contains("No state to go on from") && Contains("--restart"));
}

TEST_CASE("a file of another kind is no state to go on from") {
  const TextFiles files;
  const std::filesystem::path directory = files.path("");
  AtomicFile file(directory / "last.safetensors", 4);
  safetensors::write(file, {}, {{"format", "heed"}, {"format_version", "1"}, {"kind", "attention-gan"}});
  file.commit();
  CHECK_THAT(thrown([&] { open_last_seq2seq(directory); }), Contains("4: ") && Contains("kind 'attention-gan'"));
}

TEST_CASE("a whole state of a newer heed is never given up for the one before") {
  at::manual_seed(7);
  const TextFiles files;
  const std::filesystem::path directory = files.path("");
  save_last(directory, to_go_on(Run(10).content()));
  Run run(20);
  Checkpoint newer = to_go_on(run.content());
  const auto refusal = [&] {
    save_last(directory, newer);
    const std::string last = files.read("last.safetensors"), previous = files.read("last.1.safetensors");
    const std::string message = thrown([&] { open_last_seq2seq(directory); });
    CHECK((files.read("last.safetensors") == last));
    CHECK((files.read("last.1.safetensors") == previous));
    save_last(directory, to_go_on(Run(10).content()));
    return message;
  };
  newer.metadata["format_version"] = "2";
  CHECK_THAT(refusal(), Contains("4: ") && Contains("/last.safetensors: format version '2'") && Contains("--restart"));
  newer = to_go_on(run.content());
  newer.metadata["state"] = R"({"update":20,"mood":"good"})";
  CHECK_THAT(refusal(), Contains("4: ") && Contains("unknown option 'mood' (written by a newer heed?)"));
}

TEST_CASE("numbers that no run comes to are refused by file and field") {
  const TextFiles files;
  const std::filesystem::path directory = files.path("");
  Run run(20);
  Checkpoint changed = to_go_on(run.content());
  const auto refusal = [&](const char* field, const nlohmann::json& value) {
    auto state = fields_to_json(run.state);
    state[field] = value;
    changed.metadata["state"] = state.dump();
    save_last(directory, changed);
    return thrown([&] { open_last_seq2seq(directory); });
  };
  using Cases = std::initializer_list<std::pair<const char*, nlohmann::json>>;
  for (const auto& [field, value] : Cases{{"update", -1},
                                          {"update", kMostCounted + 1},
                                          {"row-tokens", std::numeric_limits<std::int64_t>::max()},
                                          {"validated-update", -2},
                                          {"seconds", -0.5},
                                          {"seconds", 1e16},
                                          {"lr-scale", 0},
                                          {"lr-scale", 1.5}})
    CHECK_THAT(refusal(field, value),
               Contains("4: ") && Contains("last.safetensors (state): option '" + std::string(field) + "' is not "));
  for (const auto& [field, value] :
       Cases{{"update", kMostCounted}, {"validated-update", -1}, {"seconds", 0}, {"lr-scale", 1}})
    CHECK(refusal(field, value) == "nothing");
}

TEST_CASE("a model without a state to go on from is not replaced by a new run") {
  const TextFiles files;
  const std::filesystem::path directory = files.path("run");
  std::filesystem::create_directory(directory);
  refuse_lone_best(directory, "--init-from");
  Run run(1);
  save_best(directory, to_translate(run.content(), run.average));
  CHECK(thrown([&] { refuse_lone_best(directory, "--init-from"); }) ==
        "4: " + directory.string() +
            " holds a model (best.safetensors) but no state to go on from: choose another --model, start from it with "
            "--init-from " +
            directory.string() + ", or say --restart");
  save_last(directory, to_go_on(run.content()));
  refuse_lone_best(directory, "--init-from");
  std::filesystem::rename(directory / "last.safetensors", directory / "last.1.safetensors");
  refuse_lone_best(directory, "--init-from");
}

TEST_CASE("going back ends the row of updates that are not finite") {
  RunState good, failed;
  good.non_finite_in_a_row = 3;
  good.data = "old text";
  failed.lr_scale = 0.25;
  failed.rollbacks = 2;
  failed.skipped = 14;
  failed.non_finite_in_a_row = 10;
  failed.data = "new text";
  note_roll_back(good, failed);
  CHECK(good.non_finite_in_a_row == 0);
  CHECK(good.rollbacks == 3);
  CHECK(good.skipped == 14);
  CHECK(good.lr_scale == 0.125);
  CHECK(good.data == "new text");
}

TEST_CASE("tensors of another shape are refused by name") {
  at::manual_seed(5);
  const TextFiles files;
  const std::filesystem::path directory = files.path("");
  Run saved(1);
  save_last(directory, to_go_on(saved.content()));
  Seq2SeqOptions wider = saved.options;
  wider.ffn_dim = 70;
  Transformer network(wider);
  FlatParameters parameters(*network);
  Adam adam(parameters, {});
  CHECK_THAT(
      thrown([&] { read_tensors(*open_last_seq2seq(directory), parameters, nullptr, adam); }),
      Contains("4: ") && Contains("'encoder.0.feed_forward.expand.weight' is F32 [64, 32], expected F32 [70, 32]"));
}

TEST_CASE("a save that fails leaves what was there") {
  at::manual_seed(6);
  const TextFiles files;
  const std::filesystem::path directory = files.path("run");
  Run run(1);
  CHECK_THAT(thrown([&] { save_last(directory, to_go_on(run.content())); }), Contains("4: ") && Contains("run/"));
  CHECK_FALSE(std::filesystem::exists(directory));
}

}  // namespace heed
