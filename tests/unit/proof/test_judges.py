"""What judges the hostile tests and the ordeal: each notices what it is there to notice."""
import importlib.util
import pathlib
import socket
import struct
import sys
import threading
import unittest

TESTS = pathlib.Path(__file__).resolve().parents[2]
for folder in ("support/py", "hostile", "ordeal"):
    sys.path.insert(0, str(TESTS / folder))

import deaf
import doors
from proof.rest import Answer, raw_exchange
from proof.waiting import TooLate

SECONDS = 0.3


def hostile_run():
    """tests/hostile/run.py, by its path: the ordeal has a run.py as well."""
    spec = importlib.util.spec_from_file_location("hostile_run", TESTS / "hostile" / "run.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Served:
    """One connection is accepted and treated like this."""

    def __init__(self, treat):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.treat = treat
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.serve, daemon=True)

    def serve(self):
        connection, _ = self.listener.accept()
        with connection:
            connection.recv(65536)
            self.treat(connection)
            self.ended.wait(5)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.thread.join(10)
        self.listener.close()


def exchange(treat):
    with Served(treat) as served:
        return raw_exchange(served.port, b"GET / HTTP/1.1\r\n\r\n", SECONDS)


class RawExchange(unittest.TestCase):
    def test_silence_is_too_late(self):
        with self.assertRaises(TooLate):
            exchange(lambda connection: None)

    def test_half_an_answer_and_silence_is_too_late(self):
        with self.assertRaises(TooLate):
            exchange(lambda connection: connection.sendall(b"HTTP/1.1 400 Bad\r\nContent-Length: 9\r\n\r\nx"))

    def test_an_end_is_no_answer(self):
        self.assertEqual(exchange(lambda connection: connection.shutdown(socket.SHUT_RDWR)).status, 0)

    def test_a_reset_is_no_answer(self):
        def reset(connection):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()

        self.assertEqual(exchange(reset).status, 0)

    def test_an_answer_ends_where_its_length_says(self):
        first = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab"
        answer = exchange(lambda connection: connection.sendall(first + b"HTTP/1.1 404 Not Found\r\n\r\n"))
        self.assertEqual((answer.status, answer.body), (200, b"ab"))


class Frames(unittest.TestCase):
    JUDGE = staticmethod(hostile_run().judge)

    def refuses(self, wanted, came, closed=None, ident=None):
        with self.assertRaises(AssertionError):
            self.JUDGE(wanted, came, closed, ident)

    def test_a_frame_that_was_dropped_is_not_served(self):
        self.JUDGE("served", [("pong", None, None)], None, None)
        self.refuses("served", [])
        self.refuses("served", [("error", "malformed", None)])
        self.refuses("served", [("pong", None, None)], 1000)

    def test_the_last_pong_names_the_last_ping(self):
        self.JUDGE("served", [("pong", None, None), ("pong", None, "x")], None, "x")
        self.refuses("served", [("pong", None, None)], ident="x")

    def test_an_error_names_the_id_and_no_other(self):
        self.JUDGE("error invalid", [("error", "invalid", "x")], None, "x")
        self.refuses("error invalid", [("error", "invalid", None)], ident="x")
        self.refuses("error invalid", [("error", "invalid", "y")])
        self.refuses("error invalid", [("error", "malformed", "x")], ident="x")
        self.refuses("error invalid", [("error", "invalid", "x"), ("pong", None, None)], ident="x")

    def test_silence_and_closes(self):
        self.JUDGE("silence", [], None, None)
        self.refuses("silence", [("pong", None, None)])
        self.JUDGE("close 4003", [], 4003, None)
        self.refuses("close 4003", [], 1006)
        self.refuses("close 4003", [])


class Doors(unittest.TestCase):
    PROBLEM = {"content-type": "application/problem+json"}

    def refuses(self, answer, wanted):
        with self.assertRaises(AssertionError):
            doors.judge(answer, wanted)

    def test_status_code_and_problem_agree(self):
        body = b'{"code":"malformed","status":400}'
        doors.judge(Answer(400, self.PROBLEM, body), "400 malformed")
        self.refuses(Answer(400, self.PROBLEM, body), "422 invalid")
        self.refuses(Answer(400, {"content-type": "text/plain"}, body), "400 malformed")
        self.refuses(Answer(400, self.PROBLEM, b'{"code":"malformed","status":413}'), "400 malformed")
        self.refuses(Answer(0), "400 malformed")
        self.refuses(Answer(200), "400 malformed")


class Deaf(unittest.TestCase):
    class Session:
        def __init__(self, live, pulled):
            self.inbox = [self.row(seq) for seq in live]
            self.pulled = [self.row(seq) for seq in pulled]

        @staticmethod
        def row(seq):
            return {"type": "message.new", "stream": "c1", "seq": seq, "payload": {"text": f"text {seq}"}}

        def pull(self, *_):
            return self.pulled

    def test_what_came_live_and_is_pulled_again_is_not_twice(self):
        self.assertEqual(deaf.everything(self.Session([1], [1, 2]), "c1", 0), (["text 1", "text 2"], []))

    def test_what_came_live_twice_is(self):
        self.assertEqual(deaf.everything(self.Session([1, 1], [2]), "c1", 0)[1], [1])
        self.assertEqual(deaf.everything(self.Session([1], [2, 2]), "c1", 0)[1], [2])


if __name__ == "__main__":
    unittest.main()
