#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "heed/base/files.h"
#include "heed/text/attention_record.h"

/// Heat maps of attention with the pieces written beside them, as SVG, which writes any script that the viewer has.
namespace heed {

/// A picture: the mean of all heads, target pieces down, source pieces across; the darker, the more weight.
std::string mean_svg(const AttentionRecord& record);
/// A part of a page: the picture, and below it one small map for each layer and head.
std::string attention_section(const AttentionRecord& record);

/// Where the records of a run go: "x.json" takes one object a line, with the number of
/// the input's line, "x.html" a page, and anything else is a directory
/// that gets 00001.svg and 00001.json, numbered by the input's lines. Files appear when they are complete.
class AttentionOutput {
 public:
  explicit AttentionOutput(const std::filesystem::path& path);
  void write(std::int64_t line, const AttentionRecord& record);
  void close();

 private:
  enum class Form { json, page, directory };
  std::filesystem::path path_;
  Form form_;
  std::unique_ptr<AtomicFile> file_;
};

}  // namespace heed
