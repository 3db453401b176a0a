#pragma once

#include <random>
#include <string>
#include <string_view>

namespace heed {

/// `text` with one edit that knows JSON's grammar: a value of another type or out of any range (terabytes, negative,
/// not finite), a member twice, left out or renamed, two values swapped, a bracket lost. JSON inside a string is edited
/// as such. A function of its arguments; text that is no JSON is edited all the same.
std::string edited_json(std::string_view text, std::mt19937_64& draw);

}  // namespace heed
