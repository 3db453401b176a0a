#include "heed/text/corpus.h"

#include <algorithm>
#include <cstddef>
#include <optional>

#include "heed/base/content_hash.h"
#include "heed/base/count_of.h"
#include "heed/base/error.h"
#include "heed/base/utf8.h"

namespace heed {
namespace {

std::string lines_of(const std::string& file, std::uint64_t lines) {
  return file + " has " + count_of(static_cast<std::int64_t>(lines), "line");
}

void refuse_empty(const std::vector<std::string>& files, const LineStore& store) {
  const std::vector<std::uint64_t> lines = store.lines_per_file();
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (lines[i] == 0) throw data_error(files[i] + ": is empty; expected one sentence on each line");
  }
}

void refuse_unequal(const CorpusFiles& files, const LineStore& source, const LineStore& target) {
  const std::vector<std::uint64_t> source_lines = source.lines_per_file(), target_lines = target.lines_per_file();
  for (std::size_t i = 0; i < source_lines.size(); ++i) {
    if (source_lines[i] == target_lines[i]) continue;
    throw data_error(lines_of(files.source[i], source_lines[i]) + " but " + lines_of(files.target[i], target_lines[i]) +
                     "; expected as many, each line the translation of the other file's; look for a sentence that was "
                     "split or lost");
  }
}

/// Where the one tab is.
std::optional<std::size_t> find_separator(std::string_view line) {
  const std::size_t tab = line.find('\t');
  if (tab == line.npos || line.find('\t', tab + 1) != line.npos) return std::nullopt;
  return tab;
}

std::size_t separator(const LineStore& lines, std::uint64_t index) {
  const std::string_view line = lines.line(index);
  if (const auto tab = find_separator(line)) return *tab;
  throw data_error(lines.place(index) + ": " + std::to_string(std::count(line.begin(), line.end(), '\t')) +
                   " tabs; expected exactly one, between source and target");
}

void check_separators(const LineStore& lines) {
  constexpr std::uint64_t kLinesBetweenReports = 1 << 20;
  Progress progress("checking tabs", static_cast<std::int64_t>(lines.size()));
  for (std::uint64_t i = 0; i < lines.size(); ++i) {
    (void)separator(lines, i);
    if (i % kLinesBetweenReports != kLinesBetweenReports - 1) continue;
    lines.release_memory();
    progress.update(static_cast<std::int64_t>(i));
  }
}

}  // namespace

LineStore::LineStore(const std::vector<std::string>& files, const std::filesystem::path& cache_directory) {
  for (const std::string& file : files) {
    parts_.push_back({file, open_indexed_text(file, cache_directory), size_});
    size_ += parts_.back().text.lines;
  }
}

const LineStore::Part& LineStore::part_of(std::uint64_t index) const {
  if (index >= size_)
    throw Error(ExitCode::internal, "line " + std::to_string(index) + " is past the end of the files");
  const auto after = std::upper_bound(parts_.begin(), parts_.end(), index,
                                      [](std::uint64_t line, const Part& part) { return line < part.first_line; });
  return *std::prev(after);
}

std::string_view LineStore::line(std::uint64_t index) const {
  const Part& part = part_of(index);
  const std::span<const std::uint64_t> starts = line_starts(part.text);
  const std::uint64_t begin = starts[index - part.first_line], end = starts[index - part.first_line + 1];
  const std::string_view text = part.text.text.text();
  if (begin > end || end > text.size()) {
    throw checkpoint_error("the cached line index of " + part.name + " is damaged; delete the cache");
  }
  std::string_view line = text.substr(begin, end - begin);
  if (line.ends_with('\n')) line.remove_suffix(1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

std::string LineStore::place(std::uint64_t index) const {
  const Part& part = part_of(index);
  return part.name + ":" + std::to_string(index - part.first_line + 1);
}

std::uint64_t LineStore::fingerprint() const {
  std::uint64_t hash = parts_.size();
  for (const Part& part : parts_) hash = combine_hash(combine_hash(hash, part.text.content), part.text.lines);
  return hash;
}

std::vector<std::uint64_t> LineStore::lines_per_file() const {
  std::vector<std::uint64_t> lines;
  for (const Part& part : parts_) lines.push_back(part.text.lines);
  return lines;
}

void LineStore::release_memory() const {
  for (const Part& part : parts_) {
    release_pages(part.text.text);
    release_pages(part.text.index);
  }
}

ParallelCorpus::ParallelCorpus(const CorpusFiles& files, const std::filesystem::path& cache_directory) {
  if (files.source.size() != files.target.size()) {
    throw usage_error("source and target need equally many files: there are " + std::to_string(files.source.size()) +
                      " and " + std::to_string(files.target.size()));
  }
  if (files.tsv.empty() == files.source.empty()) {
    throw usage_error(
        "sentence pairs come either from source and target files or from tab-separated files: give one "
        "of both");
  }
  if (!files.tsv.empty()) {
    const LineStore& pairs = stores_.emplace_back(files.tsv, cache_directory);
    refuse_empty(files.tsv, pairs);
    check_separators(pairs);
  } else {
    stores_.reserve(2);
    const LineStore& source = stores_.emplace_back(files.source, cache_directory);
    const LineStore& target = stores_.emplace_back(files.target, cache_directory);
    refuse_empty(files.source, source);
    refuse_empty(files.target, target);
    refuse_unequal(files, source, target);
  }
  size_ = stores_.front().size();
}

std::pair<std::string_view, std::string_view> ParallelCorpus::raw(std::uint64_t index) const {
  if (stores_.size() == 2) return {stores_[0].line(index), stores_[1].line(index)};
  const std::string_view line = stores_[0].line(index);
  const std::size_t tab = separator(stores_[0], index);
  return {line.substr(0, tab), line.substr(tab + 1)};
}

SentencePair ParallelCorpus::pair(std::uint64_t index) const {
  const auto [source, target] = raw(index);
  return {repair_utf8(source), repair_utf8(target)};
}

std::string ParallelCorpus::place(std::uint64_t index, Side side) const {
  return (side == Side::target ? stores_.back() : stores_.front()).place(index);
}

std::uint64_t ParallelCorpus::fingerprint() const {
  std::uint64_t hash = stores_.size();
  for (const LineStore& store : stores_) hash = combine_hash(hash, store.fingerprint());
  return hash;
}

void ParallelCorpus::release_memory() const {
  for (const LineStore& store : stores_) store.release_memory();
}

}  // namespace heed
