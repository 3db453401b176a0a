#include "heed/text/done_file.h"

#include <system_error>
#include <utility>

#include "heed/base/content_hash.h"
#include "heed/base/files.h"

namespace heed {
namespace {

constexpr std::uint64_t kLargest = 1 << 20;

}  // namespace

DoneFile::DoneFile(const std::filesystem::path& output, nlohmann::ordered_json made_of)
    : output_(output), path_(output.string() + ".done.json"), made_of_(std::move(made_of)) {}

bool DoneFile::is_current() const {
  std::error_code unknown;
  if (!std::filesystem::exists(output_, unknown) || !std::filesystem::exists(path_, unknown)) return false;
  auto found = nlohmann::json::parse(read_file(path_, kLargest), nullptr, /*allow_exceptions=*/false);
  if (!found.is_object()) return false;
  const nlohmann::json output = found["output"];
  found.erase("output");
  found.erase("lines");
  return found == nlohmann::json(made_of_) && output == checksum_of_file(output_);
}

void DoneFile::write(std::int64_t lines) const {
  nlohmann::ordered_json json = made_of_;
  json["lines"] = lines;
  json["output"] = checksum_of_file(output_);
  write_file_atomically(path_, json.dump(2) + '\n');
}

std::string checksum_of_file(const std::filesystem::path& path) {
  return hex_digits(hash_content(MappedFile(path).text()));
}

}  // namespace heed
