"""A real parleyd on loopback, with its own data, that can be killed and started again."""
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile

from . import waiting
from .rest import Rest

SOURCE = pathlib.Path(__file__).resolve().parents[4]
# What the tests of this folder need: open registration, hashing that costs nothing, and no limit on speed;
# all come from one address.
QUICK = {
    "passwords.memory_kib": 8,
    "passwords.passes": 1,
    "registration": "open",
    "listen.strangers_max": 1000000,
    "accounts.new_max": 1000000,
    "calls.per_second": 1000000,
    "calls.burst": 1000000,
    "passwords.address_failures_max": 1000000,
    "links.tries_max": 1000000,
    "messages.per_second": 1000000,
    "messages.burst": 1000000,
}


def build_folder():
    """Where the programs are: TEST_BUILD, else build/dev."""
    return pathlib.Path(os.environ.get("TEST_BUILD") or SOURCE / "build" / "dev").resolve()


def program(name):
    """A built program, wherever its folder's CMakeLists puts it."""
    folder = build_folder()
    for part in ("server", "client", "client/cli", "bench"):
        if (folder / part / name).is_file():
            return folder / part / name
    raise SystemExit(f"{name} is not built in {folder}; build it first, or set TEST_BUILD")


def clean_environment():
    """Ours without settings of whoever runs the tests."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PARLEY_")}


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def toml(settings):
    """Settings with dotted names as a TOML file."""
    tables = {}
    for name, value in settings.items():
        table, _, key = name.rpartition(".")
        tables.setdefault(table, {})[key] = value
    lines = []
    for table in sorted(tables):
        if table:
            lines.append(f"[{table}]")
        for key, value in tables[table].items():
            # TOML's numbers, booleans, strings and lists of these look as JSON's do.
            lines.append(f"{key} = {json.dumps(value)}")
    return "\n".join(lines) + "\n"


class Server:
    """One process at a time over one data folder. As a context it is killed at the end, its data removed.

    `environment`: variables that it gets besides ours. `started_with`: options of its subprocess.Popen.
    """

    def __init__(
        self, settings=None, *, quick=True, tls_client=None, keep=False, environment=None, started_with=None
    ):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="parley-"))
        self.data = self.folder / "data"
        self.port = free_port()
        self.tls_client = tls_client
        self.settings = {**(QUICK if quick else {}), **(settings or {})}
        self.keep = keep
        self.environment = {**clean_environment(), **(environment or {})}
        self.started_with = started_with or {}
        self.process = None
        self.starts = 0

    def write_config(self):
        own = {"data": str(self.data), "listen.address": "127.0.0.1", "listen.port": self.port}
        path = self.folder / "parleyd.toml"
        path.write_text(toml({**own, **self.settings}))
        return path

    @property
    def output(self):
        """Everything that it printed since the first start."""
        return (self.folder / "output.txt").read_text(errors="replace")

    def start(self, wait=True):
        assert not self.running, "it runs already; another one would be left behind"
        config = self.write_config()
        with open(self.folder / "output.txt", "ab") as output:
            self.process = subprocess.Popen(
                [str(program("parleyd")), "--config", str(config)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                env=self.environment,
                **self.started_with,
            )
        self.starts += 1
        if wait:
            self.wait_ready()
        return self

    def wait_ready(self, seconds=30.0):
        def ready():
            ended = self.process.poll()
            assert ended is None, f"parleyd ended with {ended}: {self.output[-2000:]}"
            try:
                return Rest(self.port, self.tls_client).call("GET", "/readyz", seconds=5).status == 200
            except OSError:
                return False

        waiting.until(ready, "parleyd is ready", seconds)

    @property
    def pid(self):
        return self.process.pid

    @property
    def running(self):
        return self.process is not None and self.process.poll() is None

    def kill(self):
        """SIGKILL, as a crash would."""
        if self.running:
            self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self, seconds=30.0):
        """SIGTERM, and its exit code once it has drained."""
        if self.running:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"parleyd did not end within {seconds:g} s of SIGTERM") from None

    def memory_kib(self, what="VmRSS"):
        status = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(rf"^{what}:\s+(\d+) kB", status, re.MULTILINE).group(1))

    def metrics(self):
        """All samples of /metrics by name with labels."""
        body = Rest(self.port, self.tls_client).call("GET", "/metrics").body.decode()
        pairs = (line.rsplit(" ", 1) for line in body.splitlines() if line and not line.startswith("#"))
        return {name: float(value) for name, value in pairs}

    def database(self):
        """The SQLite file of a stopped server."""
        files = [path for path in self.data.rglob("*") if path.is_file() and _is_sqlite(path)]
        assert files, f"no SQLite file in {self.data}"
        return max(files, key=lambda path: path.stat().st_size)

    def __enter__(self):
        return self.start() if self.process is None else self

    def __exit__(self, *_):
        self.close()

    def close(self):
        if self.process is not None:
            self.kill()
        if not self.keep:
            shutil.rmtree(self.folder, ignore_errors=True)


def _is_sqlite(path):
    with open(path, "rb") as file:
        return file.read(15) == b"SQLite format 3"


def run_parleyd(*arguments, cwd=None, env=None, seconds=30, **options):
    """Runs parleyd to its end (backup, restore, config), with these variables besides ours: the finished
    process with its output as text."""
    return subprocess.run(
        [str(program("parleyd")), *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=seconds,
        cwd=cwd,
        env={**clean_environment(), **(env or {})},
        check=False,
        **options,
    )
