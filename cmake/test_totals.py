"""Prints "PASSED FAILED" of a CTest report in JUnit form, and to stderr how each failed test ended, and what was skipped
within those that passed. A test that did not run counts as failed."""
import re
import sys
import xml.etree.ElementTree as ElementTree

LINES_OF_A_FAILURE = 40

suite = ElementTree.parse(sys.argv[1]).getroot()
cases = suite.findall("testcase")
failed = [case for case in cases if case.get("status") != "run"]
print(len(cases) - len(failed), len(failed))
for case in failed:
    print(f"== {case.get('name')} failed:", file=sys.stderr)
    for line in (case.findtext("system-out") or "it did not run").splitlines()[-LINES_OF_A_FAILURE:]:
        print(line, file=sys.stderr)
for case in cases:
    for skipped in re.findall(r"^(\w+) \(.*skipped (.*)$", case.findtext("system-out") or "", re.MULTILINE):
        print(f"== of {case.get('name')}, {skipped[0]} was skipped: {skipped[1]}", file=sys.stderr)
