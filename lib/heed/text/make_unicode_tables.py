#!/usr/bin/env python3
"""Writes unicode_tables.h, the character properties that text/unicode.cpp looks up.

Punctuation, symbols and numbers come from the `regex` package, because sacreBLEU's intl tokenizer asks it; white space
and lower case come from Python's own str, because sacreBLEU splits and lowers with that. The two packages follow
different versions of Unicode. Needs: pip install regex.
"""

import importlib.metadata
import pathlib
import platform
import re
import unicodedata

import regex

CODE_POINTS = [c for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]
CAPITAL_SIGMA, FINAL_SIGMA = "\u03a3", "\u03c2"


def ranges(holds):
    """Maximal runs [first, last] of code points for which `holds` is true."""
    runs = []
    for code in filter(holds, CODE_POINTS):
        if runs and runs[-1][1] == code - 1:
            runs[-1][1] = code
        else:
            runs.append([code, code])
    return runs


def property_ranges(name):
    matches = regex.compile(r"\p{%s}" % name).match
    return ranges(lambda code: matches(chr(code)) is not None)


def is_cased(code):
    # A sigma after the text's first character is final exactly when that character is cased and not ignorable.
    return (chr(code) + CAPITAL_SIGMA).lower()[-1] == FINAL_SIGMA


def is_case_ignorable(code):
    return ("a" + chr(code) + CAPITAL_SIGMA).lower()[-1] == FINAL_SIGMA and not is_cased(code)


def lower_ranges():
    """Runs [first, last, offset, step] of code points with one lower case letter each."""
    runs = []
    for code in CODE_POINTS:
        lower = chr(code).lower()
        if lower == chr(code):
            continue
        if len(lower) != 1:
            assert chr(code) == "\u0130", hex(code)  # the only one, which unicode.cpp treats by itself
            continue
        offset = ord(lower) - code
        if runs and runs[-1][2] == offset:
            first, last, _, step = runs[-1]
            gap = code - last
            if gap in (1, 2) and (first == last or gap == step):
                runs[-1][1], runs[-1][3] = code, gap
                continue
        runs.append([code, code, offset, 1])
    return runs


def table(kind, name, rows):
    cells = ["{" + ", ".join([f"0x{row[0]:X}", f"0x{row[1]:X}", *map(str, row[2:])]) + "}" for row in rows]
    lines, line = [], "   "
    for cell in cells:
        if len(line) + len(cell) + 2 > 120:
            lines.append(line)
            line = "   "
        line += f" {cell},"
    return "\n".join([f"inline constexpr {kind} {name}[] = {{", *lines, line, "};"])


def main():
    described = importlib.metadata.metadata("regex").get_payload()
    regex_unicode = re.search(r"supports Unicode (\d+\.\d+\.\d+)", described).group(1)
    parts = [
        f"""#pragma once

#include <cstdint>

/// Written by make_unicode_tables.py; change that instead. Unicode {regex_unicode} for punctuation, symbols and numbers
/// (regex {importlib.metadata.version("regex")}), Unicode {unicodedata.unidata_version} for the rest """
        f"""(Python {platform.python_version()}). Sorted, without overlaps.
namespace heed::unicode_tables {{

struct Range {{
  char32_t first, last;
}};

/// Every `step`-th code point of the range becomes lower case by adding `offset`.
struct LowerRange {{
  char32_t first, last;
  std::int32_t offset;
  std::uint32_t step;
}};

// clang-format off""",
        table("Range", "kWhiteSpace", ranges(lambda code: chr(code).isspace())),
        table("Range", "kPunctuation", property_ranges("P")),
        table("Range", "kSymbol", property_ranges("S")),
        table("Range", "kNumber", property_ranges("N")),
        "/// Cased and not case-ignorable: the letters that make a neighbouring capital sigma medial or final.\n"
        + table("Range", "kCased", ranges(is_cased)),
        table("Range", "kCaseIgnorable", ranges(is_case_ignorable)),
        table("LowerRange", "kLower", lower_ranges()),
        "// clang-format on\n\n}  // namespace heed::unicode_tables\n",
    ]
    pathlib.Path(__file__).with_name("unicode_tables.h").write_text("\n\n".join(parts), encoding="ascii")


if __name__ == "__main__":
    main()
