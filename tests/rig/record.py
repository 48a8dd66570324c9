"""The history of one run: JSON lines, in the order of what happened (history.py says what they mean)."""
import json
import threading
import time

from proof import waiting


class Record:
    def __init__(self, path):
        self.path = path
        self.lock = threading.Lock()
        self.file = open(
            path, "w", buffering=1, encoding="utf-8"
        )  # noqa: SIM115 - it is open as long as the run lasts
        self.began = waiting.now()
        self.runs = 0
        self.note("began", wall=time.time())

    def now(self):
        return round(waiting.now() - self.began, 3)

    def note(self, event, **fields):
        with self.lock:
            one = {"e": event, "t": self.now(), **fields}
            self.file.write(json.dumps(one, ensure_ascii=False) + "\n")

    def new_run(self):
        with self.lock:
            self.runs += 1
            return self.runs

    def close(self):
        self.file.close()
