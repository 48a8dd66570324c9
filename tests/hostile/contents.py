"""What a message may say besides a text, as somebody else's program might write it: custom data that is none,
and forwards of what one does not see, or with words of one's own. Each is refused, by every way, and leaves
everything as it was.
"""
from entities import by_http, result, state
from proof.cases import equal
from proof.session import Session, new_id

KIND = "org.example.poll"
DATA = '{"n": [1.50, 2e3, 12345678901234567890], "n": null}'


def custom(data=DATA, kind=KIND, **more):
    return {"kind": kind, "data": data, **more}


# (name, custom, code)
CUSTOM = [
    ("an object", custom(), None),
    ("a number", custom("-0.0e-0"), None),
    ("null", custom("null"), None),
    ("the greatest", custom('"' + "x" * 16382 + '"'), None),
    ("of quotation marks, which are two bytes in JSON", custom("[" + '"",' * 5000 + "0]"), None),
    ("16 deep", custom("[" * 16 + "]" * 16), None),
    ("a field that nobody knows", custom(colour="red"), None),
    ("17 deep", custom("[" * 17 + "]" * 17), "invalid"),
    ("10,000 deep", custom("[" * 10000), "invalid"),
    ("too great", custom('"' + "x" * 16383 + '"'), "invalid"),
    ("nothing", custom(""), "invalid"),
    ("white space", custom(" \n"), "invalid"),
    ("two values", custom("1 2"), "invalid"),
    ("half an object", custom('{"a":'), "invalid"),
    ("a comma too much", custom("[1,]"), "invalid"),
    ("no JSON", custom("NaN"), "invalid"),
    ("a comment", custom("1 // one"), "invalid"),
    ("a control character in a string", custom('"\u0001"'), "invalid"),
    ("half a surrogate", custom('"\\ud83d"'), "invalid"),
    ("with a NUL", custom('"\u0000"'), "invalid"),
    ("a byte order mark", custom("\ufeff1"), "invalid"),
    ("as an object, and not as text", custom({"n": 1}), "malformed"),
    ("no data", {"kind": KIND}, "malformed"),
    ("no kind", {"data": DATA}, "malformed"),
    ("a list", [custom()], "malformed"),
    *(
        (f"of kind {kind[:20]!r}", custom(kind=kind), "invalid")
        for kind in (
            "poll",
            "org.",
            ".poll",
            "org..poll",
            "Org.poll",
            "org.p\u00f6ll",
            "org/poll.x",
            "-a.b",
            "a." + "b" * 63,
            "",
            "a b.c",
            "a.b\n",
            "\x1b[2J.x",
        )
    ),
]


def run(cases, world):
    for name, data, code in CUSTOM:
        cases.run(f"custom data: {name}", judge_custom, world, data, code)
    cases.run("custom data: beside a long text", long_fallback, world)
    cases.run("custom data: nothing is said", nothing_said, world)
    cases.run("a forward: of what one does not see", forwards_of_the_unseen, world)
    cases.run("a forward: with words of one's own", forged_forwards, world)
    cases.run("a forward: that is none", broken_forwards, world)
    cases.run("a forward: edited by whoever forwarded it", edited_forward, world)
    cases.run("a silent message: whatever that is", broken_silence, world)


def judge(world, payload, code, changes, edit=None):
    """Sent on a socket and by HTTP, and edited in."""
    with Session(world.server, world.mallory) as mallory:
        head = state(mallory, world.den)
        equal(result(mallory, "message.send", payload), code, "a sending")
        if edit:
            equal(result(mallory, "message.edit", {**payload, "message": edit}), code, "an edit")
        equal(by_http(world, payload), code, "by HTTP")
        equal(state(mallory, world.den) - head, changes, "changes")


def judge_custom(world, data, code):
    said = new_id()
    with Session(world.server, world.mallory) as mallory:
        mallory.send_message(world.den, "hello", id=said)
    payload = {"target": {"stream": world.den}, "text": "hi", "custom": data}
    judge(world, payload, code, 0 if code else 3, said)


