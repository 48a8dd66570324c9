"""Naughty strings where they are kept: each is read back by somebody else, in every way that there is."""
import re

from proof.cases import equal
from proof.session import Account, Session, new_id
from schema import ENCODINGS, BinarySession, schema

HANDLE = re.compile(r"[a-z][a-z0-9_.-]{1,31}")
PASSWORD_POINTS_MIN = 8

# Fields of messages that are tried here.
SOCKET = {
    ("message.send", "text"),
    ("conversation.create", "title"),
    ("conversation.rename", "title"),
    ("profile.set", "name"),
    ("profile.set", "avatar"),
    ("profile.set", "handle"),
    ("profile.find", "handles.[]"),
    ("auth", "client"),
}

# Fields of HTTP's bodies that are tried here.
HTTP = {
    "POST /v1/conversations/{stream}/messages: text",
    "PATCH /v1/profile: name",
    "PATCH /v1/conversations/{stream}: title",
    "POST /v1/conversations: title",
}


def run(cases, world, texts, fits):
    """Gives the fields of HTTP's bodies that were tried."""
    for encoding, session_of in ENCODINGS:
        content = Content(world, session_of, fits)
        for case in (
            content.message,
            content.title,
            content.new_title,
            content.name,
            content.avatar,
            content.handle,
            content.found,
            content.client,
        ):
            for number, text in enumerate(texts):
                name = f"naughty in {encoding} {number}: {case.__name__} {ascii(text)[:40]}"
                cases.run(name, case, text)
        content.end()
    http = Http(world, fits)
    for case in (
        http.message,
        http.name,
        http.title,
        http.new_title,
        http.device_name,
        http.registered,
        http.handle,
        http.invite,
        http.password,
        http.unknown_handle,
    ):
        for number, text in enumerate(texts):
            cases.run(f"naughty over HTTP {number}: {case.__name__} {ascii(text)[:40]}", case, text)
    http.end()
    registration = {
        ("Registration", name) for name in ("handle", "name", "password", "invite", "device_name")
    }
    sign_in = {("SignIn", name) for name in ("handle", "password", "device_name")}
    return registration | sign_in | {("Refresh", "refresh_token")}


def same(got, text, what):
    equal((got or "").encode(), text.encode(), what)


def registers(handle):
    """Whether somebody registers with a well-formed handle; those who are there take the others."""
    return len(handle) % 2 == 0


def field_of(name, field):
    return next(one for one in schema().fields(name) if one["name"] == field)


