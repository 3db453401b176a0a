#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <map>
#include <mutex>

#include <c10/core/Allocator.h>
#include <c10/util/Exception.h>

namespace heed {

/// While it lives, all of LibTorch's tensors on the CPU have so many bytes at a time; what asks for more fails as
/// LibTorch's own allocator does. One at a time, made while no tensor is that outlives it.
class LimitedMemory : public c10::Allocator {
 public:
  LimitedMemory() : real_(c10::GetAllocator(c10::kCPU)) {
    in_use = peak = refused = 0;
    c10::SetAllocator(c10::kCPU, this, kAboveAll);
  }
  ~LimitedMemory() override { c10::SetAllocator(c10::kCPU, real_, kAboveAll); }
  LimitedMemory(const LimitedMemory&) = delete;
  LimitedMemory& operator=(const LimitedMemory&) = delete;

  inline static std::atomic<std::int64_t> limit = std::numeric_limits<std::int64_t>::max();
  inline static std::atomic<std::int64_t> in_use = 0, peak = 0, refused = 0;  ///< bytes, bytes, how often

  c10::DataPtr allocate(std::size_t bytes) override {
    const auto size = static_cast<std::int64_t>(bytes);
    if (in_use + size > limit) {
      ++refused;
      TORCH_CHECK(false, "DefaultCPUAllocator: can't allocate memory: you tried to allocate ", bytes, " bytes");
    }
    in_use += size;
    peak = std::max<std::int64_t>(peak, in_use);
    void* block = std::aligned_alloc(kAlignment, (bytes / kAlignment + 1) * kAlignment);
    const std::lock_guard lock(mutex_);
    sizes_[block] = size;
    return {block, block, &release, c10::Device(c10::kCPU)};
  }
  c10::DeleterFnPtr raw_deleter() const override { return &release; }
  void copy_data(void* to, const void* from, std::size_t bytes) const override { std::memcpy(to, from, bytes); }

 private:
  static void release(void* block) {
    const std::lock_guard lock(mutex_);
    in_use -= sizes_.at(block);
    sizes_.erase(block);
    std::free(block);
  }

  static constexpr std::size_t kAlignment = 64;
  static constexpr std::uint8_t kAboveAll = 255;
  inline static std::mutex mutex_;
  inline static std::map<void*, std::int64_t> sizes_;
  c10::Allocator* real_;
};

}  // namespace heed
