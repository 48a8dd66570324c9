"""A raw RFC 6455 client on a blocking socket. It sends what it is told, right or wrong."""
import base64
import hashlib
import os
import socket
import struct
from dataclasses import dataclass

from . import waiting

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
JSON, CBOR = "parley.v1.json", "parley.v1.cbor"
ABNORMAL = 1006


class Refused(AssertionError):
    """The server did not upgrade the connection."""

    def __init__(self, status, head, body):
        super().__init__(f"upgrade refused with {status}")
        self.status, self.head, self.body = status, head, body


@dataclass
class Closed(Exception):
    """The connection is over; 1006 where no close frame came."""

    code: int
    reason: bytes = b""

    def __str__(self):
        return f"closed with {self.code}"


def frame(opcode, payload=b"", *, final=True, mask=True, reserved=0, length=None):
    """One frame. `length` is what the header claims, where that is not the truth."""
    claimed = len(payload) if length is None else length
    first = (0x80 if final else 0) | reserved << 4 | opcode
    bit = 0x80 if mask else 0
    if claimed < 126:
        header = struct.pack(">BB", first, bit | claimed)
    elif claimed < 1 << 16:
        header = struct.pack(">BBH", first, bit | 126, claimed)
    else:
        header = struct.pack(">BBQ", first, bit | 127, claimed)
    if not mask:
        return header + payload
    key = os.urandom(4)
    return header + key + masked(payload, key)


def masked(payload, key):
    if not payload:
        return b""
    long_key = (key * (len(payload) // 4 + 1))[: len(payload)]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(long_key, "big")).to_bytes(len(payload), "big")


def upgrade_request(path, host, subprotocol, key, headers=()):
    lines = [
        f"GET {path} HTTP/1.1",
        f"Host: {host}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Key: {key}",
    ]
    if subprotocol:
        lines.append(f"Sec-WebSocket-Protocol: {subprotocol}")
    lines += [f"{name}: {value}" for name, value in headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def plain_socket(port, *, receive_buffer=None, timeout=10.0):
    """A TCP connection on loopback. `receive_buffer` is set before connecting, else it has no effect."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if receive_buffer:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    sock.settimeout(timeout)
    sock.connect(("127.0.0.1", port))
    return sock


class WebSocket:
    """One connection. `received` keeps every payload that came, to look whether a secret was in it; `pongs`,
    what the socket's own pongs held."""

    def __init__(
        self,
        port,
        *,
        path="/v1/socket",
        subprotocol=JSON,
        headers=(),
        tls=None,
        receive_buffer=None,
        keep=False,
        timeout=10.0,
    ):
        self.sock = plain_socket(port, receive_buffer=receive_buffer, timeout=timeout)
        if tls:
            self.sock = tls.wrap_socket(self.sock, server_hostname="localhost")
        self.buffer = bytearray()
        self.received = bytearray() if keep else None
        self.pongs = []
        self.closed = None
        self._upgrade(path, f"127.0.0.1:{port}", subprotocol, headers)

    def _upgrade(self, path, host, subprotocol, headers):
        key = base64.b64encode(os.urandom(16)).decode()
        self.sock.sendall(upgrade_request(path, host, subprotocol, key, headers))
        while b"\r\n\r\n" not in self.buffer:
            if not self._read_more(waiting.now() + 10):
                raise Refused(0, b"", b"")
        head, _, rest = bytes(self.buffer).partition(b"\r\n\r\n")
        status = int(head.split(b" ", 2)[1])
        if status != 101:
            # A refusal is the last thing on its connection.
            while self._read_more(waiting.now() + 10):
                pass
            raise Refused(status, head, bytes(self.buffer)[len(head) + 4 :])
        expected = base64.b64encode(hashlib.sha1(key.encode() + GUID).digest())
        assert expected in head, "Sec-WebSocket-Accept is wrong"
        self.head = head
        self.buffer = bytearray(rest)

    def send(self, opcode, payload, **options):
        self.send_raw(frame(opcode, payload, **options))

    def send_text(self, text):
        self.send(TEXT, text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text)

    def send_binary(self, data):
        self.send(BINARY, data)

    def send_raw(self, data):
        try:
            self.sock.sendall(data)
        except OSError:
            pass  # the answer, if there is one, can still be read; if there is none, reading says so

    def receive(self, seconds=10.0):
        """(opcode, payload) of the next message; Closed at the end, TooLate where nothing comes."""
        deadline = waiting.now() + seconds
        message, kind = b"", None
        while True:
            final, opcode, payload = self._next_frame(deadline)
            if opcode == CLOSE:
                self._note_close(payload)
                raise self.closed
            if opcode == PONG:
                self.pongs.append(payload)
                continue
            if opcode == PING:
                self.send(PONG, payload)
                continue
            kind = opcode if opcode != CONTINUATION else kind
            message += payload
            if final:
                if self.received is not None:
                    self.received += message
                return kind, message

    def _note_close(self, payload):
        code = struct.unpack(">H", payload[:2])[0] if len(payload) >= 2 else 1005
        self.closed = Closed(code, bytes(payload[2:]))
        self.send(CLOSE, payload[:2])

    def _next_frame(self, deadline):
        while True:
            parsed = parse_frame(self.buffer)
            if parsed:
                final, opcode, payload, used = parsed
                del self.buffer[:used]
                return final, opcode, payload
            if self.closed:
                raise self.closed
            if not self._read_more(deadline):
                self.closed = self.closed or Closed(ABNORMAL)
                raise self.closed

    def _read_more(self, deadline):
        """False at the end of the connection."""
        left = deadline - waiting.now()
        if left <= 0:
            raise waiting.TooLate("nothing came from the server in time")
        self.sock.settimeout(left)
        try:
            data = self.sock.recv(1 << 16)
        except TimeoutError:
            raise waiting.TooLate("nothing came from the server in time") from None
        except OSError:
            return False
        self.buffer += data
        return bool(data)

    def close_code(self, seconds=10.0):
        """Reads on until the connection ends, and says how."""
        deadline = waiting.now() + seconds
        while not self.closed:
            try:
                self.receive(deadline - waiting.now())
            except Closed as closed:
                self.closed = closed
        return self.closed.code

    def drop(self):
        """Ends the connection without a word."""
        self.sock.close()

    def close(self, code=1000):
        self.send(CLOSE, struct.pack(">H", code))
        self.drop()


def parse_frame(data):
    """(final, opcode, payload, bytes used) of the first frame in `data`, or None where it is not whole."""
    if len(data) < 2:
        return None
    final, opcode = bool(data[0] & 0x80), data[0] & 15
    masked_bit, length, at = data[1] & 0x80, data[1] & 127, 2
    if length >= 126:
        size = 2 if length == 126 else 8
        if len(data) < at + size:
            return None
        length = int.from_bytes(data[at : at + size], "big")
        at += size
    key = b""
    if masked_bit:
        key, at = bytes(data[at : at + 4]), at + 4
    if len(data) < at + length:
        return None
    payload = bytes(data[at : at + length])
    return final, opcode, (masked(payload, key) if masked_bit else payload), at + length
