// A program outside the project: it sees what is installed and nothing else. `consumer MODEL LINE` translates a line.
#include <iostream>
#include <string>

#include <heed/base/error.h>
#include <heed/text/translator.h>
#include <heed/version.h>

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cout << "heed " << heed::kVersion << '\n';
    return 0;
  }
  try {
    heed::Translator translator(argv[1]);
    std::cout << translator.translate(argv[2]) << '\n';
  } catch (const heed::Error& error) {
    std::cerr << error.what() << '\n';
    return static_cast<int>(error.code());
  }
}
