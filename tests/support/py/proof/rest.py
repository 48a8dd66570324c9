"""HTTP calls: whole ones as a client makes them, and raw bytes as an attacker does."""
import http.client
import json
import socket
import ssl
from dataclasses import dataclass, field

from . import waiting
from .websocket import plain_socket


@dataclass
class Answer:
    """`status` 0: the connection ended without an answer."""

    status: int
    headers: dict = field(default_factory=dict)
    body: bytes = b""

    def json(self):
        return json.loads(self.body)

    @property
    def code(self):
        """The error code of a problem document, else None."""
        try:
            return self.json().get("code")
        except (ValueError, AttributeError):
            return None


class Rest:
    """Calls to one server; one connection per call."""

    def __init__(self, port, tls=None):
        self.port, self.tls = port, tls

    def call(self, method, path, body=None, bearer=None, headers=None, seconds=20.0):
        """`body`: anything that JSON can say, or bytes as they are."""
        if self.tls:
            connection = http.client.HTTPSConnection(
                "localhost", self.port, timeout=seconds, context=self.tls
            )
        else:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=seconds)
        sent = dict(headers or {})
        if bearer:
            sent["Authorization"] = f"Bearer {bearer}"
        data = body
        if body is not None and not isinstance(body, bytes):
            data = json.dumps(body).encode()
            sent.setdefault("Content-Type", "application/json")
        try:
            connection.request(method, path, body=data, headers=sent)
            response = connection.getresponse()
            headers_low = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, headers_low, response.read())
        finally:
            connection.close()

    def ok(self, method, path, body=None, bearer=None, **more):
        """The call's body as JSON; a refusal is a failure of the test."""
        answer = self.call(method, path, body, bearer, **more)
        assert 200 <= answer.status < 300, f"{method} {path} gave {answer.status} {answer.body[:300]!r}"
        return answer.json() if answer.body else None


def raw_exchange(port, request, seconds=5.0, tls=None):
    """Sends bytes as they are and returns the answer. Status 0: the server ended the connection without one.
    A server that says nothing and keeps the connection is TooLate, whatever came before of an answer."""
    sock = plain_socket(port, timeout=seconds)
    if tls:
        sock = tls.wrap_socket(sock, server_hostname="localhost")
    data = b""
    deadline = waiting.now() + seconds
    try:
        try:
            sock.sendall(request)
        except ConnectionError:
            pass  # it had enough; what it said before that can still be read
        while not _whole(data):
            sock.settimeout(max(0.05, deadline - waiting.now()))
            more = sock.recv(65536)
            if not more:
                break
            data += more
    except TimeoutError:
        raise waiting.TooLate(
            f"neither an answer nor an end within {seconds:g} s; came: {data[:200]!r}"
        ) from None
    except (ConnectionError, ssl.SSLError):
        pass
    finally:
        sock.close()
    return parse_answer(data)


def _whole(data):
    head, found, body = data.partition(b"\r\n\r\n")
    if not found:
        return False
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            return len(body) >= int(value)
    return False


def parse_answer(data):
    head, _, body = data.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    try:
        status = int(lines[0].split(b" ")[1])
    except (IndexError, ValueError):
        return Answer(0, {}, data)
    headers = {}
    for line in lines[1:]:
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.strip().lower()] = value.strip()
    # Behind it stands the answer to the next request, where there was one.
    return Answer(status, headers, body[: int(headers.get("content-length", len(body)))])


def closed_within(sock, seconds):
    """Seconds until the server ended the connection (whatever it said before), or None."""
    started = waiting.now()
    while waiting.now() - started < seconds:
        sock.settimeout(max(0.05, seconds - (waiting.now() - started)))
        try:
            if not sock.recv(65536):
                return waiting.now() - started
        except (TimeoutError, socket.timeout):
            return None
        except OSError:
            return waiting.now() - started
    return None
