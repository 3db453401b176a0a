#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace heed {

/// Terms and their translations: a line of "source term TAB target term" each, without the space around them. A term is
/// found in a sentence where it stands as whole words, letter case included.
class Glossary {
 public:
  struct Term {
    std::u32string source;
    std::string target;
  };
  /// Throws Error(data) naming file and line.
  explicit Glossary(const std::string& path);

  /// What must appear in the translation of a line: the translation of each term in it, in the order of the terms. Of
  /// terms that overlap in the line the longest counts, and of equal ones the first.
  std::vector<std::string> required(std::string_view line) const;
  /// The longest term first.
  const std::vector<Term>& terms() const { return terms_; }

 private:
  std::vector<Term> terms_;
};

}  // namespace heed
