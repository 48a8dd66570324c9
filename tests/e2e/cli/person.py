"""One person at a command line: a home of his own, and the real `parley`."""
import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import threading

from proof import waiting
from proof.server import program

PASSWORD = "correct horse battery"


class Done:
    """What a command left: exit code, output, and its lines as JSON where it was asked for that."""

    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    @property
    def objects(self):
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def problem(self):
        """The object on standard error."""
        return json.loads(self.err.splitlines()[-1])


class Running:
    """A command in the background; what it prints is read as it comes."""

    def __init__(self, process):
        self.process = process
        self.lines = []
        self.errors = []
        self.threads = [
            threading.Thread(target=self._read, args=(process.stdout, self.lines), daemon=True),
            threading.Thread(target=self._read, args=(process.stderr, self.errors), daemon=True),
        ]
        for thread in self.threads:
            thread.start()

    def _read(self, stream, lines):
        for line in stream:
            lines.append(line.rstrip("\n"))

    @property
    def objects(self):
        return [json.loads(line) for line in list(self.lines)]

    def texts(self):
        return [one["text"] for one in self.objects]

    def until(self, condition, what, seconds=20.0):
        return waiting.until(lambda: condition(self), what, seconds)

    def write(self, text):
        self.process.stdin.write(text)
        self.process.stdin.flush()

    def send_signal(self, number):
        self.process.send_signal(number)

    def end(self, number=signal.SIGTERM, seconds=10.0):
        """Ends it and returns its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.wait(seconds)

    def wait(self, seconds=60.0):
        code = self.process.wait(seconds)
        for thread in self.threads:
            thread.join(5)
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            with contextlib.suppress(OSError):
                stream.close()
        return code


class Person:
    """`Person(server, "ada")` registers; `Person(server, "ada", login=True)` is another device of hers."""

    def __init__(self, server, handle, *, login=False, register=True, name=None):
        self.server, self.handle = server, handle
        self.home = self.made = pathlib.Path(tempfile.mkdtemp(prefix=f"parley-{handle}-"))
        self.background = []
        self.also = {}  # variables besides
        if login:
            self.ok("login", handle, "--server", self.address)
        elif register:
            named = ("--name", name) if name else ()
            self.ok("register", "--server", self.address, "--handle", handle, *named)

    @property
    def address(self):
        return f"http://127.0.0.1:{self.server.port}"

    @property
    def folder(self):
        """Of the only account."""
        (folder,) = (one for one in self.home.iterdir() if one.is_dir())
        return folder

    def environment(self, password=PASSWORD):
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PARLEY_")}
        return {**kept, "PARLEY_HOME": str(self.home), "PARLEY_PASSWORD": password, "TZ": "UTC", **self.also}

    def run(self, *words, given=None, seconds=60.0, password=PASSWORD):
        finished = subprocess.run(
            [str(program("parley")), *map(str, words)],
            input=given,
            stdin=None if given is not None else subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=seconds,
            env=self.environment(password),
            check=False,
        )
        return Done(finished.returncode, finished.stdout, finished.stderr)

    def ok(self, *words, **options):
        done = self.run(*words, **options)
        assert done.code == 0, f"{self.said(words)} ended with {done.code}: {done.err}{done.out}"
        return done

    def refused(self, code, *words, **options):
        """Runs what must end with this code."""
        done = self.run(*words, **options)
        assert done.code == code, f"{self.said(words)} ended with {done.code}, not {code}: {done.err}"
        return done

    @staticmethod
    def said(words):
        return "parley " + " ".join(map(str, words))[:200]

    def start(self, *words):
        process = subprocess.Popen(
            [str(program("parley")), *map(str, words)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env=self.environment(),
        )
        running = Running(process)
        self.background.append(running)
        return running

    def start_into_a_closed_pipe(self, *words):
        """A command whose output nobody reads: the process itself."""
        reading, writing = os.pipe()
        process = subprocess.Popen(
            [str(program("parley")), *words],
            stdin=subprocess.DEVNULL,
            stdout=writing,
            stderr=subprocess.DEVNULL,
            env=self.environment(),
        )
        os.close(reading)
        os.close(writing)
        return process

    def history(self, conversation, *words):
        """All messages that the device holds or can get, as objects."""
        return self.ok("history", conversation, "--all", "--json", *words).objects

    def texts(self, conversation):
        return [one["text"] for one in self.history(conversation)]

    def conversations(self):
        return self.ok("conversations", "--json").objects

    def tail(self, *words):
        """`tail --json` that has begun to listen."""
        running = self.start("tail", "--json", *words)
        waiting.until(lambda: self.listens(running.process), "tail listens")
        # Answered by the one that listens, as soon as it has begun to wait for messages.
        self.status()
        return running

    def listens(self, process):
        """Whether somebody serves this account's socket while the process runs."""
        if process.poll() is not None:
            return False
        # By the folder's descriptor, since an address has room for about a hundred characters.
        folder = os.open(self.folder, os.O_RDONLY)
        try:
            with socket.socket(socket.AF_UNIX) as one:
                one.connect(f"/proc/self/fd/{folder}/socket")
            return True
        except OSError:
            return False
        finally:
            os.close(folder)

    def status(self):
        (status,) = self.ok("status", "--json").objects
        return status

    def close(self):
        for running in self.background:
            if running.process.poll() is None:
                running.send_signal(signal.SIGCONT)
                running.end(signal.SIGKILL)
        shutil.rmtree(self.made, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


@contextlib.contextmanager
def people(server, *handles):
    """Freshly registered persons, whose handles no other case uses."""
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(Person(server, fresh(handle))) for handle in handles]


counter = iter(range(1, 1_000_000))


def fresh(handle):
    return f"{handle}{next(counter)}"
