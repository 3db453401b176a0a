#include "heed/text/required_terms.h"

#include <algorithm>
#include <functional>
#include <map>

namespace heed {

void TermProgress::advance(std::span<const TokenId> tokens, const RequiredTerms& terms) {
  for (std::size_t i = 0; i < terms.size(); ++i) {
    const std::vector<TokenId>& term = terms[i];
    if (reached_[i] == term.size()) continue;
    // The longest beginning of the term that the hypothesis ends in.
    std::size_t length = std::min({reached_[i] + 1, term.size(), tokens.size()});
    while (length > 0 && !std::ranges::equal(tokens.last(length), std::span(term).first(length))) --length;
    reached_[i] = length;
  }
}

std::size_t TermProgress::tokens_met(const RequiredTerms& terms) const {
  std::size_t met = 0, begun = 0;
  for (std::size_t i = 0; i < terms.size(); ++i)
    if (reached_[i] == terms[i].size())
      met += reached_[i];
    else
      begun = std::max(begun, reached_[i]);
  return met + begun;
}

bool TermProgress::all_met(const RequiredTerms& terms) const {
  for (std::size_t i = 0; i < terms.size(); ++i)
    if (reached_[i] < terms[i].size()) return false;
  return true;
}

std::vector<TokenId> TermProgress::wanted(const RequiredTerms& terms) const {
  std::vector<TokenId> tokens;
  for (std::size_t i = 0; i < terms.size(); ++i) {
    if (reached_[i] == terms[i].size()) continue;
    tokens.push_back(terms[i][reached_[i]]);
    if (reached_[i] > 0) tokens.push_back(terms[i].front());
  }
  std::ranges::sort(tokens);
  tokens.erase(std::unique(tokens.begin(), tokens.end()), tokens.end());
  return tokens;
}

std::vector<std::size_t> choose_by_bank(std::span<const std::size_t> banks, std::size_t most) {
  std::map<std::size_t, std::vector<std::size_t>, std::greater<>> ways;  // of each bank, the best first
  for (std::size_t way = 0; way < banks.size(); ++way) ways[banks[way]].push_back(way);
  std::vector<const std::vector<std::size_t>*> order;  // the fullest bank, the emptiest, then down from the fullest
  for (const auto& [bank, members] : ways) order.push_back(&members);
  if (order.size() > 2) std::rotate(order.begin() + 1, order.end() - 1, order.end());
  std::vector<std::size_t> chosen;
  for (std::size_t round = 0; chosen.size() < std::min(most, banks.size()); ++round)
    for (const std::vector<std::size_t>* members : order)
      if (round < members->size() && chosen.size() < most) chosen.push_back((*members)[round]);
  return chosen;
}

}  // namespace heed
