#include "heed/text/text_sample.h"

#include <utility>

namespace heed {
namespace {

constexpr std::size_t kThird = 3;

}  // namespace

void TextSample::add(const std::string& line) {
  if (seen_++ % stride_ != 0) return;
  lines_.push_back(line);
  bytes_ += line.size();
  while (bytes_ > most_bytes_ && lines_.size() > 1) thin_out();
}

void TextSample::thin_out() {
  std::vector<std::string> kept;
  bytes_ = 0;
  for (std::size_t i = 0; i < lines_.size(); i += kThird) {
    bytes_ += lines_[i].size();
    kept.push_back(std::move(lines_[i]));
  }
  lines_ = std::move(kept);
  stride_ *= kThird;
}

}  // namespace heed
