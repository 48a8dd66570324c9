"""What a running process is steered by from outside: syncs that fail, and a wall clock that jumps."""
import mmap
import os
import pathlib
import struct

from proof.server import build_folder

# Where Debian's libfaketime puts its library for programs with threads.
FAKETIME = "/usr/lib/*/faketime/libfaketimeMT.so.1"


def faketime_library():
    """Its path, or None where it is not installed."""
    found = sorted(pathlib.Path("/").glob(FAKETIME.lstrip("/")))
    return str(found[0]) if found else None


class Syncs:
    """The page that failing_sync.c maps: when one is to fail, how many there were, how many failed."""

    FORM = "<qqqq"

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.path.write_bytes(struct.pack(self.FORM, 0, 0, 0, 0))
        with open(self.path, "r+b") as file:
            self.page = mmap.mmap(file.fileno(), 0)

    def fail_at(self, count):
        """The sync with this number from now fails; 0: none does."""
        self.page[0:8] = struct.pack("<q", count)

    @property
    def failures(self):
        return struct.unpack(self.FORM, self.page[:32])[2]


class Clock:
    """The wall clock of all processes that were started with it; their monotonic clock stays the real one."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.jump(0)

    def jump(self, seconds):
        """So far from the truth from now on (noticed within a second)."""
        beside = self.path.with_suffix(".new")
        beside.write_text(f"{seconds:+d}\n")
        beside.replace(self.path)


class Steering:
    """Both, for the processes that are started with `environment`."""

    def __init__(self, folder, name):
        folder = pathlib.Path(folder)
        self.syncs = Syncs(folder / f"{name}.syncs")
        self.clock = Clock(folder / f"{name}.clock")
        preload = [str(build_folder() / "tests" / "rig" / "librig_failing_sync.so")]
        self.environment = {"RIG_SYNC": str(self.syncs.path)}
        if faketime_library():
            preload.append(faketime_library())
            self.environment |= {
                "FAKETIME_TIMESTAMP_FILE": str(self.clock.path),
                "FAKETIME_DONT_FAKE_MONOTONIC": "1",
                "FAKETIME_CACHE_DURATION": "1",
                # Times of files stay what the file system says.
                "NO_FAKE_STAT": "1",
            }
        self.environment["LD_PRELOAD"] = os.pathsep.join(preload)
