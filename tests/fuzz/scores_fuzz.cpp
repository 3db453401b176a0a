// BLEU and chrF of any texts: from 0 to 100, and 100 for what equals its reference.
#include <string>
#include <vector>

#include "heed/text/bleu.h"
#include "heed/text/chrf.h"

#include "fuzz/fuzz.h"

using namespace heed;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const unsigned choice = data[0];
  std::string_view rest = as_text(data + 1, size - 1);
  std::vector<std::string> hypotheses, references;
  while (!rest.empty()) {
    hypotheses.emplace_back(take_until('\n', rest));
    references.emplace_back(take_until('\n', rest));
  }
  const BleuOptions bleu{.tokenizer = static_cast<BleuTokenizer>(choice % 4), .lowercase = (choice & 4) != 0};
  const ChrfOptions chrf{.char_order = 1 + (choice >> 3) % 6, .word_order = (choice >> 6) % 3, .beta = 1 + choice % 3};
  const auto within = [](double score) { must(score >= 0 && score <= 100 + 1e-9, "scores are 0 to 100"); };
  accepts(ExitCode::data, [&] {
    const std::vector<std::vector<std::string>> others = {references}, same = {hypotheses},
                                                both = {references, hypotheses};
    const BleuScore own = corpus_bleu(hypotheses, same, bleu);
    const double own_chrf = corpus_chrf(hypotheses, same, chrf).score,
                 one = corpus_chrf(hypotheses, others, chrf).score;
    within(corpus_bleu(hypotheses, others, bleu).score);
    within(corpus_bleu(hypotheses, both, bleu).score);
    within(one);
    must(own.hypothesis_length < 4 * std::ssize(hypotheses) || own.score > 99.999,
         "BLEU of a text with four words in a row is 100 against itself");
    must(own_chrf == 0 || own_chrf > 99.999, "chrF of a text is 100 against itself, of nothing 0");
    must(corpus_chrf(hypotheses, both, chrf).score >= one - 1e-9, "another reference never harms chrF");
  });
  return 0;
}
