"""Other people's things: each attempt, and the code that it is refused with."""
import threading

from proof import waiting
from proof.cases import equal
from proof.session import Session, new_id
from schema import BinarySession, schema
from world import DRAFT, EDITED, EMOJI, SECRET, TITLE


# Where a message says what it is about, in more ways than its sample does.
VARIANTS = {
    "changes": [{}, {"only": "removed"}],
    "page": [
        {"before": 0},
        {"after": 0},
        {"around": 2},
        {"from": 1, "to": 9},
        {"from": 1, "to": 9, "since": 0},
    ],
    "rows": [{"kind": "member"}, {"kind": "settings"}],
}
# Answered alike for everything: to end what never began; or not at all (typing_elsewhere).
HARMLESS = ("unsubscribe", "typing")


def foreign(world):
    """Every message about a conversation, with those that mallory is not in: (name, type, payload)."""
    for where, stream in (
        ("a group", world.group),
        ("a direct conversation", world.direct),
        ("a conversation that is not there", "c00000000zz"),
        ("an id that is none", "\"'--"),
        ("ada's account stream", world.ada.id),
    ):
        for kind, payload in about(stream):
            yield where, kind, payload


def about(stream):
    """Every message about this conversation: (type, payload)."""
    for kind, _ in schema().from_clients():
        names = [one["name"] for one in schema().fields(kind)]
        if kind in HARMLESS or not {"stream", "target"} & set(names):
            continue
        place = {"stream": stream} if "stream" in names else {"target": {"stream": stream}}
        for variant in VARIANTS.get(kind, [{}]):
            yield kind, {**schema().sample_of(kind), **place, **variant}


def attempts_at_messages(world):
    den = {"stream": world.den}
    # Not the one whose id mallory uses as well.
    hers = {"message": world.untold, "sender": world.ada.id}
    yield "edit ada's message", "message.edit", {
        "target": den,
        "message": world.untold,
        "text": "x",
    }, {}, "message.not_found"
    yield "delete ada's message", "message.delete", {"target": den, **hers}, {}, "message.not_found"
    yield "react to ada's message", "message.react", {"target": den, **hers, "emoji": "\U0001f44d"}, {}, (
        "message.not_found"
    )
    yield "pin ada's message", "message.pin", {"target": den, **hers}, {}, "message.not_found"
    yield "unpin ada's message", "message.pin", {"target": den, **hers, "remove": True}, {}, (
        "message.not_found"
    )
    yield "react with a word", "message.react", {
        "target": den,
        "message": world.mumbled,
        "emoji": "yes",
    }, {}, "invalid"
    yield "read what ada's message said", "message.history", {
        "stream": world.den,
        **hers,
    }, {}, "message.not_found"


def attempts_at_links(world):
    """Of ada's link mallory knows the id; of one that was revoked also the code."""
    code = world.link["code"]
    guesses = ("0" * 24, world.link["id"], code[:-1], code + "0", code.upper(), world.revoked, "%", "*")
    for what in ("link.look", "link.join"):
        for guess in guesses:
            yield f"{what} with {guess}", what, {"code": guess}, {}, "link.unknown"
    theirs = {"target": {"stream": world.group}, "link": world.link["id"]}
    yield "revoke ada's link", "link.revoke", theirs, {}, "conversation.not_member"
    den = {"target": {"stream": world.den}}
    for role in ("owner", "admin", "moderator"):
        yield f"a link that makes a {role}", "link.create", {**den, "role": role}, {}, "invalid"
    for field, value in (("uses", 0), ("uses", 1 << 50), ("lasts_ms", 1), ("lasts_ms", 1 << 50)):
        yield f"a link with {field} {value}", "link.create", {**den, field: value}, {}, "invalid"


