"""Everybody writes while the server is killed and connections are cut; in the end nothing is missing.

Acknowledged means stored; each message is on every device exactly once, in one order; what is not accepted is
still being sent; a device's own messages keep their order; counters equal a recount.
"""
import random
import threading
from collections import Counter

from people import People
from proof import waiting
from proof.rest import Rest
from proof.session import Account, Session
from proof.store import Store
from texts import Texts

CHUNK_LINES = (20, 400)
DOWN_SECONDS_MAX = 1.0
# Bytes that pass until a connection is cut, on average: 400,000 for 60,000 lines, fewer for fewer.
BYTES_MEAN_PER_LINE, BYTES_MEAN_MAX = 50, 400_000
# The last kill comes when this part of the lines is told of. Each device holds back so much to write it to a
# dead server: 3 % for all six.
LAST_KILL_SHARE = 0.96
HELD_BACK_SHARE = 0.005


class Storm:
    def __init__(self, lines, kills, seed, say):
        self.random = random.Random(seed)
        self.say = say
        self.people = People(seed, bytes_mean=min(BYTES_MEAN_MAX, BYTES_MEAN_PER_LINE * lines))
        self.texts = Texts(self.random)
        self.lines, self.kills = lines, kills
        self.lock = threading.Lock()
        # Lines that a parley has told something of: that they were accepted, or wait.
        self.told = 0
        self.accepted = 0
        self.killed = 0
        self.down = threading.Event()
        # What each device was given: [(conversation word, lines)].
        self.chunks = {device: [] for device in self.people.devices}
        self.held_back = {}
        # Who has nothing more to write but what is held back.
        self.ready = set()
        self.given = {device: [] for device in self.people.devices}
        self.problems = []

    # Laying out

    def deal(self):
        """Cuts the text into pieces, each for one device and one of its conversations, and one held back."""
        held = max(1, int(self.lines * HELD_BACK_SHARE))
        left = self.lines - held * len(self.people.devices)
        while left > 0:
            for device in self.people.devices:
                count = min(left, self.random.randint(*CHUNK_LINES), max(1, self.lines // 20))
                if count == 0:
                    break
                place = self.random.choice(self.people.places[device.handle])
                self.chunks[device].append((place, self.texts.take(count)))
                left -= count
        for device in self.people.devices:
            place = self.random.choice(self.people.places[device.handle])
            self.held_back[device] = (place, self.texts.take(held))

    # While it rages

    def note(self, first, accepted):
        with self.lock:
            self.told += first
            self.accepted += accepted

    def write(self, device):
        """One device's thread: piece after piece; the last one is written while the server is down."""
        try:
            for place, lines in self.pieces(device):
                options = ["--no-wait"] if self.down.is_set() else []
                if self.random_of(device).random() < 0.2:
                    options += ["--mention", f"@{self.random_of(device).choice(('ada', 'bob', 'cyd'))}"]
                ids = device.send(place, lines, *options, note=self.note)
                self.given[device].append((place, lines, ids))
                if self.random_of(device).random() < 0.15 and not self.down.is_set():
                    device.run("read", place, allowed=(0, 4, 5, 7))
        except Exception as problem:  # noqa: BLE001 - it is told at the end, by name
            self.problems.append(f"{device.name}: {type(problem).__name__}: {problem}")

    def pieces(self, device):
        yield from self.chunks[device]
        self.ready.add(device)
        self.down.wait()
        yield self.held_back[device]

    def random_of(self, device):
        if not hasattr(device, "random"):
            device.random = random.Random(f"{device.name}")
        return device.random

    def rage(self):
        """Kills the server whenever another part is told of; after the last kill it stays down."""
        writers = [
            threading.Thread(target=self.write, args=(device,), daemon=True) for device in self.people.devices
        ]
        for device in self.people.devices[1::2]:
            device.start_tail()
        for writer in writers:
            writer.start()
        while not self.down.is_set():
            self.wait_for_next_kill(writers)
            self.people.server.kill()
            self.killed += 1
            self.say(f"kill {self.killed} at {self.accepted} accepted, {self.people.proxy.cuts} cuts so far")
            if self.killed >= self.kills:
                self.down.set()
                break
            waiting.rest(self.random.random() * DOWN_SECONDS_MAX)
            self.people.server.start()
        for writer in writers:
            writer.join()
        self.people.server.kill()
        for device in self.people.devices:
            device.stop_tail()

    def wait_for_next_kill(self, writers):
        """Evenly over all lines, some but the last a little early; what is left meets a dead server."""
        number = self.killed + 1
        early = self.random.uniform(0, 0.3) if number < self.kills else 0
        share = LAST_KILL_SHARE * (number - early) / self.kills
        waiting.until(
            lambda: self.told >= share * self.lines or all(map(self.has_ended, writers, self.people.devices)),
            f"kill {self.killed + 1} at {share:.0%} of the lines; {self.told} are told of",
            seconds=1800,
        )

    def has_ended(self, writer, device):
        """Where a writer failed, the others need not wait for what it will not write."""
        return device in self.ready or not writer.is_alive()

    # Afterwards

    def judge_unfinished(self, check):
        """The server is dead: what a device was given is in the store, or waits in its outbox."""
        store = Store(self.people.server.database())
        stored = {one.id for rows in store.messages.values() for one in rows}
        pending = 0
        for device in self.people.devices:
            outbox, status = device.pending(), device.run("status", "--offline")[0]
            given = set().union(*(ids for _, _, ids in self.given[device])) if self.given[device] else set()
            pending += len(given - stored)
            said = {ident for ident, state in device.states.items() if state == "sent"}
            check(
                f"{device.name}: everything that was accepted is in the store",
                not said - stored,
                f"{len(said - stored)} are missing",
            )
            check(
                f"{device.name}: everything else is still being sent",
                given - stored <= outbox,
                f"{len(given - stored - outbox)} are lost",
            )
            check(f"{device.name}: nothing failed", status["failed"] == 0, status)
        self.say(f"the server is dead; {len(stored)} messages are stored, {pending} wait in outboxes")
        check("something waits in outboxes: the server died before the end", pending > 0)

    def calm(self):
        self.people.proxy.bytes_mean = 0
        self.people.server.start()
        # Twice: what the first devices fetch before the last ones have sent is not everything yet.
        self.people.sync()
        self.people.sync()

    def judge(self, check):
        shown = {device: self.shown_by(device) for device in self.people.devices}
        states = {handle: self.fresh_states(handle) for handle in self.people.ids}
        self.people.server.stop()
        store = Store(self.people.server.database())
        check("the store's file is whole", store.problems == ["ok"], store.problems)
        total = sum(len(rows) for rows in store.messages.values())
        check("every line is stored once", total == self.lines, f"{total} of {self.lines} lines")
        for device in self.people.devices:
            self.judge_device(check, store, device, *shown[device])
            self.judge_order(check, store, device)
        for handle, account in self.people.ids.items():
            counts = {
                stream: (one.get("unread", 0), one.get("mentions", 0))
                for stream, one in states[handle].items()
            }
            recounted = {stream: store.recount(stream, account) for stream in counts}
            present = store.present(account)
            check(
                f"{handle}: the server told a state of each of its conversations",
                set(counts) == present and present,
                f"{sorted(counts)} {sorted(present)}",
            )
            check(
                f"{handle}: the server's counters equal a recount",
                counts == recounted,
                f"{counts} {recounted}",
            )
        told = [one for served in states.values() for one in served.values()]
        unread, mentions = (sum(one.get(what, 0) for one in told) for what in ("unread", "mentions"))
        check(
            "something is unread, and somebody is mentioned", unread > 0 and mentions > 0, (unread, mentions)
        )
        self.say(f"{total} stored, {unread} unread, {self.killed} kills, {self.people.proxy.cuts} cuts")

    def shown_by(self, device):
        conversations = device.conversations()
        history = {stream: device.history(stream) for stream in conversations}
        return conversations, history, device.outbox()

    def fresh_states(self, handle):
        """What the server tells a new device over a raw socket."""
        body = {"handle": handle, "password": "correct horse battery", "device_name": "judge"}
        rest = Rest(self.people.server.port)
        account = Account(rest, handle, rest.ok("POST", "/v1/sessions", body))
        with Session(self.people.server, account) as session:
            return session.states()

    def judge_device(self, check, store, device, conversations, history, outbox):
        account = self.people.ids[device.handle]
        for stream, messages in history.items():
            shown = [(one["born"], one["id"], one["sender"], one["text"]) for one in messages]
            stored = [(one.born, one.id, one.sender, one.text) for one in store.messages.get(stream, [])]
            check(
                f"{device.name}: {stream} equals the store, in order, each once",
                shown == stored,
                difference(shown, stored),
            )
            counted = (conversations[stream]["unread"], conversations[stream]["mentions"])
            recounted = store.recount(stream, account)
            check(
                f"{device.name}: counters of {stream}",
                counted == recounted,
                f"{counted}, recounted {recounted}",
            )
        mine = {stream for (stream, member) in store.intervals if member == account}
        check(f"{device.name}: has all its conversations", set(history) == mine, f"{set(history)} {mine}")
        check(f"{device.name}: nothing waits and nothing failed", outbox == [], outbox[:3])

    def judge_order(self, check, store, device):
        """What one device sent into one conversation stands there in the order in which it was sent."""
        wanted = {}
        for place, lines, ids in self.given[device]:
            wanted.setdefault(place, [[], set()])
            wanted[place][0].extend(lines)
            wanted[place][1].update(ids)
        for place, (lines, ids) in wanted.items():
            found = [[one.text for one in rows if one.id in ids] for rows in store.messages.values()]
            nonempty = [texts for texts in found if texts]
            check(
                f"{device.name}: its lines to {place} are there, in its order",
                nonempty == [lines],
                f"{[len(texts) for texts in nonempty]} of {len(lines)}",
            )


def difference(shown, stored):
    lost, extra = set(stored) - set(shown), set(shown) - set(stored)
    twice = [one for one, count in Counter(ident for _, ident, _, _ in shown).items() if count > 1]
    return f"{len(shown)} shown, {len(stored)} stored: {len(lost)} lost, {len(extra)} new, {len(twice)} twice"


def run(cases, options, say):
    storm = Storm(options.lines, options.kills, options.seed, say)

    def check(name, holds, why=""):
        cases.check(f"storm: {name}", holds, why)

    try:
        storm.deal()
        storm.rage()
        check("every parley did what it was asked to", not storm.problems, storm.problems)
        check(f"the server was killed {options.kills} times", storm.killed >= options.kills, storm.killed)
        check("connections were cut", storm.people.proxy.cuts > 0)
        storm.judge_unfinished(check)
        storm.calm()
        storm.judge(check)
    finally:
        storm.people.close()
