#include "flags.h"

#include "catch.h"
#include "command_line.h"
#include "help.h"
#include "spelling.h"

namespace {

enum class Tie { none, output, all };
std::span<const std::string_view> enum_names(Tie) {
  static constexpr std::string_view names[] = {"none", "output", "all"};
  return names;
}

struct Sample {
  bool shared_vocab = true;
  bool stats = false;
  std::int64_t batch_tokens = 4096;
  double lr = 1e-3;
  std::string max_time;
  std::vector<std::string> train_src;
  Tie tie = Tie::all;
};

template <heed::OptionsOf<Sample> Options, class Visitor>
void visit_fields(Options& options, Visitor&& visit) {
  visit("shared-vocab", options.shared_vocab, "one vocabulary for both languages");
  visit("stats", options.stats, "end with a line of statistics");
  visit("batch-tokens", options.batch_tokens, "tokens a batch");
  visit("lr", options.lr, "peak rate");
  visit("max-time", options.max_time, "stop after this long");
  visit("train-src", options.train_src, "training text");
  visit("tie", options.tie, "which embeddings are one");
}

struct Device {
  std::string device = "auto";
};

template <heed::OptionsOf<Device> Options, class Visitor>
void visit_fields(Options& options, Visitor&& visit) {
  visit("device", options.device, "where to compute");
}

/// A program with the sample's flags, given a command line.
struct Program {
  Sample sample;
  heed::Flags flags;

  Program() { flags.add(sample); }

  Program& operator()(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "program");
    heed::parse_command_line(static_cast<int>(arguments.size()), arguments.data(), flags);
    return *this;
  }
};

std::string failure_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const heed::Error& error) {
    CHECK(error.code() == heed::ExitCode::usage);
    return error.what();
  }
  return "no error";
}

std::string command_failure(std::vector<const char*> arguments) {
  return failure_of([&] { Program()(arguments); });
}

std::string file_failure(const std::string& text) {
  return failure_of([&] { Program().flags.read_toml(text, "run.toml"); });
}

}  // namespace

TEST_CASE("flags set fields of every type") {
  Program program;
  program({"--no-shared-vocab", "--stats", "--batch-tokens=4k", "--lr", "3e-4", "--max-time", "10m", "--train-src", "a",
           "b c", "--tie", "output", "--train-src", "d"});
  CHECK_FALSE(program.sample.shared_vocab);
  CHECK(program.sample.stats);
  CHECK(program.sample.batch_tokens == 4000);
  CHECK(program.sample.lr == 3e-4);
  CHECK(program.sample.max_time == "10m");
  CHECK(program.sample.train_src == std::vector<std::string>{"a", "b c", "d"});
  CHECK(program.sample.tie == Tie::output);
  CHECK(program.flags.given().size() == 7);
}

TEST_CASE("what is not given keeps its default and is not reported as given") {
  Program program;
  program({"--lr", "1"});
  CHECK(program.sample.batch_tokens == 4096);
  CHECK(program.sample.shared_vocab);
  CHECK(program.flags.given() == std::set<std::string>{"lr"});
}

TEST_CASE("the last of a repeated flag counts") {
  Program program;
  program({"--lr", "1", "--stats", "--lr", "2", "--no-stats"});
  CHECK(program.sample.lr == 2);
  CHECK_FALSE(program.sample.stats);
}

TEST_CASE("a value may be empty, start with a dash or hold an equals sign") {
  Program program;
  program({"--max-time=", "--train-src=--odd=name", "-", "--lr=-1"});
  CHECK(program.sample.max_time.empty());
  CHECK(program.flags.given().contains("max-time"));
  CHECK(program.sample.train_src == std::vector<std::string>{"--odd=name", "-"});
  CHECK(program.sample.lr == -1);
}

