// A safetensors file: what is accepted is covered by its tensors to the byte.
#include "heed/base/safetensors.h"

#include "fuzz/fuzz.h"

using namespace heed;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const MemoryFile stored(as_text(data, size));
  accepts(ExitCode::checkpoint, [&] {
    const safetensors::File file(stored.path());
    std::size_t covered = 0;
    for (const safetensors::TensorView& tensor : file.tensors()) {
      std::size_t bytes = size_of(tensor.dtype);
      for (const std::int64_t side : tensor.shape) bytes *= static_cast<std::size_t>(side);
      must(tensor.data.size() == bytes, "a tensor has the bytes that its shape needs");
      must(file.find(tensor.name) == &tensor, "a tensor is found by its name");
      covered += bytes;
    }
    std::size_t header = 0;
    for (std::size_t i = 8; i-- > 0;) header = header << 8 | data[i];
    must(8 + header + covered == size, "each byte belongs to the header or to one tensor");
  });
  return 0;
}
