"""Questions at a terminal, help, and the sentences that a newcomer reads."""
import os
import pty
import re
import signal
import time

from person import PASSWORD, Person, fresh, people
from proof.cases import equal
from proof.server import program


class Typist:
    """`parley` at a terminal of its own."""

    def __init__(self, person, *words):
        environment = {**person.environment(), "PATH": os.environ["PATH"]}
        del environment["PARLEY_PASSWORD"]
        self.shown = ""
        self.process, self.terminal = pty.fork()
        if self.process == 0:
            os.execve(str(program("parley")), ["parley", *words], environment)

    def read(self):
        try:
            self.shown += os.read(self.terminal, 4096).decode(errors="replace")
        except OSError:
            return False
        return True

    def type(self, keys, after):
        """Waits for these words first."""
        until = time.monotonic() + 20
        while after not in self.shown and time.monotonic() < until and self.read():
            pass
        assert after in self.shown, self.shown
        os.write(self.terminal, keys.encode())

    def end(self):
        """Exit code."""
        while self.read():
            pass
        _, status = os.waitpid(self.process, 0)
        os.close(self.terminal)
        return os.waitstatus_to_exitcode(status)


def registering(person):
    return Typist(person, "register", "--server", person.address, "--handle", person.handle)


def control_c_at_a_password_ends_it_and_does_nothing(server):
    with Person(server, fresh("ada"), register=False) as ada:
        first = registering(ada)
        first.type("\x03", "characters): ")
        equal(first.end(), 130, "at the first question")
        assert "Nothing was done" in first.shown and "Again" not in first.shown, first.shown
        second = registering(ada)
        second.type(PASSWORD + "\n", "characters): ")
        second.type("\x03", "Again: ")
        equal(second.end(), 130, "at the second question")
        ada.ok("register", "--server", ada.address, "--handle", ada.handle)
        with Person(server, ada.handle, register=False) as other:
            login = Typist(other, "login", other.handle, "--server", other.address)
            login.type("\x03", "Password: ")
            equal(login.end(), 130, "signing in")
            assert "Nothing was done" in login.shown, login.shown


def an_empty_or_short_password_is_refused_at_once(server):
    with Person(server, fresh("ada"), register=False) as ada:
        for keys, said in (("\n", "empty"), ("\x04", "empty"), ("short\n", "at least 8 characters. Nothing")):
            asked = registering(ada)
            asked.type(keys, "characters): ")
            equal(asked.end(), 2, f"after {keys!r}")
            assert said in asked.shown and "Again" not in asked.shown, asked.shown
        asked = registering(ada)
        asked.type(PASSWORD + "\n", "(at least 8 characters): ")
        asked.type(PASSWORD + "\n", "Again: ")
        equal(asked.end(), 0, "a good one")


def help_is_a_command_too(server):
    with Person(server, "x", register=False) as one:
        equal(one.ok("help").out, one.ok("--help").out, "of all")
        equal(one.ok("help", "send").out, one.ok("send", "--help").out, "of one")
        done = one.refused(2, "help", "frobnicate")
        assert "frobnicate" in done.err, done.err
        for words in (("--help",), ("history", "--help")):
            assert "✓✓ read" in one.ok(*words).out, words
        assert "from then on" in one.ok("add", "--help").out
        assert "unread" in one.ok("conversations", "--help").out


def titles_can_be_said_again_on_a_command_line(server):
    with people(server, "ada", "bob") as (ada, bob):
        for title in ("@odd", "two\nlines", "a\tb", "  "):
            ada.refused(2, "new", title, f"@{bob.handle}")
        ada.ok("new", "Team", f"@{bob.handle}")
        ada.refused(2, "rename", "Team", "@odd")
        equal([one["title"] for one in ada.conversations()], ["Team"], "groups")
        ada.ok("new", "Team", "-m", "alone")
        done = ada.refused(4, "send", "Team", "x")
        assert f"@{bob.handle}" in done.err and "no message yet" in done.err, done.err
        assert re.search(r"last message \d{4}-", done.err), done.err


def says_what_was_wrong_with_a_message(server):
    with people(server, "ada", "bob", "eve") as (ada, bob, eve):
        done = ada.refused(1, "send", f"@{bob.handle}", "x" * 8001)
        assert "8001 characters" in done.err and "8000" in done.err, done.err
        done = ada.refused(1, "send", f"@{bob.handle}", given="y" * 600_000 + "\nfits\n")
        assert "600000 characters" in done.err and "Line 1" in done.err, done.err
        for blank in (" ", "\t\n "):
            done = ada.refused(2, "send", f"@{bob.handle}", blank)
            assert "empty" in done.err, done.err
        ada.refused(2, "send", f"@{bob.handle}", "--whole", given="  \n \n")
        equal(bob.texts(f"@{ada.handle}"), ["fits"], "what bob sees")
        ada.ok("new", "Team", f"@{bob.handle}")
        done = ada.ok("send", "Team", "hi", "--mention", f"@{eve.handle}", "--mention", f"@{bob.handle}")
        assert f"@{eve.handle} is not in Team" in done.err and bob.handle not in done.err, done.err
        done = ada.refused(4, "send", "The Team", "x")
        assert "is written" not in done.err, done.err
        # To bob something was said, to eve nothing yet.
        for other in (f"@{bob.handle}", f"@{eve.handle}"):
            for words in (("leave",), ("add", other), ("remove", other), ("rename", "x")):
                done = ada.refused(1, words[0], other, *words[1:])
                assert "groups only" in done.err, f"{words}: {done.err}"


