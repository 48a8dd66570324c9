"""A small history in which everything is right, with material for every defect that doctor.py knows.

Ada (two devices) and Bob talk in a group and directly; Eve is in the group until she is removed. Ada edits a
message, and Bob deletes one.
"""
import uuid

ACCOUNTS = {"ada1": "a1", "ada2": "a1", "bob1": "a2", "eve1": "a3"}
GROUP, DIRECT = "c1", "c2"
REMOVED_AT = 5
BEGAN = 1_800_000_000
# (conversation, born, device): who said what where.
SAID = [
    *((GROUP, born, "ada1" if born % 2 else "bob1") for born in range(2, 9)),
    *((DIRECT, born, "bob1" if born % 2 else "ada1") for born in range(2, 7)),
]
READ_BY_BOB = 4
EDITED, NEW_TEXT = (GROUP, 3, "ada1"), "c1 3, and more"
DELETED = (GROUP, 4, "bob1")


def message(conversation, born, device):
    ident = uuid.UUID(int=(BEGAN * 1000 << 80) + (7 << 76) + (2 << 62) + born * 10 + int(conversation[1]))
    return {
        "conversation": conversation,
        "born": born,
        "id": str(ident),
        "sender": ACCOUNTS[device],
        "text": f"{conversation} {born}",
    }


def as_it_stands(conversation, born, device):
    """After the edit and the deletion."""
    one = message(conversation, born, device)
    if (conversation, born, device) == EDITED:
        one |= {"text": NEW_TEXT, "edited_at": (BEGAN + 100) * 1000}
    if (conversation, born, device) == DELETED:
        one |= {"text": "", "deleted": True}
    return one


def sees(device, conversation, born):
    return ACCOUNTS[device] != "a3" or conversation == GROUP and born <= REMOVED_AT


class Writer:
    def __init__(self):
        self.events = []
        self.number = 0
        self.note("began", wall=BEGAN)

    def note(self, event, **fields):
        self.events.append({"e": event, "t": len(self.events) / 10, **fields})

    def run(self, device, *words):
        self.number += 1
        self.note("run", n=self.number, device=device, words=list(words))
        return {"n": self.number, "device": device}

    def end(self, about, code=0):
        self.note("end", n=about["n"], code=code, killed=False, problem="")

    def show(self, about, how, conversation, born, device, said=message):
        own = ACCOUNTS[device] == ACCOUNTS[about["device"]]
        read = own and conversation == DIRECT and device != "bob1" and born <= READ_BY_BOB
        fields = {"edited_at": None, "deleted": None, **said(conversation, born, device)}
        at = (BEGAN + born) * 1000
        self.note("shown", **about, how=how, error=None, **fields, state="read" if read else "sent", at=at)


def events():
    writer = Writer()
    for device, account in ACCOUNTS.items():
        writer.note("device", device=device, account=account)
    serve(writer)
    tails = {device: writer.run(device, "tail") for device in ("ada2", "eve1")}
    talk(writer, tails)
    change(writer, tails)
    for device in ACCOUNTS:
        writer.note("settled", device=device, seconds=0.5)
    for device, about in tails.items():
        for conversation in (GROUP, DIRECT) if device == "ada2" else ():
            writer.note("tail_end", conversation=conversation, **about)
        writer.end(about)
    for device in ACCOUNTS:
        finish(writer, device)
    store(writer)
    return writer.events


def serve(writer):
    """What the server went through: a failed sync, a kill, a full disk."""
    writer.note("server", what="started", pid=1)
    for why, code in (("sync", 74), ("killed", -9)):
        writer.note("server", what="ended", why=why, code=code, after_s=0.01, output="")
        writer.note("server", what="started", pid=1)
    writer.note("probe", what="send", code="disk_full")
    writer.note("probe", what="read", works=True)
    writer.note("probe", what="renew", works=True)
    writer.note("probe", what="recovered", works=True, starts=0)
    writer.note("fault", kind="full_disk", device="server", began=0, struck=1)


def talk(writer, tails):
    """Each device sends all that it has to say at once; the tails show it in order."""
    for conversation in (GROUP, DIRECT):
        said = [one for one in SAID if one[0] == conversation]
        for device in ("ada1", "bob1"):
            own = [one for one in said if one[2] == device]
            about = writer.run(device, "send", conversation)
            writer.note("given", **about, to=conversation, texts=[message(*one)["text"] for one in own])
            for one in own:
                told = {"id": message(*one)["id"], "state": "sent", "conversation": conversation}
                writer.note("told", **about, **told)
            writer.end(about)
        for device, about in tails.items():
            for one in said:
                if sees(device, *one[:2]):
                    writer.show(about, "tail", *one)


def change(writer, tails):
    """The tails show again what has changed."""
    for one, verb, text in ((EDITED, "edit", NEW_TEXT), (DELETED, "delete", None)):
        ident = message(*one)["id"]
        about = writer.run(one[2], verb, one[0], ident)
        writer.note("changing", **about, message=ident, text=text)
        writer.note("changed", **about, message=ident)
        writer.end(about)
        for tail in tails.values():
            writer.show(tail, "tail", *one, said=as_it_stands)


def finish(writer, device):
    about = writer.run(device, "conversations")
    account = ACCOUNTS[device]
    for conversation in (GROUP, DIRECT) if account != "a3" else (GROUP,):
        counts = {"unread": unread(account, conversation), "mentions": 0}
        kind = "direct" if conversation == DIRECT else "group"
        last = {"born": max(born for at, born, _ in SAID if at == conversation and sees(device, at, born))}
        fields = {"conversation": conversation, "kind": kind, "read": position(account, conversation)}
        present = account != "a3"
        writer.note("listed", **about, how="final", **fields, **counts, present=present, last=last)
    writer.end(about)
    for conversation in (GROUP, DIRECT) if account != "a3" else (GROUP,):
        about = writer.run(device, "history", conversation)
        for one in SAID:
            if one[0] == conversation and sees(device, *one[:2]):
                writer.show(about, "final", *one, said=as_it_stands)
        writer.end(about)


def position(account, conversation):
    return READ_BY_BOB if (account, conversation) == ("a2", DIRECT) else 1


def unread(account, conversation):
    above = position(account, conversation)
    said = (one for one in SAID if one[0] == conversation and one[1] > above and one != DELETED)
    return sum(ACCOUNTS[device] != account for _, _, device in said)


def store(writer):
    for account in ("a1", "a2"):
        for conversation in (GROUP, DIRECT):
            counts = {"unread": unread(account, conversation), "mentions": 0}
            writer.note("served", account=account, conversation=conversation, **counts)
            writer.note("interval", account=account, conversation=conversation, first=1, last=None)
            upto = position(account, conversation)
            writer.note("position", account=account, conversation=conversation, upto=upto)
    writer.note("interval", account="a3", conversation=GROUP, first=1, last=REMOVED_AT)
    writer.note("store", problems=["ok"])
    for one in SAID:
        said = {"deleted": False, **as_it_stands(*one)}
        said.pop("edited_at", None)
        first = message(*one)["text"] if one == EDITED else None
        writer.note("stored", **said, first_text=first, mentions=[])
    writer.note("secrets", found=[], lines=1)
