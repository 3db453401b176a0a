"""Both trainers in model directories that fill up, cannot be written, vanish, or have a folder where a file should be:
one message with path and reason, the state before can be used, and the same command goes on once the trouble is over.
"""
import shutil
import signal
import unittest
from unittest import mock

import trainers
from common import metrics_reach, state_of, temporaries
from injection import faults
from mounts import Mounts

setUpModule = trainers.setUpModule


class Places:
    """For both trainers."""

    def test_disk_fills_up(self):
        """The first save fits on it, a later one does not."""
        undisturbed, place = self.place("undisturbed"), self.place("full")
        self.train_in(undisturbed)
        mounts, model = Mounts(self), place / "m"
        enter, seen = mounts.enter(place), mounts.seen(place)
        model.mkdir()
        size = (undisturbed / "m/last.safetensors").stat().st_size
        mounts.mount("-t", "tmpfs", "-o", f"size={int(2.7 * size)}", "none", model)
        failed = self.train_in(place, code=None, before=enter)
        self.assert_refused(failed, 4, "cannot write m/", "No space left on device", "make room")
        self.assertGreater(state_of(seen / "m")["update"], 0)
        self.assertEqual(temporaries(seen), [])
        self.assert_usable("m/last.safetensors", before=enter)
        mounts.mount("-o", f"remount,size={20 * size}", model)
        self.assertIn("going on from update", self.train_in(place, before=enter).err)
        self.assert_same_run(undisturbed, seen)

    def test_read_only(self):
        undisturbed, place = self.place("undisturbed"), self.place("read-only")
        self.train_in(undisturbed, **self.LONG)
        run = self.start_in(place, **self.LONG)
        self.assertTrue(run.wait_until(lambda: metrics_reach(place / "m", 4)))
        run.signal(signal.SIGTERM)
        self.assertEqual(run.wait(), 128 + signal.SIGTERM, run.err)
        mounts, model = Mounts(self), place / "m"
        enter = mounts.enter(place)
        mounts.mount("--bind", model, model)
        mounts.mount("-o", "remount,bind,ro", model)
        refused = self.train_in(place, code=None, before=enter, **self.LONG)
        self.assert_refused(refused, 4, "cannot use directory m", "Read-only file system", "check the permissions")
        self.assert_usable("m/last.safetensors", before=enter)
        self.train_in(place, **self.LONG)
        self.assert_same_run(undisturbed, place)

    def test_no_locks(self):
        """As on some network file systems."""
        self.train_in(self.place("undisturbed"))
        place = self.place("unlocked")
        with mock.patch.dict("os.environ", faults(place / "m", self.folder / "calls", no_locks=1)):
            result = self.train_in(place)
        self.assertRegex(result.err, r"warning: directory m cannot be locked on its file system \(.*\); make sure that "
                                     r"only one process uses it\n")
        self.assert_same_run(self.folder / "undisturbed", place)

    def test_directory_is_deleted(self):
        """In the middle of a run, which then begins anew."""
        place = self.place("deleted")
        run = self.start_in(place, max_updates=100000)
        self.assertTrue(run.wait_until(lambda: metrics_reach(place / "m", 4)))
        (place / "m").rename(place / "gone")
        shutil.rmtree(place / "gone")
        self.assertEqual(run.wait(), 4, run.err)
        self.assertRegex(run.err, "error: cannot write m/.*No such file or directory; check the path\n$")
        self.assertFalse((place / "m").exists())
        self.train_in(self.place("undisturbed"))
        self.train_in(place)
        self.assert_same_run(self.folder / "undisturbed", place)

    def test_a_folder_stands_where_the_checkpoint_was(self):
        self.train_in(self.place("undisturbed"), **self.LONG)
        place = self.place("folder")
        run, last = self.start_in(place, **self.LONG), place / "m/last.safetensors"
        self.assertTrue(run.wait_until(lambda: metrics_reach(place / "m", 4)))
        run.signal(signal.SIGSTOP)
        last.unlink()
        last.mkdir()
        run.signal(signal.SIGCONT)
        self.assertEqual(run.wait(), 4, run.err)
        self.assertIn("error: cannot write m/last.safetensors: what has this name is not a regular file", run.err)
        self.assertEqual(temporaries(place), [])
        self.assert_usable(place / "m/last.1.safetensors")
        again = self.train_in(place, code=None, **self.LONG)
        self.assert_refused(again, 4, "m/last.safetensors is a directory", "m/last.1.safetensors is whole",
                            "move it out of the way")
        last.rmdir()
        self.train_in(place, **self.LONG)
        self.assert_same_run(self.folder / "undisturbed", place)


class Translation(Places, trainers.TranslationRuns):
    pass


class Pictures(Places, trainers.PictureRuns):
    pass


if __name__ == "__main__":
    unittest.main()