class Content:
    """Somebody writes, somebody else reads, both in one encoding."""

    def __init__(self, world, session_of, fits):
        self.world, self.session_of, self.does_fit = world, session_of, fits
        self.account, self.reader = world.newcomer(), world.newcomer()
        self.founder, self.founded = world.newcomer(), world.newcomer()
        server = world.server
        self.writing = session_of(server, self.account)
        self.reading = session_of(server, self.reader)
        self.other_device = session_of(server, self.account.sign_in("other"))
        self.founding, self.joining = session_of(server, self.founder), session_of(server, self.founded)
        self.group = self.writing.create_group("naughty", [self.reader])
        self.reading.expect("joined")
        # What a third device of the reader asks with from time to time, to hear the newest state.
        self.fresh = self.reader.sign_in("fresh")
        with session_of(server, self.fresh) as session:
            self.token = session.token

    def end(self):
        for session in (self.writing, self.reading, self.other_device, self.founding, self.joining):
            session.drop()

    def fits(self, kind, field, text):
        """Whether the schema lets it through; where not, it is refused."""
        return self.does_fit(field_of(kind, field), field_of(kind, field)["type"], text)

    def refused(self, kind, payload):
        equal(self.writing.refusal(kind, payload), "invalid", "the code")

    def message(self, text):
        target = {"stream": self.group}
        if not self.fits("message.send", "text", text):
            return self.refused("message.send", {"target": target, "text": text})
        command = new_id()
        seq = self.writing.send_message(self.group, text, id=command)["seq"]
        same(self.reading.expect("message.new", id=command)["payload"]["text"], text, "what came live")
        rows = self.reading.call("changes", {"stream": self.group, "after": seq - 1})["payload"]["rows"]
        same(rows[0]["payload"]["text"], text, "what changes give")
        page = self.reading.call("page", {"stream": self.group, "from": seq, "to": seq})["payload"]
        same(page["rows"][0]["payload"]["text"], text, "what a page gives")
        preview = text[: schema().number("preview_points_max")]
        with self.session_of(self.world.server, self.fresh, token=self.token) as session:
            self.token = session.token
            same(session.states()[self.group]["last"]["text"], preview, "the preview")
        for session in (self.reading, self.writing, self.other_device):
            session.inbox.clear()

    def title(self, text):
        payload = {"target": {"stream": self.group}, "title": text}
        if not self.fits("conversation.rename", "title", text):
            return self.refused("conversation.rename", payload)
        changed = self.writing.call("conversation.rename", payload)
        if "seq" in changed:
            row = self.reading.expect("conversation.changed", stream=self.group, seq=changed["seq"])
            same(row["payload"]["title"], text, "what came live")
        rows = self.reading.call("rows", {"stream": self.group, "kind": "settings"})["payload"]["rows"]
        same(rows[0]["payload"]["title"], text, "what rows give")
        with self.session_of(self.world.server, self.fresh, token=self.token) as session:
            self.token = session.token
            same(session.states()[self.group]["summary"]["title"], text, "what the state says")

    def new_title(self, text):
        payload = {"title": text, "members": [self.founded.id]}
        if not self.fits("conversation.create", "title", text):
            return self.refused("conversation.create", payload)
        made = self.founding.call("conversation.create", payload)
        joined = self.joining.take(
            lambda one: one["type"] == "joined" and one["payload"]["conversation"] == made["stream"], "joined"
        )
        same(joined["payload"]["state"]["title"], text, "what the account stream says")
        rows = self.joining.call("changes", {"stream": made["stream"], "after": 0, "limit": 1})["payload"]
        same(rows["rows"][0]["payload"]["title"], text, "what changes give")
        self.joining.inbox.clear()

    def set_profile(self, field, text):
        """Sets it, and gives the profile as an own device hears of it and as somebody else finds it."""
        done = self.writing.call("profile.set", {field: text})
        if "seq" in done:
            row = self.other_device.expect("profile.changed", seq=done["seq"])["payload"]["profile"]
            self.other_device.inbox.clear()
            same(row.get(field), text, "what an own device hears")
        found = self.reading.call("profile.find", {"accounts": [self.account.id]})["payload"]["profiles"][0]
        same(found.get(field), text, "what others find")

    def name(self, text):
        if not self.fits("profile.set", "name", text):
            return self.refused("profile.set", {"name": text})
        self.set_profile("name", text)

    def avatar(self, text):
        if not self.fits("profile.set", "avatar", text):
            return self.refused("profile.set", {"avatar": text})
        self.set_profile("avatar", text)

    def handle(self, text):
        if not HANDLE.fullmatch(text):
            return self.refused("profile.set", {"handle": text})
        if registers(text):
            return None
        # An account has few handles in its life, and keeps each.
        if text in self.world.handles_kept:
            equal(self.writing.refusal("profile.set", {"handle": text}), "handle_taken", "the code")
            return None
        self.world.handles_kept.add(text)
        account = self.world.newcomer()
        with self.session_of(self.world.server, account) as session:
            session.call("profile.set", {"handle": text})
            profiles = self.reading.call("profile.find", {"handles": [text]})["payload"]["profiles"]
            equal([one["account"] for one in profiles], [account.id], "who has the handle")
            session.call("profile.set", {"handle": account.handle})
        return None

    def found(self, text):
        """Who looks for a name that nobody has finds nobody, and what he sought besides."""
        payload = {"handles": [text, self.reader.handle]}
        if not self.fits("profile.find", "handles", text) and not self.fits_as_handle(text):
            return self.refused("profile.find", payload)
        profiles = self.writing.call("profile.find", payload)["payload"]["profiles"]
        found = [one["handle"] for one in profiles]
        equal(found, [self.reader.handle], "who was found")

    def fits_as_handle(self, text):
        return self.does_fit(field_of("profile.find", "handles"), "text", text)

    def client(self, text):
        """It is not kept; it only has to fit."""
        payload = {"token": self.account.access, "client": text}
        code = self.writing.refusal("auth", payload)
        equal(code, None if self.fits("auth", "client", text) else "invalid", "the code")


