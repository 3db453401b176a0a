"""Prints "PASSED FAILED SKIPPED" of a CTest report in JUnit form, and to stderr how each failed test ended and what was
skipped. A test that did not run counts as failed; skipped ones, of Python's unittest, are parts of CTest's tests."""
import re
import sys
import xml.etree.ElementTree as ElementTree

LINES_OF_A_FAILURE = 40
# Between name and verdict stands the first line of what describes the test, where there is one.
SKIPPED = re.compile(r"^(\w+) \(([\w.]+)\)(?:\n.*)? \.\.\. skipped (.*)$", re.MULTILINE)

suite = ElementTree.parse(sys.argv[1]).getroot()
cases = suite.findall("testcase")
failed = [case for case in cases if case.get("status") != "run"]
skipped = [found for case in cases for found in SKIPPED.findall(case.findtext("system-out") or "")]
print(len(cases) - len(failed), len(failed), len(skipped))
for case in failed:
    print(f"== {case.get('name')} failed:", file=sys.stderr)
    for line in (case.findtext("system-out") or "it did not run").splitlines()[-LINES_OF_A_FAILURE:]:
        print(line, file=sys.stderr)
for name, place, reason in skipped:
    print(f"== {name} ({place}) was skipped: {reason}", file=sys.stderr)
