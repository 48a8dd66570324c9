"""Waiting for conditions, always with a deadline. The only place where a test's thread rests."""
import pathlib
import time

POLL_SECONDS = 0.02


class TooLate(AssertionError):
    """The deadline passed before the condition held."""


def now():
    return time.monotonic()


def until(condition, what, seconds=10.0):
    """Polls until `condition()` is true, and returns what it gave."""
    deadline = now() + seconds
    while True:
        value = condition()
        if value:
            return value
        if now() > deadline:
            raise TooLate(f"not within {seconds:g} s: {what}")
        time.sleep(POLL_SECONDS)


def until_stopped(pid):
    """For after a SIGSTOP: a thread that runs on another core goes on until the signal gets to it."""
    threads = pathlib.Path("/proc") / str(pid) / "task"

    def all_stopped():
        try:
            stats = [(thread / "stat").read_text() for thread in threads.iterdir()]
        except FileNotFoundError:  # One has just ended.
            return False
        return all(stat.rsplit(")", 1)[1].split()[0] == "T" for stat in stats)

    until(all_stopped, f"process {pid} stands still")


def rest(seconds):
    """Lets real time pass, where that is what is tested (a client that reads nothing for a minute)."""
    time.sleep(seconds)