TEST_CASE("underscores and the names of other tools are understood") {
  Program program;
  program({"--train_src", "a", "--max_tokens", "100", "--learning-rate=2", "--minutes", "5"});
  CHECK(program.sample.train_src == std::vector<std::string>{"a"});
  CHECK(program.sample.batch_tokens == 100);
  CHECK(program.sample.lr == 2);
  CHECK(program.sample.max_time == "5m");
  program({"--stop-time-hours=1.5"});
  CHECK(program.sample.max_time == "1.5h");
}

TEST_CASE("wrong command lines are refused with a hint") {
  CHECK(command_failure({"--batch-tokenz", "1"}).find("did you mean --batch-tokens?") != std::string::npos);
  CHECK(command_failure({"--no-share-vocab"}).find("did you mean --no-shared-vocab?") != std::string::npos);
  CHECK(command_failure({"--batch"}).find("did you mean --batch-tokens?") != std::string::npos);
  CHECK(command_failure({"--batch-size", "64"}).find("counted in tokens") != std::string::npos);
  CHECK(command_failure({"--xyzzy"}) == "unknown flag --xyzzy; --help lists all flags");
  CHECK(command_failure({"--lr"}).find("--lr") != std::string::npos);
  CHECK(command_failure({"--lr", "fast"}) == "--lr: 'fast' is not a number");
  CHECK(command_failure({"--lr", "inf"}) == "--lr: 'inf' is not a number");
  CHECK(command_failure({"--lr", "1x"}) == "--lr: '1x' is not a number");
  CHECK(command_failure({"--batch-tokens", "many"}).find("--batch-tokens: ") == 0);
  CHECK(command_failure({"--tie", "most"}) == "--tie: 'most' is not one of none,output,all");
  CHECK(command_failure({"--train-src", "a", "--"}) == "no error");
  CHECK(command_failure({"--train-src", "a", "--", "b"}).find("unexpected word 'b'") == 0);
  CHECK(command_failure({"stray"}) == "unexpected word 'stray': a value stands behind its flag; see --help");
}

TEST_CASE("names of other tools that stand for a value are switches themselves") {
  Device options;
  const auto flags_of = [&] {
    options = {};
    heed::Flags flags;
    flags.add(options);
    return flags;
  };
  const auto read = [&](const std::string& text) {
    heed::Flags flags = flags_of();
    flags.read_toml(text, "run.toml");
    return options.device;
  };
  const auto parse = [&](const char* argument) {
    heed::Flags flags = flags_of();
    const char* arguments[] = {"program", argument};
    heed::parse_command_line(2, arguments, flags);
    return options.device;
  };
  CHECK(read("cpu = true") == "cpu");
  CHECK(read("cpu = false") == "auto");
  CHECK(failure_of([&] { read("cpu = []"); }) == "run.toml:1: cpu: expected one value, got 0");
  CHECK(failure_of([&] { read("cpu = [true, false]"); }) == "run.toml:1: cpu: expected one value, got 2");
  CHECK(failure_of([&] { read("cpu = 1"); }) == "run.toml:1: cpu: '1' is neither true nor false");
  CHECK(parse("--cpu") == "cpu");
  CHECK(parse("--cpu=true") == "cpu");
  CHECK(parse("--cpu=false") == "auto");
  CHECK(failure_of([&] { parse("--cpu=1"); }) == "--cpu: '1' is neither true nor false");
}

TEST_CASE("what is far, or means the opposite, is not suggested") {
  CHECK(command_failure({"--stat", "x"}).find("did you mean --stats?") != std::string::npos);
  CHECK(command_failure({"--lt"}).find("did you mean --lr?") != std::string::npos);
  CHECK(command_failure({"--stie"}).find("did you mean --tie?") != std::string::npos);
  CHECK(command_failure({"--ktix"}).find("did you mean") == std::string::npos);  // half of it is not in --tie
  CHECK(command_failure({"--share-vocabs"}).find("did you mean --shared-vocab?") != std::string::npos);
  CHECK(command_failure({"--xy"}).find("did you mean") == std::string::npos);
  CHECK(file_failure("no-stats = true") == "run.toml:1: unknown key 'no-stats' (write stats = false)");
  CHECK(file_failure("no-statz = true") == "run.toml:1: unknown key 'no-statz'");
}