def what_was_refused_is_not_the_latest(server):
    with people(server, "ada", "bob") as (ada, bob):
        ada.ok("new", "Team", f"@{bob.handle}")
        ada.ok("send", "Team", "accepted")
        bob.ok("sync")
        bob.ok("leave", "Team")
        bob.refused(4, "send", "Team", "after leaving")
        (listed,) = bob.conversations()
        equal(listed["last"]["text"], "accepted", "the latest")
        shown = bob.ok("conversations").out
        assert "after leaving" not in shown and "accepted" in shown, shown
        assert "after leaving" in bob.ok("outbox").out
        nothing = "01941f38-0000-7000-8000-000000000000"
        ada.refused(4, "send", f"@{ada.handle}", "--reply-to", nothing, "to nothing")
        shown = ada.ok("conversations").out
        assert len(shown.splitlines()) == 1 and "Saved" not in shown, shown


def who_joins_is_told_since_when_he_sees(server):
    with people(server, "ada", "bob") as (ada, bob):
        ada.ok("new", "Team")
        assert "Nothing has been said here yet" in ada.ok("history", "Team").out
        ada.ok("send", "Team", "before")
        assert "from now on" in ada.ok("add", "Team", f"@{bob.handle}").out
        assert "since you joined" in bob.ok("history", "Team").out
        # Whoever owns it now.
        ada.ok("new", "Choir")
        ada.ok("add", "Choir", f"@{bob.handle}")
        ada.ok("transfer", "Choir", f"@{bob.handle}")
        assert "since you joined" in bob.ok("history", "Choir").out
        ada.ok("sync")
        assert "Nothing has been said here yet" in ada.ok("history", "Choir").out


def an_answer_shows_what_it_answers(server):
    with people(server, "ada", "bob") as (ada, bob):
        ada.ok("send", f"@{bob.handle}", "shall we meet at the old mill tomorrow, or rather the day after?")
        (question,) = bob.history(f"@{ada.handle}")
        bob.ok("send", f"@{ada.handle}", "gladly", "--reply-to", question["id"])
        answer = re.compile(r"↪ (\S+): shall we meet at the old mill[^\n]*…\n +gladly")
        for words in ((), ("-n", "1")):
            told = {one: answer.search(one.ok("history", f"@{other.handle}", *words).out)
                    for one, other in ((ada, bob), (bob, ada))}
            assert all(told.values()), words
            equal([told[ada].group(1), told[bob].group(1)], ["you", ada.handle], "whose words")


def tail_of_all_begins_with_the_newest_in_order_of_time(server):
    with people(server, "ada", "bob", "eve") as (ada, bob, eve):
        for number in range(3):
            bob.ok("send", f"@{ada.handle}", f"bob {number}")
            eve.ok("send", f"@{ada.handle}", f"eve {number}")
        ada.ok("sync")
        tail = ada.start("--offline", "tail", "-n", "3", "--json")
        tail.until(lambda one: len(one.lines) >= 3, "the newest")
        equal(tail.texts(), ["eve 1", "bob 2", "eve 2"], "what it begins with")
        equal(tail.end(signal.SIGINT), 0, "exit code")


def tail_at_a_terminal_says_what_it_does(server):
    with people(server, "ada", "bob") as (ada, bob):
        ada.ok("send", f"@{bob.handle}", "hello")
        unknown = Typist(ada, "tail", "nosuch")
        equal(unknown.end(), 4, "exit code")
        assert "Showing" not in unknown.shown, unknown.shown
        offline = Typist(ada, "--offline", "tail")
        offline.type("\x03", "because of --offline")
        equal(offline.end(), 0, "exit code")
        assert "Showing" not in offline.shown, offline.shown


CASES = [
    control_c_at_a_password_ends_it_and_does_nothing,
    an_empty_or_short_password_is_refused_at_once,
    help_is_a_command_too,
    titles_can_be_said_again_on_a_command_line,
    says_what_was_wrong_with_a_message,
    what_was_refused_is_not_the_latest,
    who_joins_is_told_since_when_he_sees,
    an_answer_shows_what_it_answers,
    tail_of_all_begins_with_the_newest_in_order_of_time,
    tail_at_a_terminal_says_what_it_does,
]
