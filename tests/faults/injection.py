"""What the tests of failing calls share: the environment of a program whose n-th call fails (see faults.cpp)."""
import json
import os
import unittest
from pathlib import Path

FOLDER = Path(os.environ.get("HEED_FAULTS", Path(__file__).resolve().parents[2] / "build/release/tests/faults"))
ERRORS = ("ENOSPC", "EIO", "EDQUOT", "EROFS")
# Every way in which a call can fail, as settings of faults.cpp.
KINDS = {kind: {"kind": kind} for kind in ("KILL", "EINTR", "SHORT", *ERRORS)}
KINDS |= {kind + " from then on": {"kind": kind, "onward": 1} for kind in ERRORS}
KINDS |= {f"power cut, {keep} names kept": {"kind": "POWER", "keep": keep} for keep in range(4)}


def faults(directory, count, **settings):
    """Environment variables; `count`: a file that gets the number of calls."""
    return {"LD_PRELOAD": str(FOLDER / "libfaults.so"), "FAULTS_DIRECTORY": str(directory), "FAULTS_COUNT": str(count)} | {
        "FAULTS_" + name.upper(): str(value) for name, value in settings.items()}


def report_points(points):
    """Prints at the module's end how often each kind was tried."""
    unittest.addModuleCleanup(lambda: print("failure points tried: " + json.dumps(points) + ", together " +
                                            str(sum(points.values())), flush=True))
