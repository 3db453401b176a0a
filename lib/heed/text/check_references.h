#pragma once

#include <span>
#include <string>
#include <vector>

namespace heed {

/// What every corpus score demands of its input: at least one sentence, at least one reference, and as many lines in
/// each reference as there are hypotheses. Throws Error(data) that says which fails, with both counts.
void check_references(std::span<const std::string> hypotheses, std::span<const std::vector<std::string>> references);

}  // namespace heed
