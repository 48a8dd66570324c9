"""Accounts and signed-in connections over raw sockets, in JSON as a person could type it."""
import json
import os
import time
import uuid

from . import waiting
from .rest import Rest
from .websocket import JSON, TEXT, Closed, WebSocket

PASSWORD = "correct horse battery"


class RefusedWith(AssertionError):
    """The server answered a command with an error."""

    def __init__(self, payload):
        super().__init__(f"{payload.get('code')}: {payload.get('message')}")
        self.code, self.payload = payload.get("code"), payload


def new_id():
    """A UUID version 7 (RFC 9562, section 5.7)."""
    stamp = int(time.time() * 1000).to_bytes(6, "big")
    tail = bytearray(os.urandom(10))
    tail[0] = 0x70 | tail[0] & 15
    tail[2] = 0x80 | tail[2] & 63
    return str(uuid.UUID(bytes=stamp + bytes(tail)))


class Account:
    """A registered account with one device; more devices by `sign_in`."""

    def __init__(self, rest, handle, session, password=PASSWORD):
        self.rest, self.handle, self.password = rest, handle, password
        self.take(session)

    def take(self, session):
        self.id, self.device = session["account"], session["device"]
        self.access, self.refresh = session["access_token"], session["refresh_token"]

    @classmethod
    def register(cls, server, handle, invite=None, password=PASSWORD, device_name="first", name=None):
        rest = Rest(server.port, server.tls_client)
        body = {"handle": handle, "password": password, "device_name": device_name}
        if invite:
            body["invite"] = invite
        if name is not None:
            body["name"] = name
        return cls(rest, handle, rest.ok("POST", "/v1/accounts", body), password)

    def sign_in(self, device_name="second"):
        body = {"handle": self.handle, "password": self.password, "device_name": device_name}
        session = self.rest.ok("POST", "/v1/sessions", body)
        return Account(self.rest, self.handle, session, self.password)

    def renew(self):
        """Uses the refresh token and takes the new tokens; the answer is as HTTP gave it."""
        answer = self.rest.call("POST", "/v1/sessions/refresh", {"refresh_token": self.refresh})
        if answer.status == 200:
            self.take(answer.json())
        return answer

    def call(self, method, path, body=None, **more):
        return self.rest.call(method, path, body, bearer=self.access, **more)


class Session:
    """A connection of one device. What is no answer to a call waits in `inbox`, in order."""

    subprotocol = JSON

    def __init__(self, server, account=None, *, resume=True, token=None, port=None, **options):
        self.account = account
        self.inbox = []
        self.token = token
        self.socket = WebSocket(
            port or server.port, subprotocol=self.subprotocol, tls=server.tls_client, **options
        )
        self.hello = self.expect("hello")["payload"]
        if account:
            self.auth = self.call("auth", {"token": account.access, "client": "proof"})
            if resume:
                self.resume(token)

    def resume(self, token=None):
        """Everything up to `resumed`, which is also taken as the token."""
        self.send("resume", {"token": token} if token else {})
        self.resumed = []
        while not self.resumed or self.resumed[-1]["type"] != "resumed":
            self.resumed.append(self.take(lambda one: one["type"] != "token.expiring", "the resume"))
            if self.resumed[-1]["type"] in ("sync", "resumed"):
                self.token = self.resumed[-1]["payload"]["token"]
        self.epoch = self.resumed[-1]["payload"]["epoch"]
        return self.resumed

    def send(self, kind, payload=None, **fields):
        """Sends one envelope and returns its id."""
        envelope = {"type": kind, "id": fields.pop("id", None) or new_id(), **fields}
        if payload is not None:
            envelope["payload"] = payload
        self.put(envelope)
        return envelope["id"]

    def put(self, envelope):
        self.socket.send_text(json.dumps(envelope, ensure_ascii=False))

    def call(self, kind, payload=None, seconds=10.0, **fields):
        """The answer to a command; an error raises RefusedWith."""
        answer = self.answer(self.send(kind, payload, **fields), seconds)
        if answer["type"] == "error":
            raise RefusedWith(answer["payload"])
        return answer

    def refusal(self, kind, payload=None, **fields):
        """The code with which a command is refused; None where it is not."""
        try:
            self.call(kind, payload, **fields)
        except RefusedWith as refused:
            return refused.code
        return None

    def answer(self, command, seconds=10.0):
        return self.take(lambda one: one.get("re") == command, f"the answer to {command}", seconds)

    def expect(self, kind, seconds=10.0, **fields):
        """The next envelope of a type (with these fields); others keep waiting in the inbox."""

        def fits(one):
            return one["type"] == kind and all(one.get(name) == value for name, value in fields.items())

        return self.take(fits, f"{kind} {fields or ''}", seconds)

    def take(self, fits, what, seconds=10.0):
        deadline = waiting.now() + seconds
        looked = 0
        while True:
            while looked < len(self.inbox):
                if fits(self.inbox[looked]):
                    return self.inbox.pop(looked)
                looked += 1
            if waiting.now() > deadline:
                raise waiting.TooLate(f"not within {seconds:g} s: {what}")
            self.read_frame(deadline - waiting.now())

    def next(self, seconds=10.0):
        return self.take(lambda _: True, "anything", seconds)

    def read_frame(self, seconds):
        opcode, payload = self.socket.receive(seconds)
        assert opcode == TEXT, f"a frame of type {opcode} on a JSON connection"
        self.inbox += [json.loads(line) for line in payload.decode("utf-8").split("\n") if line]

    def settle(self):
        """Ping and pong: everything that the server had to say before is in the inbox then."""
        self.send("ping")
        return self.expect("pong")

    def send_message(self, target, text, **fields):
        if isinstance(target, str):
            target = {"stream": target}
        return self.call("message.send", {"target": target, "text": text}, **fields)

    def create_group(self, title, members, **fields):
        ids = [member if isinstance(member, str) else member.id for member in members]
        return self.call("conversation.create", {"title": title, "members": ids}, **fields)["stream"]

    def pull(self, stream, after=0, **fields):
        """All rows above a cursor, over as many replies as it takes."""
        rows = []
        while True:
            answer = self.call("changes", {"stream": stream, "after": after, **fields})["payload"]
            rows += answer.get("rows", [])
            after = answer["upto"]
            if not answer.get("more"):
                return rows

    def texts(self, stream):
        """What all messages of a conversation say, in order of their places."""
        rows = [row for row in self.pull(stream) if row["type"] == "message.new"]
        rows.sort(key=lambda row: row.get("born", row["seq"]))
        return [row["payload"]["text"] for row in rows]

    def states(self):
        """conversation.state by stream, out of the last resume."""
        return {one["stream"]: one["payload"] for one in self.resumed if one["type"] == "conversation.state"}

    def close_code(self, seconds=10.0):
        return self.socket.close_code(seconds)

    def drop(self):
        self.socket.drop()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.drop()


def closed_code(body, seconds=10.0):
    """Runs something that the server answers by closing, and says with what code."""
    try:
        body()
    except Closed as closed:
        return closed.code
    return None
