"""Naughty strings in edits, drafts and reactions: each is read back in every way that there is."""
from naughty_content import Content, Http, same
from proof.cases import equal
from proof.session import new_id
from schema import ENCODINGS

BEFORE, AFTER = "as it was sent", "as it stands"

# Fields of messages that are tried here.
SOCKET = {
    ("message.edit", "text"),
    ("draft.set", "text"),
    ("message.react", "emoji"),
}

# Fields of HTTP's bodies that are tried here.
HTTP = {
    "PATCH /v1/conversations/{stream}/messages/{message}: text",
    "PUT /v1/conversations/{stream}/draft: text",
    "PUT /v1/conversations/{stream}/messages/{message}/reactions: emoji",
}


def run(cases, world, texts, fits):
    for where, make in (
        *((f"in {name}", lambda kind=kind: Changes(world, kind, fits)) for name, kind in ENCODINGS),
        ("over HTTP", lambda: HttpChanges(world, fits)),
    ):
        changes = make()
        for case in (changes.edit, changes.draft, changes.reaction):
            for number, text in enumerate(texts):
                cases.run(f"naughty {where} {number}: {case.__name__} {ascii(text)[:40]}", case, text)
            name = f"naughty {where}: {case.__name__}: texts are kept, and others refused"
            if cases.wanted(f"naughty {where} 0: {case.__name__}"):
                kept = changes.kept.count(case.__name__)
                cases.check(name, 1 < kept < len(texts), f"{kept} of {len(texts)} were kept")
        changes.end()


def reaction_of(rows):
    """The only reaction in a page."""
    (found,) = (row["payload"]["emoji"] for row in rows if row["type"] == "reaction.changed")
    return found


class Changes(Content):
    """Somebody changes what is there, somebody else reads, both in one encoding."""

    def __init__(self, world, session_of, fits):
        super().__init__(world, session_of, fits)
        self.kept = []

    def forget(self):
        for session in (self.reading, self.writing, self.other_device):
            session.inbox.clear()

    def edit(self, text):
        """Read live, by page, by changes, and once there is a later text by message.history."""
        message = new_id()
        named = {"target": {"stream": self.group}, "message": message}
        if not self.fits("message.edit", "text", text):
            return self.refused("message.edit", {**named, "text": text})
        born = self.writing.send_message(self.group, BEFORE, id=message)["seq"]
        self.reading.expect("message.new", id=message)
        seq = self.writing.call("message.edit", {**named, "text": text})["seq"]
        live = self.reading.expect("message.new", id=message)
        equal((live["seq"], live["born"]), (seq, born), "the row that came live")
        same(live["payload"]["text"], text, "what came live")
        page = self.reading.call("page", {"stream": self.group, "from": born, "to": born})["payload"]
        same(page["rows"][0]["payload"]["text"], text, "what a page gives")
        rows = self.reading.call("changes", {"stream": self.group, "after": seq - 1})["payload"]["rows"]
        same(rows[0]["payload"]["text"], text, "what changes give")
        self.writing.call("message.edit", {**named, "text": AFTER})
        asked = {"stream": self.group, "message": message, "sender": self.account.id}
        earlier = self.reading.call("message.history", asked)["payload"]["texts"]
        equal([one["seq"] for one in earlier], [born, seq], "the earlier texts")
        same(earlier[0]["text"], BEFORE, "the first text")
        same(earlier[1]["text"], text, "what the history gives")
        self.kept.append("edit")
        self.forget()

    def draft(self, text):
        """Read on another device of its writer, live and by changes."""
        payload = {"target": {"stream": self.group}, "text": text}
        if not self.fits("draft.set", "text", text):
            return self.refused("draft.set", payload)
        done = self.writing.call("draft.set", payload)
        if "seq" not in done:
            return equal(text, "", "a draft that says nothing new")
        seq = done["seq"]
        live = self.other_device.expect("draft.changed", seq=seq)["payload"]
        equal(live["conversation"], self.group, "where it is written")
        same(live.get("text"), text, "what came live")
        asked = {"stream": self.account.id, "after": seq - 1}
        rows = self.other_device.call("changes", asked)["payload"]["rows"]
        (row,) = (one["payload"] for one in rows if one["type"] == "draft.changed")
        same(row.get("text"), text, "what changes give")
        self.kept.append("draft")
        self.forget()

    def reaction(self, text):
        """Read live, by changes and by page."""
        message = new_id()
        payload = {"target": {"stream": self.group}, "message": message, "emoji": text}
        if not self.fits("message.react", "emoji", text):
            return self.refused("message.react", payload)
        born = self.writing.send_message(self.group, BEFORE, id=message)["seq"]
        seq = self.writing.call("message.react", payload)["seq"]
        live = self.reading.expect("reaction.changed", seq=seq)["payload"]
        equal(live["message"], born, "the message")
        same(live["emoji"], text, "what came live")
        rows = self.reading.call("changes", {"stream": self.group, "after": seq - 1})["payload"]["rows"]
        same(reaction_of(rows), text, "what changes give")
        page = self.reading.call("page", {"stream": self.group, "from": born, "to": born})["payload"]
        same(reaction_of(page["rows"]), text, "what a page gives")
        self.kept.append("reaction")
        self.forget()


