// A command line with the flags of sample and seq2seq-score, an argument a line: its settings can be written and read
// back, and what stands in them can be taken apart.
#include <string>
#include <vector>

#include "heed/base/utf8.h"
#include "heed/image/sample_options.h"
#include "heed/text/score_files.h"

#include "command_line.h"
#include "fuzz/fuzz.h"

using namespace heed;

namespace {

struct Program {
  SampleOptions sample;
  ScoreOptions score;
  Flags flags;
  Program() {
    flags.add(sample);
    flags.add(score);
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::vector<std::string> arguments = {"program"};
  for (std::string_view rest = as_text(data, size); !rest.empty();) arguments.emplace_back(take_until('\n', rest));
  std::vector<const char*> pointers;
  for (const std::string& argument : arguments) pointers.push_back(argument.c_str());
  accepts(ExitCode::usage, [&] {
    Program program, again;
    parse_command_line(static_cast<int>(pointers.size()), pointers.data(), program.flags);
    std::string written;
    const bool writable = accepts(ExitCode::usage, [&] { written = program.flags.given_toml(); });
    must(writable || !is_valid_utf8(as_text(data, size)), "settings of valid text can be written");
    must(accepts(ExitCode::usage, [&] { again.flags.read_toml(written, "config"); }), "what was written can be read");
    must(!writable || again.flags.given_toml() == written, "settings read back are the same");
    validate(program.sample);
    must(parse_classes(program.sample.label, {"cat", "dog"}).size() <= 2, "classes are known ones");
    must(!parse_seeds(program.sample.interp, "--interp").empty(), "seeds are some numbers");
  });
  return 0;
}
