"""A client that reads nothing for a minute while 50,000 messages pass gets them all, also where each is as
long as a message can be."""
import random
import threading
from collections import Counter, deque

from proof import waiting
from proof.server import Server
from proof.session import Account, Session
from texts import TEXT_POINTS_MAX, Texts

WINDOW = 16
WRITERS = 4
PING_SECONDS = 20
RECEIVE_BUFFER = 4096
# The server may take this much more memory than before, for all that passes the one who does not read.
MEMORY_KIB_MAX = 64 * 1024


def run(cases, options, say):
    lines = Texts(random.Random(options.seed)).take(options.messages)
    pass_by(cases, "deaf", lines, options.seconds, say)
    pass_by(cases, "deaf to chapters", chapters(options.chapters), 0, say)


def chapters(count):
    """As long as texts may be, counted in characters and nearly so in bytes; each another."""
    return [f"{number} ".ljust(TEXT_POINTS_MAX, "é") for number in range(count)]


def pass_by(cases, scene, lines, seconds, say):
    def check(name, holds, why=""):
        cases.check(f"{scene}: {name}", holds, why)

    with Server() as server:
        deaf = Account.register(server, "deaf")
        writers = [Account.register(server, f"writer{number}") for number in range(WRITERS)]
        with Session(server, writers[0]) as founder:
            group = founder.create_group("loud", [deaf, *writers[1:]])
        session = Session(server, deaf, receive_buffer=RECEIVE_BUFFER)
        cursor = session.states()[group]["head"]
        session.inbox.clear()

        watch = MemoryWatch(server)
        before = watch.now()
        started = waiting.now()
        texts = write_all(server, writers, group, lines)
        say(f"{len(texts)} messages accepted in {waiting.now() - started:.1f} s")
        while waiting.now() - started < seconds:
            session.send("ping")
            waiting.rest(min(PING_SECONDS, max(0.1, seconds - (waiting.now() - started))))
        peak = watch.stop()
        say(f"server memory: {before / 1024:.1f} MiB before, {peak / 1024:.1f} MiB at most")
        check("the connection lives", still_served(session), "it was closed")
        check(
            "it was told that its queue had been given up", was_given_up(session), "no second `resumed` came"
        )
        came, twice = everything(session, group, cursor)
        check("nothing came twice", not twice, twice[:5])
        check("it gets every message once", Counter(came) == Counter(texts), f"{len(came)} of {len(texts)}")
        check("in the order of the store", came == session.texts(group))
        check(
            "the server's memory stayed bounded",
            peak - before < MEMORY_KIB_MAX,
            f"{(peak - before) / 1024:.0f} MiB more",
        )
        session.drop()


class MemoryWatch:
    """Looks at the server's resident memory ten times a second; `stop` tells the largest."""

    def __init__(self, server):
        self.server, self.peak = server, 0
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._watch, daemon=True)
        self.thread.start()

    def now(self):
        return self.server.memory_kib()

    def _watch(self):
        while not self.ended.wait(0.1):
            self.peak = max(self.peak, self.now())

    def stop(self):
        self.ended.set()
        self.thread.join()
        return self.peak


def write_all(server, writers, group, lines):
    """All writers at once, each with a window. Gives every text that was accepted."""
    problems = []

    def write(account, share):
        try:
            write_with_window(server, account, group, share)
        except Exception as problem:  # noqa: BLE001 - told below
            problems.append(problem)

    shares = [lines[number :: len(writers)] for number in range(len(writers))]
    threads = [threading.Thread(target=write, args=pair) for pair in zip(writers, shares)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not problems, problems
    return [line for share in shares for line in share]


def write_with_window(server, account, group, lines):
    with Session(server, account, resume=False) as session:
        waiting_for = deque()
        for line in lines:
            waiting_for.append(session.send("message.send", {"target": {"stream": group}, "text": line}))
            if len(waiting_for) >= WINDOW:
                answer(session, waiting_for.popleft())
        while waiting_for:
            answer(session, waiting_for.popleft())


def answer(session, command):
    answered = session.answer(command, 30)
    assert answered["type"] == "message.accepted", answered


def still_served(session):
    command = session.send("ping")
    return session.answer(command, 60)["type"] == "pong"


def was_given_up(session):
    """A second `resumed` comes, once it has read what the kernel held for it; that is asked of the store."""
    try:
        session.expect("resumed", 20)
    except AssertionError:
        return False
    return True


def everything(session, group, cursor):
    """What came live, and what a pull from the cursor brings beyond it: texts by place. And the places that
    came twice by the same way."""
    live = [one for one in session.inbox if one["type"] == "message.new" and one["stream"] == group]
    pulled = [row for row in session.pull(group, cursor) if row["type"] == "message.new"]
    twice = [
        seq
        for way in (live, pulled)
        for seq, count in Counter(one["seq"] for one in way).items()
        if count > 1
    ]
    rows = {}
    for one in (*live, *pulled):
        known = rows.setdefault(one["seq"], one["payload"]["text"])
        assert known == one["payload"]["text"], "a message differs between live and pulled"
    assert len({one["seq"] for one in live}) < len(
        rows
    ), "everything came live: the client was not deaf enough"
    return [rows[seq] for seq in sorted(rows)], twice