def attempts(world):
    """What mallory tries with other people's ids: (name, type, payload, envelope fields, code)."""
    den, me = {"stream": world.den}, world.mallory
    send = {"target": den, "text": "x"}
    yield "reply to a message elsewhere", "message.send", {
        **send,
        "reply_to": world.untold,
    }, {}, "message.not_found"
    yield "reply to nothing", "message.send", {**send, "reply_to": new_id()}, {}, "message.not_found"
    yield from attempts_at_messages(world)
    yield from attempts_at_links(world)
    yield "follow ada's message", "message.send", send, {"follows": world.message}, "follows_refused"
    yield "follow nothing", "message.send", send, {"follows": new_id()}, "follows_refused"
    made_by = {"target": {"made_by": world.command}, "text": "x"}
    yield "write into what ada's command made", "message.send", made_by, {}, "made_by_refused"
    yield "write into what nobody made", "message.send", {
        "target": {"made_by": new_id()},
        "text": "x",
    }, {}, "made_by_refused"
    yield "write to nobody", "message.send", {
        "target": {"direct": "a00000000zz"},
        "text": "x",
    }, {}, "account.not_found"
    yield "write to a conversation as to a person", "message.send", {
        "target": {"direct": world.group},
        "text": "x",
    }, {}, "account.not_found"
    yield "read above the head", "read", {"target": den, "upto": 1 << 40}, {}, "invalid"
    yield "sign out bob's device", "device.revoke", {"device": world.bob.device}, {}, "device.not_found"
    yield "sign out no device", "device.revoke", {"device": "d00000000zz"}, {}, "device.not_found"
    yield "take ada's handle", "profile.set", {"handle": "ada"}, {}, "handle_taken"
    yield "make an invite", "invite.create", {}, {}, "not_allowed"
    yield "add nobody", "member.add", {"target": den, "accounts": ["a00000000zz"]}, {}, "account.not_found"
    yield "found a group with nobody", "conversation.create", {
        "title": "x",
        "members": ["a00000000zz"],
    }, {}, "account.not_found"
    yield "remove who is not in", "member.remove", {
        "target": den,
        "account": world.bob.id,
    }, {}, "account.not_found"
    yield "give a role to who is not in", "member.role", {
        "target": den,
        "account": world.bob.id,
        "role": "admin",
    }, {}, "account.not_found"
    yield "leave a group without an owner", "member.role", {
        "target": den,
        "account": me.id,
        "role": "guest",
    }, {}, "conversation.last_owner"
    yield "transfer to who is not in", "ownership.transfer", {
        "target": den,
        "account": world.bob.id,
    }, {}, "account.not_found"
    yield "transfer to oneself", "ownership.transfer", {"target": den, "account": me.id}, {}, "invalid"
    for handle in ("", "a", "Ada", "ada ", "1ada", "a" * 33, "ad\u0430", "a/b", "..", "ada\n"):
        yield f"the handle {handle!r}", "profile.set", {"handle": handle}, {}, "invalid"


def without_id(world):
    """Commands need an id; every one of these is refused for want of it."""
    target = {"stream": world.den}
    yield "message.send", {"target": target, "text": "x"}
    yield "message.edit", {"target": target, "message": world.mumbled, "text": "x"}
    yield "message.delete", {"target": target, "message": world.mumbled}
    yield "message.react", {"target": target, "message": world.mumbled, "emoji": "\U0001f44d"}
    yield "message.pin", {"target": target, "message": world.mumbled}
    yield "conversation.create", {"title": "x"}
    yield "conversation.rename", {"target": target, "title": "x"}
    yield "member.add", {"target": target, "accounts": []}
    yield "member.role", {"target": target, "account": world.mallory.id, "role": "guest"}
    yield "conversation.permissions", {"target": target, "permissions": {}}
    yield "ownership.transfer", {"target": target, "account": world.bob.id}
    yield "history.share", {"target": target, "shared": True}
    yield "slow_mode.set", {"target": target}
    yield "link.create", {"target": target}
    yield "link.revoke", {"target": target, "link": world.den_link["id"]}
    yield "link.join", {"code": world.link["code"]}
    yield "conversation.leave", {"target": target}
    yield "profile.set", {"name": "x"}


