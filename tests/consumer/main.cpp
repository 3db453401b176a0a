// A program outside the project: it sees what is installed and nothing else.
#include <iostream>
#include <string>
#include <vector>

#include <heed/text/bleu.h>
#include <heed/version.h>

int main() {
  const std::vector<std::string> hypotheses{"Heute kauft die alte Frau drei rote Äpfel."};
  const std::vector<std::vector<std::string>> references{{"Heute kauft die alte Frau drei rote Äpfel."}};
  std::cout << "heed " << heed::kVersion << " BLEU " << heed::corpus_bleu(hypotheses, references).score << '\n';
}
