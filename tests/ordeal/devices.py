"""Devices: the `parley` command line with a home of its own, behind a way to the server of its own."""
import json
import os
import pathlib
import sqlite3
import subprocess
import tempfile
import threading
import uuid
from contextlib import closing, contextmanager

from proof.server import program
from proof.store import copied

MESSAGE = 42
MESSAGE_SEND = 40
DONE, QUEUED, UNREACHABLE = 0, 5, 7


class Device:
    def __init__(self, folder, handle, number, way, environment=None):
        self.handle, self.name, self.way = handle, f"{handle}{number}", way
        self.home = pathlib.Path(folder) / self.name
        self.address = f"http://127.0.0.1:{way.port}"
        self.environment = {
            **os.environ,
            "PARLEY_HOME": str(self.home),
            "PARLEY_PASSWORD": "correct horse battery",
            **(environment or {}),
        }
        self.tail = None
        # Ids of what it was asked to send, in order: (conversation, text) by id.
        self.sent = {}
        self.states = {}
        self.lock = threading.Lock()

    def start(self, *arguments, **options):
        return subprocess.Popen(
            [str(program("parley")), "--json", *arguments],
            env=self.environment,
            text=True,
            errors="surrogateescape",
            **options,
        )

    def run(self, *arguments, allowed=(DONE,), seconds=120, text=None):
        """Runs to its end; the objects that it printed."""
        process = self.start(
            *arguments,
            stdin=subprocess.PIPE if text is not None else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        try:
            out, problems = process.communicate(text, timeout=seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            raise AssertionError(
                f"{self.name}: parley {' '.join(arguments)} did not end in {seconds} s"
            ) from None
        said = f"{self.name}: parley {' '.join(arguments)} ended with {process.returncode}: {problems[-800:]}"
        assert process.returncode in allowed, said
        return [json.loads(line) for line in out.splitlines()]

    def register(self):
        return self.run("register", self.handle, "--server", self.address, "--device", self.name)[0]

    def login(self):
        return self.run("login", self.handle, "--server", self.address, "--device", self.name)[0]

    def send(self, conversation, lines, *options, note=lambda first, accepted: None):
        """Sends lines from standard input. Each id that is reported is kept with its state, as it comes."""
        source = tempfile.TemporaryFile("w+", encoding="utf-8")
        source.write("".join(line + "\n" for line in lines))
        source.seek(0)
        process = self.start(
            "--wait",
            "3",
            "send",
            conversation,
            *options,
            stdin=source,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        source.close()
        reported = []
        for line in process.stdout:
            said = json.loads(line)
            reported.append(said)
            with self.lock:
                first = said["id"] not in self.states
                self.states[said["id"]] = said["state"]
            note(first, said["state"] == "sent")
        problems = process.stderr.read()
        code = process.wait()
        assert code in (DONE, QUEUED), f"{self.name}: parley send ended with {code}: {problems[-800:]}"
        ids = {said["id"] for said in reported}
        assert len(ids) == len(
            lines
        ), f"{self.name}: {len(lines)} lines were sent, {len(ids)} ids were reported"
        return ids

    def history(self, conversation, *options):
        return self.run("history", conversation, "--all", *options, seconds=600)

    def conversations(self, *options):
        return {
            one["conversation"]: one for one in self.run("conversations", *options) if "conversation" in one
        }

    def outbox(self):
        return self.run("outbox", "--offline")

    def start_sync(self):
        self.tail = self.start(
            "--wait",
            "60",
            "sync",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )

    def end_sync(self):
        _, problems = self.tail.communicate(timeout=120)
        assert (
            self.tail.returncode == DONE
        ), f"{self.name}: sync ended with {self.tail.returncode}: {problems}"
        self.tail = None

    def start_tail(self):
        self.tail = self.start(
            "tail", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def stop_tail(self):
        if self.tail:
            self.tail.terminate()
            self.tail.wait(30)
            self.tail = None

    @contextmanager
    def database(self):
        """Its database, to be read with SQL of our own while no parley runs."""
        file = max(
            (path for path in self.home.rglob("*") if is_sqlite(path)), key=lambda path: path.stat().st_size
        )
        with tempfile.TemporaryDirectory() as folder:
            with closing(sqlite3.connect(copied(file, folder))) as database:
                yield database

    def pending(self):
        """Ids of the messages that it still has to send."""
        with self.database() as database:
            rows = database.execute(
                "SELECT id FROM command WHERE type = ? AND failure IS NULL", (MESSAGE_SEND,)
            )
            return {str(uuid.UUID(bytes=ident)) for (ident,) in rows}

    def held(self):
        """The messages that it holds: {conversation: {born: id}}."""
        found = {}
        with self.database() as database:
            query = """SELECT c.stream, r.born, r.id FROM stream_row r
                       JOIN conversation c ON c.number = r.stream WHERE r.type = ? AND r.id IS NOT NULL"""
            for stream, born, ident in database.execute(query, (MESSAGE,)):
                found.setdefault(stream, {})[born] = str(uuid.UUID(bytes=ident))
        return found


def is_sqlite(path):
    if not path.is_file():
        return False
    with open(path, "rb") as file:
        return file.read(15) == b"SQLite format 3"