class Talk(threading.Thread):
    """While mallory tries, ada and bob talk: what could leak is said all the time, not only before."""

    def __init__(self, world):
        super().__init__(daemon=True)
        self.world = world
        self.ended = threading.Event()
        self.rounds = 0
        self.problem = None

    def run(self):
        try:
            with Session(self.world.server, self.world.ada.sign_in("talking")) as ada, Session(
                self.world.server, self.world.bob.sign_in("listening")
            ) as bob:
                while not self.ended.wait(0.02):
                    self.say(ada, bob)
                    self.rounds += 1
        except Exception as problem:  # noqa: BLE001 - told by `stop`
            self.problem = problem

    def say(self, ada, bob):
        world = self.world
        for target in ({"stream": world.group}, {"direct": world.bob.id}):
            said = ada.send_message(target, SECRET)
            bob.expect("message.new", seq=said["seq"], stream=said["stream"])
            bob.call("read", {"target": {"stream": said["stream"]}, "upto": said["seq"]})
            self.change(ada, bob, said["stream"], said["re"])
        ada.call("conversation.rename", {"target": {"stream": world.group}, "title": TITLE})
        for session in (ada, bob):
            session.settle()
            session.inbox.clear()

    def change(self, ada, bob, stream, message):
        """All that can be done to a message of ada's: edits, reactions, pins, a draft, and its end."""
        ada.call("message.edit", {"target": {"stream": stream}, "message": message, "text": EDITED})
        hers = {"target": {"stream": stream}, "message": message, "sender": self.world.ada.id}
        for person in (ada, bob):
            person.call("message.react", {**hers, "emoji": EMOJI})
        bob.call("message.react", {**hers, "emoji": EMOJI, "remove": True})
        for remove in (False, True):
            ada.call("message.pin", {**hers, "remove": remove})
        ada.call("draft.set", {"target": {"stream": stream}, "text": f"{DRAFT} {self.rounds}"})
        asked = {"stream": stream, "message": message, "sender": self.world.ada.id}
        equal(bob.call("message.history", asked)["payload"]["texts"][0]["text"], SECRET, "the earlier text")
        if self.rounds % 2:
            ada.call("message.delete", hers)

    def stop(self):
        self.ended.set()
        self.join(30)

    def check(self):
        assert not self.is_alive() and self.problem is None, self.problem
        assert self.rounds > 0, "nothing was said"


def run(cases, world):
    # A device of her own, since other cases connect with the first one.
    mallory = Session(world.server, world.mallory.sign_in("spy"), keep=True)
    talk = Talk(world)
    talk.start()
    waiting.until(lambda: talk.rounds > 0 or talk.problem, "ada and bob talk")
    spies = (
        ("JSON", mallory),
        ("CBOR", BinarySession(world.server, world.mallory.sign_in("other spy"), keep=True)),
    )
    for encoding, spy in spies:
        for where, kind, payload in foreign(world):
            name = f"rights in {encoding}: {kind} {list(payload)} on {where}"
            cases.run(name, refused, spy, kind, payload, {}, "conversation.not_member")
        for name, kind, payload, fields, code in attempts(world):
            cases.run(f"rights in {encoding}: {name}", refused, spy, kind, payload, fields, code)
        for kind, payload in without_id(world):
            cases.run(f"rights in {encoding}: {kind} without an id", refused_without_id, spy, kind, payload)
    for case in (
        ids_of_others,
        id_reused,
        in_direct,
        acks_elsewhere,
        typing_elsewhere,
        member_is_no_owner,
    ):
        cases.run(f"rights: {case.__name__.replace('_', ' ')}", case, world)
    talk.stop()
    cases.run("rights: meanwhile ada and bob talked", talk.check)
    for encoding, spy in spies:
        cases.run(f"rights in {encoding}: mallory has seen nothing", saw_nothing, spy)
        spy.drop()


def refused(spy, kind, payload, fields, code):
    equal(spy.refusal(kind, payload, **fields), code, "the code")


def refused_without_id(spy, kind, payload):
    spy.put({"type": kind, "payload": payload})
    equal(spy.expect("error")["payload"]["code"], "malformed", "the code")


def saw_nothing(spy):
    spy.settle()
    holds_no_secret(spy.socket.received)


def holds_no_secret(heard):
    assert heard, "nothing at all came"
    for what, secret in (
        ("the secret text", SECRET),
        ("the edited text", EDITED),
        ("the draft", DRAFT),
        ("the emoji", EMOJI),
        ("the title of the group", TITLE),
    ):
        assert secret.encode() not in bytes(heard), f"{what} came"


def ids_of_others(world):
    """A message id belongs to its sender: somebody else's message with the same id is another message."""
    with Session(world.server, world.mallory, keep=True) as mallory, Session(world.server, world.ada) as ada:
        answer = mallory.send_message(world.den, "same id", id=world.message)
        equal(answer["stream"], world.den, "where it went")
        again = ada.send_message(world.group, SECRET, id=world.message)
        equal((again["stream"], again["seq"]), (world.group, world.message_seq), "ada's answer")
        equal(mallory.texts(world.den), ["mine", "same id"], "the den")
        assert SECRET.encode() not in bytes(mallory.socket.received)


