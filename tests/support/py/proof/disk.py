"""A disk whose syncs take as long as a test says (tests/rig/failing_sync.c)."""
import contextlib
import mmap
import pathlib
import struct
import tempfile

from .server import build_folder

FORM = "<qqqq"


class SlowDisk:
    """For processes that are started with `environment`."""

    def __init__(self, folder):
        steering = pathlib.Path(folder) / "syncs"
        steering.write_bytes(struct.pack(FORM, 0, 0, 0, 0))
        with open(steering, "r+b") as file:
            self.page = mmap.mmap(file.fileno(), 0)
        library = build_folder() / "tests" / "rig" / "librig_failing_sync.so"
        assert library.is_file(), f"{library} is not built"
        self.environment = {"RIG_SYNC": str(steering), "LD_PRELOAD": str(library)}

    def delay(self, seconds):
        """Each sync that begins from now on takes so much longer."""
        self.page[24:32] = struct.pack("<q", int(seconds * 1e6))


@contextlib.contextmanager
def slow_disk(seconds=0):
    with tempfile.TemporaryDirectory(prefix="parley-") as folder:
        disk = SlowDisk(folder)
        disk.delay(seconds)
        yield disk
        disk.page.close()
