#include "heed/base/units.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "heed/base/error.h"
#include "heed/base/utf8.h"

namespace heed {
namespace {

bool is_digit(char character) {
  return character >= '0' && character <= '9';
}

Error wrong(std::string_view text, std::string_view what, std::string_view expected) {
  return usage_error((what.empty() ? "" : std::string(what) + ": ") + "'" + printable(text, 80) + "' is not " +
                     std::string(expected));
}

/// Splits "1.5M" into "1.5" and the unit in lower case ('\0' when there is none).
struct NumberAndUnit {
  std::string_view number;
  char unit = '\0';
};

std::optional<NumberAndUnit> split_unit(std::string_view text) {
  NumberAndUnit parts{text};
  if (!text.empty() && !is_digit(text.back())) {
    parts.number.remove_suffix(1);
    parts.unit = static_cast<char>(text.back() | 0x20);
  }
  const auto digits = std::count_if(parts.number.begin(), parts.number.end(), is_digit);
  const auto points = std::count(parts.number.begin(), parts.number.end(), '.');
  if (digits == 0 || points > 1 || digits + points != static_cast<std::ptrdiff_t>(parts.number.size())) return {};
  return parts;
}

std::optional<std::int64_t> multiplier_of(char unit) {
  switch (unit) {
    case '\0':
      return 1;
    case 'k':
      return 1'000;
    case 'm':
      return 1'000'000;
    case 'g':
      return 1'000'000'000;
    default:
      return {};
  }
}

std::optional<double> seconds_of(char unit) {
  switch (unit) {
    case '\0':
    case 's':
      return 1;
    case 'm':
      return 60;
    case 'h':
      return 3'600;
    case 'd':
      return 86'400;
    default:
      return {};
  }
}

/// `number` (digits and at most one point) times `multiplier`, exactly; nothing when that is no whole 64-bit number.
std::optional<std::int64_t> multiply(std::string_view number, std::int64_t multiplier) {
  const std::string_view whole = number.substr(0, number.find('.'));
  const std::string_view fraction = number.substr(std::min(number.size(), whole.size() + 1));
  std::int64_t result = 0;
  for (const char digit : whole) {
    if (__builtin_mul_overflow(result, 10, &result)) return {};
    if (__builtin_add_overflow(result, (digit - '0'), &result)) return {};
  }
  if (__builtin_mul_overflow(result, multiplier, &result)) return {};
  for (const char digit : fraction) {
    if (digit != '0' && (multiplier == 0 || multiplier % 10 != 0)) return {};
    multiplier /= 10;
    if (__builtin_add_overflow(result, (digit - '0') * multiplier, &result)) return {};
  }
  return result;
}

}  // namespace

std::int64_t parse_count(std::string_view text, std::string_view what) {
  const auto parts = split_unit(text);
  const auto multiplier = parts ? multiplier_of(parts->unit) : std::nullopt;
  const auto result = multiplier ? multiply(parts->number, *multiplier) : std::nullopt;
  if (!result) throw wrong(text, what, "a whole number from 0; expected one like 250, 10k, 1.5M or 2G");
  return *result;
}

double parse_duration(std::string_view text, std::string_view what) {
  const auto parts = split_unit(text);
  const auto unit = parts ? seconds_of(parts->unit) : std::nullopt;
  double number = 0;
  const auto parsed =
      unit &&
      std::from_chars(parts->number.data(), parts->number.data() + parts->number.size(), number).ec == std::errc();
  if (!parsed) throw wrong(text, what, "a duration; expected seconds or a unit of s, m, h or d: 90, 90s, 10m, 1.5h");
  return number * *unit;
}

}  // namespace heed
