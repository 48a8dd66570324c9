"""Waiting for conditions, always with a deadline. The only place where a test's thread rests."""
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


def rest(seconds):
    """Lets real time pass, where that is what is tested (a client that reads nothing for a minute)."""
    time.sleep(seconds)