TEST_CASE("a settings file sets what the command line did not") {
  Program program;
  program({"--lr", "2"});
  program.flags.read_toml(
      "lr = 1\nmax_tokens = \"2k\"\ntie = 'none'\nstats = true\ntrain-src = [\"a\", \"b\"]\nminutes = 3", "run.toml");
  CHECK(program.sample.lr == 2);
  CHECK(program.sample.batch_tokens == 2000);
  CHECK(program.sample.tie == Tie::none);
  CHECK(program.sample.stats);
  CHECK(program.sample.train_src == std::vector<std::string>{"a", "b"});
  CHECK(program.sample.max_time == "3m");
  CHECK(program.flags.given().size() == 6);
}

TEST_CASE("settings files are checked with their line") {
  CHECK(file_failure("\nbatch-tokenz = 1") == "run.toml:2: unknown key 'batch-tokenz' (did you mean batch-tokens?)");
  CHECK(file_failure("lr = \"fast\"") == "run.toml:1: lr: 'fast' is not a number");
  CHECK(file_failure("lr = [1, 2]") == "run.toml:1: lr: expected one value, got 2");
  CHECK(file_failure("stats = 1") == "run.toml:1: stats: '1' is neither true nor false");
  CHECK(file_failure("batch-tokens = 1\nmax_tokens = 2").find("run.toml:2: 'batch-tokens' is set a second time") == 0);
}

TEST_CASE("the settings of a run read back, all of them given") {
  Program program;
  program({"--no-shared-vocab", "--lr", "0.1", "--train-src", "a \"b\"", "c", "--tie", "none"});
  Program again;
  again.flags.read_toml(program.flags.resolved_toml(), "run.toml");
  CHECK(again.flags.resolved_toml() == program.flags.resolved_toml());
  CHECK(again.sample.lr == 0.1);
  CHECK(again.sample.train_src == std::vector<std::string>{"a \"b\"", "c"});
  CHECK(again.flags.given().size() == again.flags.all().size());
}

TEST_CASE("dumped settings leave to presets what nobody set") {
  Program program;
  program({"--lr", "0.001"});          // the default's value, but given
  program.sample.batch_tokens = 1000;  // as a preset does
  Program again;
  again.flags.read_toml(program.flags.given_toml(), "run.toml");
  CHECK(again.flags.given() == std::set<std::string>{"lr", "batch-tokens"});
  CHECK(again.sample.batch_tokens == 1000);
  CHECK(program.flags.given_toml().find("# tie = \"all\"") != std::string::npos);
}

TEST_CASE("required flags are asked for by name") {
  Program program;
  program.flags.require({"train-src", "max-time"});
  CHECK(failure_of([&] { program.flags.check_required(); }) ==
        "missing --max-time TIME, --train-src FILE... (see --help for an example)");
  program({"--train-src", "a", "--max-time", "1h"});
  CHECK(failure_of([&] { program.flags.check_required(); }) == "no error");
}

TEST_CASE("help shows groups, values and defaults") {
  Program program;  // whose flags were added under "Options"
  program.flags.group("Data", {"train-src"});
  program.flags.group("Model", {"tie", "shared-vocab"});
  program.flags.require({"train-src"});
  const std::string help = heed::help_text(
      {.name = "program", .description = "Does things.", .example = "program --train-src a"}, program.flags);
  CHECK(help.find("Usage: program --train-src FILE... [OPTIONS]\nExample: program --train-src a\n\nDoes things.\n") ==
        0);
  CHECK(help.find("\nData:\n      --train-src FILE...") < help.find("\nModel:\n      --tie {none,output,all}"));
  CHECK(help.find("\nModel:\n") < help.find("\nOptions:\n"));
  CHECK(help.find("--[no-]shared-vocab") != std::string::npos);
  CHECK(help.find("tokens a batch [4096]") != std::string::npos);
  CHECK(help.find("training text (required)") != std::string::npos);
}
