#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace heed {

/// Terms and their translations: a line of "source term TAB target term" each. A term is found in a sentence where it
/// stands as whole words, letter case included.
class Glossary {
 public:
  /// Throws Error(data) naming file and line.
  explicit Glossary(const std::filesystem::path& file);

  /// What must appear in the translation of a line: the translation of each term in it, in the order of the terms. Of
  /// terms that overlap in the line the longest counts, and of equal ones the first.
  std::vector<std::string> required(std::string_view line) const;
  /// Terms and translations, the longest term first.
  const std::vector<std::pair<std::string, std::string>>& terms() const { return terms_; }

 private:
  std::vector<std::pair<std::string, std::string>> terms_;
};

}  // namespace heed
