"""A device: the `parley` command line on a machine of its own; everything that it says is written down."""
import collections
import json
import pathlib
import subprocess
import tempfile
import threading

from proof.server import program

PASSWORD = "correct horse battery"
# Every text begins with it, so that one in a log is noticed.
MARK = "kumquat"
SECONDS_MAX = 150
TAIL_LINES = 20
MESSAGE_FIELDS = ("conversation", "id", "born", "sender", "text", "state", "at")
# Of the messages of a conversation that it has seen last, so many it may change.
KNOWN_MAX = 60


class Ended:
    """A parley that came to its end: its code, what it printed, and its last words."""

    def __init__(self, code, said, problem, killed):
        self.code, self.said, self.problem, self.killed = code, said, problem, killed


class Device:
    def __init__(self, folder, handle, number, machine, network, record, steering, options=None):
        self.handle, self.name, self.machine = handle, f"{handle}{number}", machine
        self.network, self.record, self.steering = network, record, steering
        self.home = pathlib.Path(folder) / self.name
        self.environment = {
            "PATH": "/usr/bin:/bin",
            "PARLEY_HOME": str(self.home),
            "PARLEY_PASSWORD": PASSWORD,
            **steering.environment,
            **(options or {}),
        }
        self.lock = threading.Lock()
        self.live = {}
        self.killed = set()
        self.tail = None
        # The newest place that its tail has shown, by conversation.
        self.tail_shown = {}
        # What the processes said on standard error.
        self.problems = []
        # How often it was asked to send something.
        self.writes = 0
        # How often it was told that the server has a message.
        self.accepted = 0
        # Ids of its own messages, and of those of others, by where they were said.
        self.known = {True: {}, False: {}}
        # Held by what befalls the device, so that one thing befalls it at a time.
        self.busy = threading.Lock()

    # Processes

    def _begin(self, number, words, source):
        self.record.note("run", n=number, device=self.name, words=list(words))
        words = self.network.on(self.machine, str(program("parley")), "--json", *words)
        with self.lock:
            process = subprocess.Popen(
                words,
                env=self.environment,
                stdin=source,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                errors="surrogateescape",
            )
            self.live[number] = process
        return process

    def _finish(self, number, process, said):
        problem = process.stderr.read()
        code = process.wait()
        process.stdout.close()
        process.stderr.close()
        with self.lock:
            self.live.pop(number)
            killed = number in self.killed
        self.problems += problem.splitlines()
        self.record.note("end", n=number, code=code, killed=killed, problem=problem[-600:])
        return Ended(code, said, problem, killed)

    def run(self, *words, lines=None, how="seen", given=None, changing=None):
        """Runs to its end. `lines`: standard input; `given`: where to, and what it is asked to send;
        `changing`: the message that it is asked to change, and its new text, or None."""
        number = self.record.new_run()
        if given:
            self.record.note("given", n=number, device=self.name, to=given[0], texts=given[1])
        if changing:
            self.record.note("changing", n=number, device=self.name, message=changing[0], text=changing[1])
        with tempfile.TemporaryFile("w+", encoding="utf-8") as source:
            source.write("".join(line + "\n" for line in lines or ()))
            source.seek(0)
            process = self._begin(number, words, source)
        self.writes += given is not None
        watchdog = threading.Timer(SECONDS_MAX, self._stuck, (number, process))
        watchdog.start()
        said = []
        for line in process.stdout:
            said.append(self._note(number, words, how, line))
        ended = self._finish(number, process, [one for one in said if one])
        watchdog.cancel()
        return ended

    def _stuck(self, number, process):
        """It should have ended by itself long ago: it is killed, and its end tells so by its code."""
        self.record.note("stuck", n=number, device=self.name)
        process.kill()

    def _note(self, number, words, how, line):
        """Writes down what one line of output says. What a kill has torn says nothing."""
        try:
            said = json.loads(line)
        except ValueError:
            return None
        verb = next(word for word in words if not word.startswith("-") and not word.isdigit())
        about = {"n": number, "device": self.name}
        if verb == "send":
            self.record.note("told", **about, **said)
            self.accepted += said["state"] == "sent"
        elif verb in ("edit", "delete"):
            self.record.note("changed", **about, message=said["message"])
        elif verb in ("history", "tail"):
            fields = {name: said[name] for name in MESSAGE_FIELDS}
            shown = how if how == "final" else verb
            if verb == "tail":
                newest = self.tail_shown.get(said["conversation"], 0)
                self.tail_shown[said["conversation"]] = max(newest, said["born"])
            fields |= {name: said.get(name) for name in ("error", "edited_at", "deleted")}
            self.record.note("shown", **about, how=shown, **fields)
        elif verb == "conversations" and "conversation" in said:
            fields = ("conversation", "kind", "unread", "mentions", "read", "present", "last")
            self.record.note("listed", **about, how=how, **{name: said.get(name) for name in fields})
        elif verb == "outbox":
            self.record.note("waiting", **about, how=how, **said)
        return said

    def remember(self, to, said, own):
        """That these messages were said there."""
        known = self.known[own].setdefault(to, collections.deque(maxlen=KNOWN_MAX))
        known.extend(one["id"] for one in said if one["id"] not in known)

    # What befalls it

    def processes(self):
        """Those that run now: {number: process}."""
        with self.lock:
            return {number: one for number, one in self.live.items() if one.poll() is None}

    def kill(self, number):
        """SIGKILL; False where it had ended already."""
        with self.lock:
            process = self.live.get(number)
            if process is None or process.poll() is not None:
                return False
            self.killed.add(number)
            process.kill()
        return True

    # The one that runs all the time

    def keep_tail(self, *options):
        """A tail from here on; whenever it ends, another one, until `end_tail`."""
        self.tail_wanted = True
        self.tail_options = options
        self.tail = threading.Thread(target=self._keep_tail)
        self.tail.start()

    def _keep_tail(self):
        while self.tail_wanted:
            number = self.record.new_run()
            words = ("tail", "-n", str(TAIL_LINES), *self.tail_options)
            process = self._begin(number, words, subprocess.DEVNULL)
            self.tail_process, self.tail_shown = (number, process), {}
            if not self.tail_wanted:
                process.terminate()
            for line in process.stdout:
                self._note(number, words, "seen", line)
            self._finish(number, process, [])

    def end_tail(self):
        """Its number, where it ran until now and was not ended before; else None."""
        if not self.tail:
            return None
        self.tail_wanted = False
        number, process = self.tail_process
        lives = process.poll() is None
        process.terminate()
        self.tail.join()
        self.tail = None
        return number if lives and number not in self.killed else None
