"""The server of the rig: on a small disk, steered, watched, and started again whenever it ended."""
import errno
import os
import pathlib
import subprocess
import threading

from network import SERVER
from proof import waiting
from proof.rest import Rest
from proof.server import Server

DISK_MIB = 64
WATCH_SECONDS = 0.01
START_SECONDS_MAX = 60
RETRY_SECONDS = 0.5
SETTINGS = {
    "listen.address": "0.0.0.0",
    "store.ballast_mib": 4,
    "store.log_mib": 2,
    # Short, so that they are renewed many times, in every weather.
    "tokens.access_seconds": 30,
    "drain.spread_ms": 500,
}


class Disk:
    """A file system in memory that can be filled to the brim, or nearly."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir()
        size = f"size={DISK_MIB}m"
        subprocess.run(["mount", "-t", "tmpfs", "-o", size, "rig", str(self.folder)], check=True)
        self.filler = self.folder / "filler"

    def free_bytes(self):
        found = os.statvfs(self.folder)
        return found.f_bavail * found.f_frsize

    def fill(self, leave_bytes):
        """Takes all space but this."""
        with open(self.filler, "ab") as file:
            while (more := self.free_bytes() - leave_bytes) > 0:
                try:
                    os.posix_fallocate(file.fileno(), file.tell(), more)
                    file.seek(0, os.SEEK_END)
                except OSError as problem:
                    # The server has taken some of it in the meantime.
                    if problem.errno != errno.ENOSPC:
                        raise

    def clear(self):
        self.filler.unlink(missing_ok=True)

    @property
    def filled(self):
        return self.filler.exists()


class Service:
    """`busy`: held by whatever does something to the server, so that one thing happens to it at a time."""

    def __init__(self, folder, record, steering, random):
        self.record, self.steering, self.random = record, steering, random
        self.disk = Disk(pathlib.Path(folder) / "disk")
        settings = {**SETTINGS, "data": str(self.disk.folder / "data")}
        self.server = Server(settings, environment=steering.environment, keep=True)
        self.server.data = self.disk.folder / "data"
        self.address = f"http://{SERVER}:{self.server.port}"
        self.busy = threading.Lock()
        # Why it is about to end, where the rig ends it.
        self.expected = None
        self.ends = 0
        self.watching = threading.Event()
        self.watcher = threading.Thread(target=self._watch, daemon=True)

    def start(self):
        self._start()
        self.watching.set()
        self.watcher.start()

    def _start(self):
        """Until it is ready, whatever it takes; each failure is written down."""
        deadline = waiting.now() + START_SECONDS_MAX
        while waiting.now() < deadline:
            self.failures_before = self.steering.syncs.failures
            before = len(self.server.output) if self.server.starts else 0
            self.server.start(wait=False)
            if self._ready():
                self.record.note("server", what="started", pid=self.server.pid)
                return
            code = self.server.process.poll()
            if self.steering.syncs.failures > self.failures_before or self.expected:
                self._note_end(code, 0.0)
            else:
                full = self.disk.filled
                output = self.server.output[before:][-1000:]
                self.record.note("server", what="not_started", code=code, disk_full=full, output=output)
            self.server.kill()
            waiting.rest(RETRY_SECONDS)

    def _ready(self):
        """False where it ended, or did not answer in time."""
        deadline = waiting.now() + START_SECONDS_MAX / 2
        while waiting.now() < deadline and self.server.running:
            try:
                if Rest(self.server.port).call("GET", "/readyz", seconds=2).status == 200:
                    return True
            except OSError:
                pass
            waiting.rest(WATCH_SECONDS)
        return False

    def _watch(self):
        """Starts it again, after a while that the seed chose, as an operator's supervisor would."""
        failed_at = None
        while self.watching.is_set():
            failed = self.steering.syncs.failures > self.failures_before
            if failed and failed_at is None:
                failed_at = waiting.now()
            if not self.server.running:
                self._note_end(self.server.process.poll(), waiting.now() - failed_at if failed_at else 0.0)
                failed_at = None
                waiting.rest(self.random.random())
                if self.watching.is_set():
                    self._start()
            waiting.rest(WATCH_SECONDS)

    def _note_end(self, code, after_s):
        why = self.expected
        if why is None:
            why = "sync" if self.steering.syncs.failures > self.failures_before else "itself"
        self.expected = None
        self.ends += 1
        output = "" if why in ("killed", "drained") else self.server.output[-600:]
        self.record.note("server", what="ended", code=code, why=why, after_s=round(after_s, 3), output=output)

    def end(self, signal, why):
        """Ends it from outside; the watcher starts it again."""
        self.expected = why
        self.server.process.send_signal(signal)

    def wait_started(self, ends_before):
        """Until it has ended more often than that, and serves again."""
        waiting.until(
            lambda: self.ends > ends_before and self.server.running and self._answers(),
            "the server serves again",
            START_SECONDS_MAX,
        )

    def _answers(self):
        try:
            return Rest(self.server.port).call("GET", "/readyz", seconds=5).status == 200
        except OSError:
            return False

    def stop(self):
        """For good, in order; its exit code."""
        self.watching.clear()
        self.watcher.join()
        code = self.server.stop()
        self.record.note("server", what="ended", code=code, why="drained", after_s=0.0)
        return code

    def close(self):
        self.watching.clear()
        if self.server.process is not None:
            self.server.kill()
