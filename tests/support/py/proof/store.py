"""Reads a stopped server's SQLite file with SQL of our own: the product's code cannot vouch for itself."""
import pathlib
import shutil
import sqlite3
import tempfile
import uuid
from collections import defaultdict
from contextlib import closing
from dataclasses import dataclass

from . import cbor

DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"
MESSAGE = 42
READ_CHANGED = 62


def wire_id(letter, key):
    """The server's number of a thing as it stands on the wire: a letter and ten digits of base 32."""
    return letter + "".join(DIGITS[key >> shift & 31] for shift in range(45, -5, -5))


def copied(path, folder):
    """A copy with its log, which alone has the newest after a kill; looking changes nothing then."""
    path = pathlib.Path(path)
    for ending in ("", "-wal"):
        if pathlib.Path(str(path) + ending).exists():
            shutil.copy(str(path) + ending, folder)
    return pathlib.Path(folder, path.name)


@dataclass(frozen=True)
class Message:
    born: int
    seq: int
    id: str
    sender: str
    text: str
    mentions: tuple
    names_all: bool = False


class Store:
    """All messages by conversation, in order of their places, and where each reader stands. What was deleted
    is in `deleted`; `first_texts` has what edited ones said at first, by conversation and place."""

    def __init__(self, path):
        with tempfile.TemporaryDirectory() as folder, closing(
            sqlite3.connect(copied(path, folder))
        ) as database:
            self.problems = [row[0] for row in database.execute("PRAGMA integrity_check")]
            self.messages = self._messages(database, gone=0)
            self.deleted = self._messages(database, gone=1)
            self.first_texts = self._first_texts(database)
            self.heads = {
                wire_id("c", key): head
                for key, head in database.execute("SELECT stream, max(seq) FROM row GROUP BY stream")
            }
            self.intervals = self._intervals(database)
            self.positions = self._positions(database)
            self.epoch = database.execute("SELECT epoch FROM meta").fetchone()[0]

    def _messages(self, database, gone):
        found = defaultdict(list)
        query = "SELECT stream, born, seq, id, author, body FROM row WHERE kind = ? AND gone = ?"
        for stream, born, seq, ident, author, body in database.execute(
            query + " ORDER BY stream, born", (MESSAGE, gone)
        ):
            said = cbor.decode_sequence(body)[0]
            sender = wire_id("a", author)
            assert said.get(1, sender) == sender, "the body's sender is not the row's author"
            text = said.get(2, "") if gone else said[2]
            names = tuple(said.get(4, ())), said.get(8, False)
            message = Message(born, seq, str(uuid.UUID(bytes=ident)), sender, text, *names)
            found[wire_id("c", stream)].append(message)
        return dict(found)

    def _first_texts(self, database):
        query = "SELECT stream, born, body FROM earlier_text WHERE seq = born"
        return {
            (wire_id("c", stream), born): cbor.decode_sequence(body)[0][2]
            for stream, born, body in database.execute(query)
        }

    def _intervals(self, database):
        found = defaultdict(list)
        for conversation, account, first, last in database.execute(
            "SELECT conversation, account, first, last FROM interval"
        ):
            found[wire_id("c", conversation), wire_id("a", account)].append((first, last))
        return dict(found)

    def _positions(self, database):
        """Read positions: the largest `upto` that the account's own stream tells, per conversation."""
        found = {}
        for stream, body in database.execute("SELECT stream, body FROM row WHERE kind = ?", (READ_CHANGED,)):
            said = cbor.decode_sequence(body)[0]
            found[said[1], wire_id("a", stream)] = said[2]
        return found

    def present(self, account):
        """The conversations that the account is in."""
        return {
            stream
            for (stream, member), spans in self.intervals.items()
            if member == account and spans[-1][1] is None
        }

    def recount(self, conversation, account):
        """(unread, mentions): messages of others that are visible and above the read position or joining."""
        spans = self.intervals.get((conversation, account), [])
        if not spans:
            return 0, 0
        position = max(self.positions.get((conversation, account), 0), spans[-1][0])
        unread = [
            one
            for one in self.messages.get(conversation, [])
            if one.sender != account
            and one.born > position
            and any(first <= one.born and (last is None or one.born <= last) for first, last in spans)
        ]
        return len(unread), sum(one.names_all or account in one.mentions for one in unread)
