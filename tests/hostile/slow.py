"""Slow loris: connections that are opened to be held. They run beside the other cases."""
import threading

from proof import waiting
from proof.rest import Rest, closed_within
from proof.session import Session
from proof.websocket import JSON, TEXT, WebSocket, frame, plain_socket, upgrade_request

# A server may wait this long for a request to be complete; it must not wait for ever.
REQUEST_SECONDS_MAX = 40
AUTH_SECONDS = (9, 13)
HELD = 300


class Slow:
    """Starts all of them at once; `finish` waits for what became of each."""

    def __init__(self, server):
        self.server = server
        self.results = {}
        bodies = [
            nothing_at_all,
            a_head_byte_by_byte,
            a_body_byte_by_byte,
            half_an_upgrade,
            no_auth,
            a_frame_byte_by_byte,
            a_frame_that_never_ends,
            three_hundred_halves,
        ]
        self.threads = [threading.Thread(target=self.note, args=(body,), daemon=True) for body in bodies]
        for thread in self.threads:
            thread.start()

    def note(self, body):
        name = f"slow: {body.__name__.replace('_', ' ')}"
        self.results[name] = "it did not end"
        try:
            body(self.server)
            self.results[name] = None
        except Exception as problem:  # noqa: BLE001 - whatever goes wrong is the case's failure
            self.results[name] = f"{type(problem).__name__}: {problem}"

    def finish(self, cases):
        for thread in self.threads:
            thread.join(REQUEST_SECONDS_MAX + 20)
        for name, problem in sorted(self.results.items()):
            cases.check(name, problem is None, problem)


def dribble(sock, data, seconds_max):
    """Sends a byte now and then; the seconds after which the server had enough, or None."""
    started = waiting.now()
    for byte in data:
        try:
            sock.send(bytes([byte]))
        except OSError:
            return waiting.now() - started
        if closed_within(sock, 0.5) is not None:
            return waiting.now() - started
        if waiting.now() - started > seconds_max:
            return None
    return None


def must_end(seconds):
    assert seconds is not None, f"still open after {REQUEST_SECONDS_MAX} s"


def nothing_at_all(server):
    must_end(closed_within(plain_socket(server.port), REQUEST_SECONDS_MAX))


def a_head_byte_by_byte(server):
    head = b"GET /livez HTTP/1.1\r\nHost: x\r\nX-Slow: " + b"x" * 1000
    must_end(dribble(plain_socket(server.port), head, REQUEST_SECONDS_MAX))


def a_body_byte_by_byte(server):
    sock = plain_socket(server.port)
    sock.sendall(b"POST /v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n")
    must_end(dribble(sock, b"{" * 1000, REQUEST_SECONDS_MAX))


def half_an_upgrade(server):
    sock = plain_socket(server.port)
    sock.sendall(upgrade_request("/v1/socket", "x", JSON, "eHh4eHh4eHh4eHh4eHh4eA==")[:-2])
    must_end(closed_within(sock, REQUEST_SECONDS_MAX))


def no_auth(server):
    started = waiting.now()
    with Session(server) as session:
        code = session.close_code(20)
    took = waiting.now() - started
    assert code == 4001, f"closed with {code}"
    assert AUTH_SECONDS[0] < took < AUTH_SECONDS[1], f"closed after {took:.1f} s"


def a_frame_byte_by_byte(server):
    """Before `auth` the ten seconds count, however busy the line looks."""
    sock = WebSocket(server.port).sock
    must_end(dribble(sock, frame(TEXT, b"x" * 1000), 20))


def a_frame_that_never_ends(server):
    socket = WebSocket(server.port)
    socket.send_raw(frame(TEXT, b"x", final=False))
    code = socket.close_code(20)
    assert code == 4001, f"closed with {code}"


def three_hundred_halves(server):
    """While they are held, others are served at once."""
    held = [plain_socket(server.port) for _ in range(HELD)]
    for sock in held:
        sock.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\n")
    started = waiting.now()
    status = Rest(server.port).call("GET", "/livez").status
    took = waiting.now() - started
    assert status == 200 and took < 1, f"/livez gave {status} after {took:.1f} s"
    for sock in held:
        must_end(closed_within(sock, REQUEST_SECONDS_MAX))