def id_reused(world):
    with Session(world.server, world.ada) as ada:
        equal(
            ada.refusal(
                "message.send", {"target": {"stream": world.group}, "text": "other"}, id=world.message
            ),
            "id_reused",
            "other text",
        )
        equal(
            ada.refusal(
                "message.send", {"target": {"stream": world.other}, "text": SECRET}, id=world.message
            ),
            "id_reused",
            "other place",
        )
        equal(
            ada.refusal("conversation.create", {"title": "other"}, id=world.command),
            "id_reused",
            "other title",
        )
        equal(
            ada.refusal("conversation.create", {"title": "x"}, id=world.message),
            "id_reused",
            "another kind of command",
        )


def in_direct(world):
    """A direct conversation has no title and no members to change."""
    target = {"stream": world.direct}
    with Session(world.server, world.ada) as ada:
        for kind, payload in (
            ("conversation.rename", {"title": "x"}),
            ("member.add", {"accounts": [world.mallory.id]}),
            ("member.remove", {"account": world.bob.id}),
            ("member.role", {"account": world.bob.id, "role": "admin"}),
            ("conversation.permissions", {"permissions": {"post": "guest"}}),
            ("ownership.transfer", {"account": world.bob.id}),
            ("history.share", {"shared": True}),
            ("slow_mode.set", {"interval_ms": 5000}),
            ("link.create", {}),
            ("link.revoke", {"link": world.link["id"]}),
            ("conversation.leave", {}),
        ):
            equal(ada.refusal(kind, {"target": target, **payload}), "conversation.kind", kind)


def typing_elsewhere(world):
    """Who is in no conversation is told nothing of who types there, and tells nobody."""
    with Session(world.server, world.mallory) as mallory, Session(world.server, world.ada) as ada:
        for session in (mallory, ada):
            session.send("look", {"streams": [world.group, world.ada.id, "x", world.group]})
        mallory.send("typing", {"stream": world.group})
        mallory.send("typing", {"stream": world.ada.id, "kind": "stopped"})
        mallory.send("typing", {"stream": "x", "kind": "voice"})
        mallory.settle()
        ada.settle()
        with Session(world.server, world.bob) as bob:
            bob.send("typing", {"stream": world.group})
            (told,) = [ada.expect("typing.changed")]
            equal(told["payload"], {"account": world.bob.id, "kind": "text"}, "who types")
        mallory.settle()
        equal([one["type"] for one in mallory.inbox], [], "what mallory heard")
        ada.settle()
        others = [one for one in ada.inbox if one["type"] == "typing.changed"]
        equal(others, [], "of whom ada was told besides")


def acks_elsewhere(world):
    """Acks for streams that are none of one's own are ignored, and say nothing."""
    with Session(world.server, world.mallory) as mallory, Session(world.server, world.ada) as ada:
        streams = [
            {"stream": world.group, "seq": 1 << 40},
            {"stream": world.ada.id, "seq": 9},
            {"stream": "x", "seq": 1},
        ]
        mallory.send("ack", {"streams": streams})
        mallory.settle()
        equal([one["type"] for one in mallory.inbox], [], "what mallory heard")
        ada.settle()
        receipts = [one for one in ada.inbox if one["type"] == "receipt"]
        equal(
            [one for one in receipts if one["payload"]["account"] == world.mallory.id],
            [],
            "receipts of mallory",
        )


def member_is_no_owner(world):
    target = {"stream": world.group}
    with Session(world.server, world.bob) as bob:
        for kind, payload in (
            ("conversation.rename", {"title": "x"}),
            ("member.add", {"accounts": [world.mallory.id]}),
            ("member.remove", {"account": world.ada.id}),
            ("member.role", {"account": world.ada.id, "role": "member"}),
            ("member.role", {"account": world.bob.id, "role": "owner"}),
            ("conversation.permissions", {"permissions": {"rename": "guest"}}),
            ("ownership.transfer", {"account": world.bob.id}),
            ("history.share", {"shared": True}),
            ("slow_mode.set", {"interval_ms": 5000}),
            ("link.create", {}),
            ("link.revoke", {"link": world.link["id"]}),
        ):
            equal(bob.refusal(kind, {"target": target, **payload}), "not_allowed", kind)
        equal(bob.refusal("link.list", {"stream": world.group}), "not_allowed", "the list of links")