class HttpChanges(Http):
    """Changed over HTTP, read on sockets in both encodings and over HTTP."""

    def __init__(self, world, fits):
        super().__init__(world, fits)
        self.kept = []

    def sent(self):
        """The path of a new message, and its place."""
        message = new_id()
        headers = {"Idempotency-Key": message}
        answer = self.account.call("POST", f"{self.path}/messages", {"text": BEFORE}, headers=headers)
        equal(answer.status, 200, f"the status ({answer.body[:200]!r})")
        born = answer.json()["seq"]
        self.live("message.new", id=message)
        return f"{self.path}/messages/{message}", born

    def page(self, born):
        answer = self.reader.call("GET", f"{self.path}/messages?from={born}&to={born}")
        return answer.json()["payload"]["rows"]

    def edit(self, text):
        if not self.fits("message.edit", "text", text):
            return self.refused("PATCH", f"{self.path}/messages/{new_id()}", {"text": text})
        path, born = self.sent()
        seq = self.call("PATCH", path, {"text": text})["seq"]
        for payload in self.live("message.new", seq=seq):
            same(payload["text"], text, "what came live")
        same(self.page(born)[0]["payload"]["text"], text, "what a page gives")
        self.call("PATCH", path, {"text": AFTER})
        answer = self.reader.call("GET", f"{path}/history?sender={self.account.id}")
        earlier = answer.json()["payload"]["texts"]
        equal([one["seq"] for one in earlier], [born, seq], "the earlier texts")
        same(earlier[1]["text"], text, "what the history gives")
        self.kept.append("edit")

    def draft(self, text):
        """By the one whose devices listen."""
        path = f"{self.path}/draft"
        if not self.fits("draft.set", "text", text):
            return self.refused("PUT", path, {"text": text}, self.reader)
        answer = self.reader.call("PUT", path, {"text": text}, headers={"Idempotency-Key": new_id()})
        equal(answer.status, 200, f"the status ({answer.body[:200]!r})")
        done = answer.json()
        if "seq" not in done:
            return equal(text, "", "a draft that says nothing new")
        for payload in self.live("draft.changed", seq=done["seq"]):
            same(payload.get("text"), text, "what came live")
        where = f"/v1/conversations/{self.reader.id}/changes?after={done['seq'] - 1}"
        rows = self.reader.call("GET", where).json()["payload"]["rows"]
        (row,) = (one["payload"] for one in rows if one["type"] == "draft.changed")
        same(row.get("text"), text, "what changes give")
        self.kept.append("draft")

    def reaction(self, text):
        if not self.fits("message.react", "emoji", text):
            return self.refused("PUT", f"{self.path}/messages/{new_id()}/reactions", {"emoji": text})
        path, born = self.sent()
        seq = self.call("PUT", f"{path}/reactions", {"emoji": text})["seq"]
        for payload in self.live("reaction.changed", seq=seq):
            same(payload["emoji"], text, "what came live")
        same(reaction_of(self.page(born)), text, "what a page gives")
        self.kept.append("reaction")
