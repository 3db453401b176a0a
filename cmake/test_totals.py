"""Prints "PASSED FAILED" of a CTest report in JUnit form. A test that did not run counts as failed."""
import sys
import xml.etree.ElementTree as ElementTree

suite = ElementTree.parse(sys.argv[1]).getroot()
cases = suite.findall("testcase")
passed = sum(case.get("status") == "run" for case in cases)
print(passed, len(cases) - passed)
