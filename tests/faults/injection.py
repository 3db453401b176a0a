"""What the tests of failing calls share: the environment of a program whose n-th call fails (see faults.cpp)."""
import json
import os
import unittest
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(os.environ.get("HEED_FAULTS", Path(__file__).resolve().parents[2] / "build/release/tests/faults"))
ERRORS = ("ENOSPC", "EIO", "EDQUOT", "EROFS")
# Every way in which a call can fail, as settings of faults.cpp.
KINDS = {kind: {"kind": kind} for kind in ("KILL", "EINTR", "SHORT", *ERRORS)}
KINDS |= {kind + " from then on": {"kind": kind, "onward": 1} for kind in ERRORS}
KINDS |= {f"power cut, {keep} names kept": {"kind": "POWER", "keep": keep} for keep in range(4)}


def faults(directory, log, **settings):
    """Environment variables; `log`: a file that gets the calls, see calls_in()."""
    return {"LD_PRELOAD": str(FOLDER / "libfaults.so"), "FAULTS_DIRECTORY": str(directory), "FAULTS_LOG": str(log)} | {
        "FAULTS_" + name.upper(): str(value) for name, value in settings.items()}


class Call(NamedTuple):
    name: str
    path: str
    failed: bool

    def matters(self, error):
        """What does not is passed over: cleaning up, letting go of the lock or of a log that could be opened, and asking
        for room where the file system cannot tell."""
        return not (self.name == "unlink" or (self.name == "close" and self.path.endswith(("/.lock", "/train.log"))) or
                    (self.name == "fallocate" and error not in ("ENOSPC", "EDQUOT")))


def first_that_matters(calls, error):
    """The first call that was let fail with that error and has to end the run; None: there is none."""
    return next((call for call in calls if call.failed and call.matters(error)), None)


def calls_in(log):
    """All calls of a run, in order."""
    calls = []
    for line in Path(log).read_text().splitlines() if Path(log).exists() else ():
        failed, _, call = line.rpartition("FAILED ")
        name, path = call.split(" ", 1)
        calls.append(Call(name, path, line.startswith("FAILED ")))
    return calls


def report_points(points):
    """Prints at the module's end how often each kind was tried."""
    unittest.addModuleCleanup(lambda: print("failure points tried: " + json.dumps(points) + ", together " +
                                            str(sum(points.values())), flush=True))
