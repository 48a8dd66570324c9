"""Counted test cases: each prints one line, and the last line of a program counts them."""
import multiprocessing
import signal
import sys
import traceback

from . import waiting


class NotThere(Exception):
    """What the case is about is not in this program; it counts as skipped, and is named."""


class Cases:
    """Runs cases and counts. `only`: words of the command line, one of which a case's name must contain."""

    def __init__(self, title, only=(), quiet=False):
        self.title = title
        self.only = tuple(only)
        self.quiet = quiet
        self.passed = 0
        self.failed = 0
        self.skipped = 0
        self.started = waiting.now()
        # Asked to end, it ends as after an exception, so that the servers that it started end with it.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped by SIGTERM"))

    def wanted(self, name):
        return not self.only or any(word in name for word in self.only)

    def run(self, name, body, *arguments):
        """True where it passed. A failed assertion, a deadline and any exception are failures."""
        if not self.wanted(name):
            return True
        before = waiting.now()
        try:
            body(*arguments)
        except NotThere as what:
            self.skip(name, what)
            return True
        except Exception as problem:  # noqa: BLE001 - whatever goes wrong in a case is that case's failure
            self.note_failed(name, f"{type(problem).__name__}: {problem}")
            if not isinstance(problem, AssertionError):
                traceback.print_exc()
            return False
        self.note_passed(name, waiting.now() - before)
        return True

    def run_lanes(self, lanes):
        """Runs each of these functions, which are given the cases, in a process of its own, all at once.

        One that runs nothing has failed, unless only some cases are wanted.
        """
        fork = multiprocessing.get_context("fork")
        counting = fork.SimpleQueue()
        running = [
            fork.Process(target=self._run_lane, args=(number, lane, counting), daemon=True)
            for number, lane in enumerate(lanes, 1)
        ]
        for process in running:
            process.start()
        for number, process in enumerate(running, 1):
            process.join()
            if process.exitcode != 0:
                self.note_failed(f"lane {number}", f"ended with {process.exitcode}")
        while not counting.empty():
            number, passed, failed, skipped = counting.get()
            if not (passed or failed or skipped or self.only):
                self.note_failed(f"lane {number}", "ran no case")
            self.passed += passed
            self.failed += failed
            self.skipped += skipped

    def _run_lane(self, number, lane, counting):
        self.passed = self.failed = self.skipped = 0
        lane(self)
        counting.put((number, self.passed, self.failed, self.skipped))

    def skip(self, name, why):
        self.skipped += 1
        print(f"skip  {name}: {why}", flush=True)

    def note_passed(self, name, seconds=0.0):
        self.passed += 1
        if not self.quiet:
            took = f" ({seconds:.1f} s)" if seconds >= 0.5 else ""
            print(f"ok    {name}{took}", flush=True)

    def note_failed(self, name, why):
        self.failed += 1
        print(f"FAIL  {name}: {str(why)[:2000]}", flush=True)

    def check(self, name, holds, why=""):
        if not self.wanted(name):
            return True
        if holds:
            self.note_passed(name)
        else:
            self.note_failed(name, why or "does not hold")
        return bool(holds)

    def finish(self):
        """Prints the closing line and ends the process with 1 where something failed or nothing ran."""
        seconds = waiting.now() - self.started
        skipped = f", {self.skipped} skipped" if self.skipped else ""
        print(f"{self.title} took {seconds:.0f} s")
        print(f"{self.passed} passed, {self.failed} failed{skipped}", flush=True)
        sys.exit(1 if self.failed or not self.passed else 0)


# Longer lists are told by where they differ.
LIST_SHOWN_MAX = 10


def equal(got, wanted, what="value"):
    if got == wanted:
        return
    if isinstance(got, list) and isinstance(wanted, list) and max(len(got), len(wanted)) > LIST_SHOWN_MAX:
        shorter = min(len(got), len(wanted))
        at = next((i for i in range(shorter) if got[i] != wanted[i]), shorter)
        here, there = got[at : at + 3], wanted[at : at + 3]
        raise AssertionError(
            f"{what} has {len(got)} entries, not {len(wanted)}; from {at} on it is {here!r}, not {there!r}"
        )
    raise AssertionError(f"{what} is {got!r}, not {wanted!r}")
