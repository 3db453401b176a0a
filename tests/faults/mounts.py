"""Mounts that only one test sees: small and read-only file systems without being root."""
import ctypes
import os
import subprocess
from pathlib import Path


class Mounts:
    """A mount namespace of its own, for as long as the test; skips the test where the system does not allow that."""

    def __init__(self, test):
        self.test = test
        self.holder = subprocess.Popen(["unshare", "-Urm", "sh", "-c", "echo ready; exec cat"], text=True,
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        test.addCleanup(self.holder.communicate)
        if self.holder.stdout.readline() != "ready\n":
            test.skipTest("no namespace for mounts here: " + self.holder.stderr.read().strip())

    def mount(self, *words):
        done = subprocess.run(["nsenter", "-t", str(self.holder.pid), "-U", "-m", "--preserve-credentials", "mount",
                               *map(str, words)], capture_output=True, text=True)
        if done.returncode != 0:
            self.test.skipTest("mounting is not allowed here: " + done.stderr.strip())

    def seen(self, path):
        """A path as those in the namespace see it."""
        return Path("/proc", str(self.holder.pid), "root", *Path(path).parts[1:])

    def enter(self, folder):
        """For a child before exec: it runs in the namespace, in that folder."""
        def enter():
            for kind in ("user", "mnt"):
                namespace = os.open(f"/proc/{self.holder.pid}/ns/{kind}", os.O_RDONLY)
                if ctypes.CDLL(None, use_errno=True).setns(namespace, 0) != 0:
                    raise OSError(ctypes.get_errno(), "setns")
            os.chdir(folder)

        return enter
