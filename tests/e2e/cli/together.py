"""Several invocations of one account at once."""
import contextlib
import json
import re
import signal
import threading
import time

from person import people
from proof import waiting
from proof.cases import equal


def numbered(word, count):
    return [f"{word} {number}" for number in range(count)]


def lines(texts):
    return "".join(text + "\n" for text in texts)


def the_second_goes_through_the_first(server):
    with people(server, "ada", "bob") as (ada, bob):
        tail = ada.tail()
        equal(ada.status()["owner"], False, "who owns the database")
        ada.ok("send", f"@{bob.handle}", "through the other one")
        tail.until(lambda one: one.texts() == ["through the other one"], "the first shows it")
        equal(bob.texts(f"@{ada.handle}"), ["through the other one"], "what bob sees")
        equal(tail.end(), 0, "exit code")
        equal(ada.status()["owner"], True, "who owns it afterwards")


def two_senders_at_once_send_everything_once(server):
    with people(server, "ada", "bob") as (ada, bob):
        ada.ok("send", f"@{bob.handle}", "first")
        running = [ada.start("send", f"@{bob.handle}") for _ in range(3)]
        for number, one in enumerate(running):
            one.write(lines(numbered(f"sender {number}", 300)))
            one.process.stdin.close()
        for one in running:
            equal(one.wait(60), 0, f"exit code ({one.errors})")
        texts = bob.texts(f"@{ada.handle}")
        equal(len(texts), 901, "messages")
        for number in range(3):
            own = [text for text in texts if text.startswith(f"sender {number} ")]
            equal(own, numbered(f"sender {number}", 300), "each in its own order")


def a_guest_goes_on_when_the_owner_is_killed(server):
    with people(server, "ada", "bob") as (ada, bob):
        ada.ok("send", f"@{bob.handle}", "first")
        owner = ada.tail()
        guest = ada.start("send", f"@{bob.handle}")
        texts = numbered("line", 2000)
        guest.write(lines(texts[:1000]))
        waiting.until(lambda: len(bob.texts(f"@{ada.handle}")) > 100, "some have arrived")
        owner.end(signal.SIGKILL)
        guest.write(lines(texts[1000:]))
        guest.process.stdin.close()
        equal(guest.wait(60), 0, f"exit code ({guest.errors})")
        equal(bob.texts(f"@{ada.handle}"), ["first", *texts], "everything once, in order")


def a_tail_goes_on_when_the_owner_ends(server):
    with people(server, "ada", "bob") as (ada, bob):
        bob.ok("send", f"@{ada.handle}", "first")
        owner = ada.tail(f"@{bob.handle}")
        guest = ada.tail(f"@{bob.handle}")
        guest.until(lambda one: one.texts() == ["first"], "the guest shows the newest")
        bob.ok("send", f"@{ada.handle}", "second")
        guest.until(lambda one: len(one.lines) == 2, "the guest is live")
        owner.end()
        bob.ok("send", f"@{ada.handle}", "third")
        guest.until(lambda one: one.texts() == ["first", "second", "third"], "the guest took over")


def an_owner_that_hangs_is_told_and_nothing_is_queued(server):
    with people(server, "ada", "bob") as (ada, bob):
        ada.ok("send", f"@{bob.handle}", "first")
        owner = ada.tail()
        owner.send_signal(signal.SIGSTOP)
        waiting.until_stopped(owner.process.pid)
        started = time.monotonic()
        done = ada.refused(6, "send", f"@{bob.handle}", "lost?")
        took = time.monotonic() - started
        # Two seconds, and what a busy machine adds.
        assert 1.5 < took < 8, f"took {took:.1f} s"
        assert "Nothing was done" in done.err and str(owner.process.pid) in done.err, done.err
        owner.send_signal(signal.SIGCONT)
        ada.ok("send", f"@{bob.handle}", "second")
        equal(bob.texts(f"@{ada.handle}"), ["first", "second"], "what bob sees")


def an_owner_that_hangs_in_the_middle_loses_nothing_that_was_said_to_be_queued(server):
    with people(server, "ada", "bob") as (ada, bob):
        ada.ok("send", f"@{bob.handle}", "first")
        owner = ada.tail()
        guest = ada.start("send", f"@{bob.handle}", "--no-wait", "--json")
        guest.write(lines(numbered("line", 500)))
        guest.until(lambda one: len(one.lines) == 500, "all are queued")
        owner.send_signal(signal.SIGSTOP)
        waiting.until_stopped(owner.process.pid)
        guest.write("never\n")
        equal(guest.wait(20), 6, "exit code")
        owner.send_signal(signal.SIGCONT)
        ada.ok("sync")
        equal(bob.texts(f"@{ada.handle}"), ["first", *numbered("line", 500)], "what bob sees")


def an_owner_that_hangs_in_a_long_batch_lets_nothing_be_sent_twice(server):
    with people(server, "ada", "bob") as (ada, bob):
        ada.ok("send", f"@{bob.handle}", "first")
        owner = ada.tail()
        texts = numbered("x" * 7800, 600)
        guest = ada.start("send", f"@{bob.handle}", "--no-wait", "--json")
        threading.Thread(target=typed, args=(guest, lines(texts)), daemon=True).start()
        guest.until(lambda one: len(one.lines) >= 128, "a batch is queued")
        owner.send_signal(signal.SIGSTOP)
        waiting.until_stopped(owner.process.pid)
        equal(guest.wait(30), 6, "exit code")
        owner.send_signal(signal.SIGCONT)
        said = {one["line"]: one["state"] for one in guest.objects}
        queued = [line for line, state in said.items() if state == "queued"]
        doubtful = [line for line, state in said.items() if state == "unknown"]
        equal(queued, list(range(1, len(queued) + 1)), "the lines that are queued")
        problem = json.loads(guest.errors[-1])["message"]
        on = re.search(r"(?:From line|Lines?) ([0-9]+) ", problem)
        assert on and int(on[1]) == len(queued) + 1, problem
        ada.ok("sync")
        there = bob.texts(f"@{ada.handle}")[1:]
        possible = (len(queued), len(queued) + len(doubtful))
        assert len(there) in possible, f"{len(there)} of {possible}"
        # Whoever does as he is told sends from the line that he is told of, or after what he finds there.
        ada.ok("send", f"@{bob.handle}", given=lines(texts[len(there) :]))
        equal(bob.texts(f"@{ada.handle}"), ["first", *texts], "everything once, in order")


def typed(running, text):
    """Until nobody reads it any more."""
    with contextlib.suppress(OSError, ValueError):
        running.write(text)


CASES = [
    the_second_goes_through_the_first,
    two_senders_at_once_send_everything_once,
    a_guest_goes_on_when_the_owner_is_killed,
    a_tail_goes_on_when_the_owner_ends,
    an_owner_that_hangs_is_told_and_nothing_is_queued,
    an_owner_that_hangs_in_the_middle_loses_nothing_that_was_said_to_be_queued,
    an_owner_that_hangs_in_a_long_batch_lets_nothing_be_sent_twice,
]