class Http:
    """Written over HTTP, read back on a socket in either encoding, or over HTTP by somebody else."""

    def __init__(self, world, fits):
        self.world, self.does_fit = world, fits
        self.account, self.reader = world.newcomer(), world.newcomer()
        self.json, self.cbor = Session(world.server, self.reader), None
        self.cbor = BinarySession(world.server, self.reader.sign_in("binary"))
        self.group = self.call("POST", "/v1/conversations", {"title": "x", "members": [self.reader.id]})[
            "stream"
        ]
        self.path = f"/v1/conversations/{self.group}"

    def end(self):
        self.json.drop()
        self.cbor.drop()

    def call(self, method, path, body):
        answer = self.account.call(method, path, body, headers={"Idempotency-Key": new_id()})
        assert answer.status == 200, f"{answer.status} {answer.body[:200]!r}"
        return answer.json()

    def refused(self, method, path, body, account=None):
        headers = {"Idempotency-Key": new_id()}
        answer = (account or self.account).call(method, path, body, headers=headers)
        equal((answer.status, answer.code), (422, "invalid"), "the answer")

    def fits(self, name, field, text):
        return self.does_fit(field_of(name, field), field_of(name, field)["type"], text)

    def live(self, kind, **fields):
        """The row as it comes on both sockets."""
        rows = [session.expect(kind, **fields) for session in (self.json, self.cbor)]
        for session in (self.json, self.cbor):
            session.inbox.clear()
        return [row["payload"] for row in rows]

    def message(self, text):
        path = f"{self.path}/messages"
        if not self.fits("message.send", "text", text):
            return self.refused("POST", path, {"text": text})
        seq = self.call("POST", path, {"text": text})["seq"]
        for payload in self.live("message.new", seq=seq):
            same(payload["text"], text, "what came live")
        page = self.reader.call("GET", f"{path}?from={seq}&to={seq}").json()["payload"]
        same(page["rows"][0]["payload"]["text"], text, "what HTTP gives")
        states = self.reader.call("GET", "/v1/conversations").json().get("conversations", [])
        state = next(one["payload"] for one in states if one["stream"] == self.group)
        same(state["last"]["text"], text[: schema().number("preview_points_max")], "the preview")

    def name(self, text):
        if not self.fits("profile.set", "name", text):
            return self.refused("PATCH", "/v1/profile", {"name": text})
        self.call("PATCH", "/v1/profile", {"name": text})
        same(self.account.call("GET", "/v1/profile").json()["profile"]["name"], text, "the own profile")

    def title(self, text):
        if not self.fits("conversation.rename", "title", text):
            return self.refused("PATCH", self.path, {"title": text})
        done = self.call("PATCH", self.path, {"title": text})
        if "seq" in done:
            for payload in self.live("conversation.changed", seq=done["seq"]):
                same(payload["title"], text, "what came live")

    def new_title(self, text):
        """By somebody whom nobody listens to: the list shows it."""
        if not self.fits("conversation.create", "title", text):
            return self.refused("POST", "/v1/conversations", {"title": text})
        stream = self.call("POST", "/v1/conversations", {"title": text})["stream"]
        rows = self.account.call("GET", f"/v1/conversations/{stream}/changes?after=0&limit=1").json()
        same(rows["payload"]["rows"][0]["payload"]["title"], text, "the title")

    def register(self, **fields):
        self.world.counter += 1
        body = {
            "handle": f"naughty{self.world.counter}",
            "password": "correct horse battery",
            "device_name": "x",
            **fields,
        }
        return body["handle"], self.reader.rest.call("POST", "/v1/accounts", body)

    def registered(self, text):
        """As a name and as a device's name at once."""
        handle, answer = self.register(name=text, device_name=text)
        if not self.fits("Registration", "device_name", text):
            return equal((answer.status, answer.code), (422, "invalid"), "the answer")
        equal(answer.status, 201, f"the status ({answer.body[:200]!r})")
        account = Account(self.reader.rest, handle, answer.json())
        same(account.call("GET", "/v1/profile").json()["profile"]["name"], text, "the name")
        equal([one["name"] for one in devices(account)], [text], "the device's name")

    def handle(self, text):
        _, answer = self.register(handle=text)
        if not HANDLE.fullmatch(text):
            return equal((answer.status, answer.code), (422, "invalid"), "the answer")
        if not registers(text):
            return equal((answer.status, answer.code), (409, "handle_taken"), "one that is kept")
        equal(answer.status, 201, f"the status ({answer.body[:200]!r})")
        account = Account(self.reader.rest, text, answer.json())
        same(account.call("GET", "/v1/profile").json()["profile"]["handle"], text, "the handle")

    def invite(self, text):
        """Registration is open, but whoever brings an invite has to bring one of ours."""
        _, answer = self.register(invite=text)
        wanted = (403, "invite_invalid") if self.fits("Registration", "invite", text) else (422, "invalid")
        equal((answer.status, answer.code), wanted, "the answer")

    def device_name(self, text):
        """A device signs in under this name, is listed under it, and signs out again."""
        body = {"handle": self.reader.handle, "password": self.reader.password, "device_name": text}
        answer = self.reader.rest.call("POST", "/v1/sessions", body)
        if not self.fits("SignIn", "device_name", text):
            return equal((answer.status, answer.code), (422, "invalid"), "the answer")
        device = Account(self.reader.rest, self.reader.handle, answer.json())
        listed = {one["device"]: one["name"] for one in devices(device)}
        same(listed[device.device], text, "the name")
        equal(device.call("DELETE", "/v1/sessions/current").status, 204, "signing out")

    def password(self, text):
        handle, answer = self.register(password=text)
        if not self.fits("Registration", "password", text) or len(text) < PASSWORD_POINTS_MIN:
            return equal((answer.status, answer.code), (422, "invalid"), "the answer")
        account = Account(self.reader.rest, handle, answer.json(), text)
        account.sign_in()
        # Another password is another one, however alike the two look.
        other = text[:-1] + chr(ord(text[-1]) ^ 1)
        body = {"handle": handle, "password": other, "device_name": "x"}
        wrong = self.reader.rest.call("POST", "/v1/sessions", body)
        equal((wrong.status, wrong.code), (401, "credentials"), "the answer to another password")

    def unknown_handle(self, text):
        body = {"handle": text, "password": "correct horse battery and more", "device_name": "x"}
        answer = self.reader.rest.call("POST", "/v1/sessions", body)
        wanted = (401, "credentials") if self.fits("SignIn", "handle", text) else (422, "invalid")
        equal((answer.status, answer.code), wanted, "the answer")


def devices(account):
    return [one for one in account.call("GET", "/v1/devices").json()["devices"] if one["present"]]