def long_fallback(world):
    payload = {"target": {"stream": world.den}, "custom": custom()}
    judge(world, {**payload, "text": "\U0001f642" * 1000}, None, 2)
    judge(world, {**payload, "text": "x" * 1001}, "invalid", 0)


def nothing_said(world):
    den = {"target": {"stream": world.den}}
    judge(world, {**den, "text": ""}, "invalid", 0)
    judge(world, den, "invalid", 0)
    judge(world, {**den, "custom": custom()}, None, 2)


def broken_silence(world):
    den = {"target": {"stream": world.den}, "text": "psst"}
    judge(world, {**den, "silent": True}, None, 2)
    for silence in (1, "true", [], {}):
        judge(world, {**den, "silent": silence}, "malformed", 0)


def forwards_of_the_unseen(world):
    secret = {"stream": world.group, "message": world.message, "sender": world.ada.id}
    send = {"target": {"stream": world.den}}
    judge(world, {**send, "forward": secret}, "conversation.not_member", 0)
    judge(world, {**send, "forward": {**secret, "stream": world.den}}, "message.not_found", 0)
    judge(world, {**send, "forward": {**secret, "stream": "c1"}}, "conversation.not_member", 0)
    judge(world, {**send, "forward": {**secret, "stream": world.mallory.id}}, "conversation.not_member", 0)
    judge(world, {**send, "forward": {"stream": world.den, "message": new_id()}}, "message.not_found", 0)
    # Who sees it forwards it only where he may write.
    with Session(world.server, world.ada) as ada:
        equal(result(ada, "message.send", {**send, "forward": secret}), "conversation.not_member", "ada")


def own(world, session):
    said = new_id()
    session.send_message(world.den, "my words", id=said)
    return {"stream": world.den, "message": said}


def forged_forwards(world):
    with Session(world.server, world.mallory) as mallory:
        words = own(world, mallory)
    send = {"target": {"stream": world.den}, "forward": words}
    judge(world, send, None, 2)
    judge(world, {**send, "silent": True, "reply_to": words["message"]}, None, 2)
    judge(world, {**send, "text": "other words"}, "invalid", 0)
    judge(world, {**send, "custom": custom()}, "invalid", 0)
    judge(world, {**send, "mentions": [world.ada.id]}, "invalid", 0)
    everyone = {"kind": "everyone", "offset": 0, "length": 1}
    judge(world, {**send, "entities": [everyone]}, "invalid", 0)
    # Whose words it is, the server says; what the client says of it, it does not know.
    claim = {"account": world.ada.id, "name": "ada", "at": 1}
    judge(world, {"target": {"stream": world.den}, "text": "hers", "forwarded": claim}, None, 2)
    with Session(world.server, world.mallory) as mallory:
        rows = mallory.call("page", {"stream": world.den, "before": 0})["payload"]["rows"]
        last = rows[-1]["payload"]
        equal((last["text"], last.get("forwarded")), ("hers", None), "the claim")


def broken_forwards(world):
    with Session(world.server, world.mallory) as mallory:
        words = own(world, mallory)
    send = {"target": {"stream": world.den}}
    for broken in ({}, {"stream": world.den}, {"message": words["message"]}, [words], "x", 1):
        judge(world, {**send, "forward": broken}, "malformed", 0)
    for more in ({"message": 1}, {"stream": 1}, {"sender": 1}):
        judge(world, {**send, "forward": {**words, **more}}, "malformed", 0)
    for more in ({"message": "x"}, {"stream": "x" * 65}, {"sender": ""}):
        judge(world, {**send, "forward": {**words, **more}}, "invalid", 0)


def edited_forward(world):
    with Session(world.server, world.mallory) as mallory:
        forward = new_id()
        send = {"target": {"stream": world.den}, "forward": own(world, mallory)}
        mallory.call("message.send", send, id=forward)
        edit = {"target": {"stream": world.den}, "message": forward, "text": "better words"}
        equal(result(mallory, "message.edit", edit), "not_allowed", "an edit")
