// Calls a fuzz target with each file of the folders that are named.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <vector>

#include "heed/base/files.h"

#include "fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int main(int count, char** folders) {
  std::size_t replayed = 0;
  for (int i = 1; i < count; ++i) {
    for (const auto& entry : std::filesystem::directory_iterator(folders[i])) {
      const std::string input = heed::read_file(entry.path());
      std::fprintf(stderr, "%s\n", entry.path().c_str());
      // A copy of just this size: what is read beyond it is found.
      const std::vector<std::uint8_t> bytes(input.begin(), input.end());
      LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
      ++replayed;
    }
  }
  std::printf("replayed %zu inputs\n", replayed);
  heed::must(replayed > 0, "there are inputs to replay");
}
