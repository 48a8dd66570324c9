"""Who is not in any more, and who came late: what was said without him reaches him by no way."""
import urllib.parse

import calls
import rights
from doors import judge
from fields import parameters
from proof.cases import equal
from proof.session import Session, new_id
from schema import schema
from world import EMOJI

THUMB = "\U0001f44d"


def run(cases, world):
    for case in (removed, newcomer_sees_no_past, newcomer_changes_no_past):
        cases.run(f"rights: {case.__name__.replace('_', ' ')}", case, world)


def about_message(message, sender):
    """What can be asked for or done to somebody's message, but for its place: (type, payload)."""
    hers = {"message": message, "sender": sender}
    yield "message.edit", {"message": message, "text": "x"}
    yield "message.delete", hers
    yield "message.react", {**hers, "emoji": THUMB}
    yield "message.react", {**hers, "emoji": EMOJI, "remove": True}
    yield "message.pin", hers
    yield "message.pin", {**hers, "remove": True}
    yield "message.history", hers


def in_place(kind, stream, payload):
    place = {"stream": stream} if kind == "message.history" else {"target": {"stream": stream}}
    return {**payload, **place}


def change(session, stream, message, text):
    """Edits a message, reacts to it and pins it."""
    target = {"target": {"stream": stream}, "message": message}
    session.call("message.edit", {**target, "text": text})
    session.call("message.react", {**target, "emoji": EMOJI})
    session.call("message.pin", target)


def change_again(session, stream, message):
    """Edits it anew, takes reaction and pin back, and gives both again."""
    target = {"target": {"stream": stream}, "message": message}
    session.call("message.react", {**target, "emoji": EMOJI, "remove": True})
    session.call("message.pin", {**target, "remove": True})
    change(session, stream, message, "said before, edited again")


def removed(world):
    """From the removal on nothing comes, by no way; from before, nothing more is served either."""
    eve = world.newcomer()
    hers, adas = new_id(), new_id()
    with Session(world.server, world.ada) as ada, Session(world.server, eve, keep=True) as session:
        group = ada.create_group("with eve", [world.bob, eve])
        ada.send_message(group, "while she is in", id=adas)
        session.send_message(group, "hers", id=hers)
        session.send("look", {"streams": [group]})
        session.settle()
        ada.send("typing", {"stream": group})
        session.expect("typing.changed", stream=group)
        ada.call("member.remove", {"target": {"stream": group}, "account": eve.id})
        ada.send("typing", {"stream": group, "kind": "stopped"})
        ada.send_message(group, "after she is out")
        change(ada, group, adas, "after she is out, edited")
        session.expect("left")
        session.settle()
        for kind, payload in rights.about(group):
            equal(session.refusal(kind, payload), "conversation.not_member", kind)
        for message, sender in ((hers, eve.id), (adas, world.ada.id)):
            for kind, payload in about_message(message, sender):
                code = session.refusal(kind, in_place(kind, group, payload))
                equal(code, "conversation.not_member", f"{kind} {payload}")
            names = {
                "stream": group,
                "account": world.bob.id,
                "message": message,
                "link": world.link["id"],
            }
            for route in schema().routes:
                if "stream" in parameters(route):
                    judge(calls.call(world, route, names, bearer=eve.access), calls.NOT_MEMBER)
        heard_nothing(session)
        texts = ["while she is in", "hers", "after she is out"]
        equal(ada.texts(group), ["after she is out, edited", *texts[1:]], "what is there")
    with Session(world.server, eve, keep=True) as again:
        assert group not in again.states(), "a fresh device is told of a conversation that she is out of"
        heard_nothing(again)


def heard_nothing(session):
    session.settle()
    for secret in ("after she is out", EMOJI):
        assert secret.encode() not in bytes(session.socket.received), f"{secret} came"
    kinds = {one["type"] for one in session.inbox}
    assert not kinds & {"reaction.changed", "pin.changed", "typing.changed"}, kinds


def old_talk(world, ada, late):
    """A group that somebody is added to after all that is said in it, and the id of the message there."""
    group, old = ada.create_group("old talk", [world.bob]), new_id()
    ada.send_message(group, "said before", id=old)
    change(ada, group, old, "said before, edited")
    ada.call("member.add", {"target": {"stream": group}, "accounts": [late.id]})
    return group, old


def newcomer_sees_no_past(world):
    """Who is added later sees no message from before, whichever way is tried; members and settings, all."""
    eve = world.newcomer()
    with Session(world.server, world.ada) as ada:
        group, old = old_talk(world, ada, eve)
        ada.send_message(group, "said after")
        with Session(world.server, eve, keep=True) as session:
            equal(session.texts(group), ["said after"], "what changes give")
            for query in ({"before": 0}, {"after": 0}, {"around": 2}, {"from": 1, "to": 99}):
                page = session.call("page", {"stream": group, **query})["payload"]
                equal(
                    [row["payload"]["text"] for row in page.get("rows", [])], ["said after"], f"page {query}"
                )
            state = session.states()[group]
            equal(state["last"]["text"], "said after", "the preview")
            equal(state.get("unread"), 1, "unread")
            equal(
                len(session.call("rows", {"stream": group, "kind": "member"})["payload"]["rows"]),
                3,
                "members",
            )
            refused = session.refusal(
                "message.send", {"target": {"stream": group}, "text": "x", "reply_to": old}
            )
            equal(refused, "message.not_found", "replying to what she cannot see")
            change_again(ada, group, old)
            session.settle()
            equal(session.texts(group), ["said after"], "what changes give afterwards")
            rows = session.call("rows", {"stream": group, "kind": "settings"})["payload"]["rows"]
            equal([one["type"] for one in rows], ["conversation.changed"], "what is set, and pinned")
            for secret in (b"said before", EMOJI.encode(), b"reaction.changed", b"pin.changed"):
                assert secret not in bytes(session.socket.received), f"{secret} came"


def newcomer_changes_no_past(world):
    """What he cannot see he can neither change nor ask for, on a socket or over HTTP."""
    eve = world.newcomer()
    with Session(world.server, world.ada) as ada, Session(world.server, eve, keep=True) as session:
        group, old = old_talk(world, ada, eve)
        # As if she had every right, but for that of seeing it.
        ada.call("member.role", {"target": {"stream": group}, "account": eve.id, "role": "admin"})
        as_it_was = ada.pull(group)
        for kind, payload in about_message(old, world.ada.id):
            code = session.refusal(kind, in_place(kind, group, payload))
            equal(code, "message.not_found", f"{kind} {payload}")
            route = next(one for one in schema().routes if one.get("message") == kind)
            said = over_http(eve, route, {"stream": group, "message": old}, payload)
            judge(world.hear(said), "404 message.not_found")
        equal(ada.pull(group), as_it_was, "what ada sees")
        session.settle()
        assert b"said before" not in bytes(session.socket.received)
        # The same does something to what she can see.
        new = new_id()
        session.send_message(group, "said after", id=new)
        change(session, group, new, "said after, edited")
        equal(ada.texts(group), ["said before, edited", "said after, edited"], "what is there")


def over_http(account, route, names, payload):
    path = route["path"].format(**names)
    body = {name: value for name, value in payload.items() if name != "message"}
    if not calls.takes_body(route):
        path, body = f"{path}?{urllib.parse.urlencode(body)}", None
    return account.call(route["method"], path, body, headers={"Idempotency-Key": new_id()})
