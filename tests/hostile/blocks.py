"""Who is blocked: what he says and does reaches the other by no way, and no answer tells him so."""
import json

from proof.cases import equal
from proof.session import RefusedWith, Session, new_id
from world import EMOJI

MARK = "under a block"


def run(cases, world):
    for case in (reaches_nobody, is_told_nothing, blocker_adds_nothing):
        cases.run(f"blocks: {case.__name__.replace('_', ' ')}", case, world)


def apart(world, ada, eve):
    """Ada has blocked Eve, with whom she has a conversation and a group: both, and what was said before."""
    said = new_id()
    with Session(world.server, ada) as hers, Session(world.server, eve) as session:
        direct = session.send_message({"direct": ada.id}, "said before", id=said)["stream"]
        group = hers.create_group("of the two", [eve, world.bob])
        hers.call("block.set", {"account": eve.id, "blocked": True})
    return direct, group, said


def do_everything(session, direct, said):
    """In the direct conversation; the id of what is said in it."""
    meanwhile = new_id()
    session.send_message(direct, MARK, id=meanwhile)
    at = {"target": {"stream": direct}}
    session.call("message.edit", {**at, "message": meanwhile, "text": f"{MARK}, edited"})
    for message in (said, meanwhile):
        session.call("message.react", {**at, "message": message, "emoji": EMOJI})
        session.call("message.pin", {**at, "message": message})
    session.send("typing", {"stream": direct})
    session.call("read", {**at, "upto": 4})
    return meanwhile


def reaches_nobody(world):
    ada, eve = world.newcomer(), world.newcomer()
    direct, _, said = apart(world, ada, eve)
    with Session(world.server, ada, keep=True) as hers, Session(world.server, eve) as session:
        hers.send("look", {"streams": [direct]})
        hers.settle()
        meanwhile = do_everything(session, direct, said)
        session.settle()
        hers.settle()
        equal({one["type"] for one in hers.inbox if one.get("stream") == direct}, {"skip"}, "live")
        told = [hers.call("changes", {"stream": direct, "after": 0})]
        told += [hers.call("page", {"stream": direct, **where}) for where in ({"before": 0}, {"around": 5})]
        told += [hers.call("rows", {"stream": direct, "kind": "settings"}), *hers.resume()]
        for path in ("", f"/{direct}/messages?before=0", f"/{direct}/changes?after=0", f"/{direct}/settings"):
            told.append(ada.call("GET", f"/v1/conversations{path}").json())
        for one in told:
            text = json.dumps(one, ensure_ascii=False)
            assert MARK not in text and EMOJI not in text, text
            assert "pin.changed" not in text and "reaction.changed" not in text, text
        for kind, more in (("message.history", {}), ("message.react", {"emoji": EMOJI}), ("message.pin", {})):
            place = {"stream": direct} if kind == "message.history" else {"target": {"stream": direct}}
            code = hers.refusal(kind, {**place, "message": meanwhile, "sender": eve.id, **more})
            equal(code, "message.not_found", kind)


def is_told_nothing(world):
    """What he hears is what anybody hears, word by word."""
    ada, eve = world.newcomer(), world.newcomer()
    direct, group, _ = apart(world, ada, eve)

    def heard(session, kind, payload):
        try:
            return session.call(kind, payload)["type"]
        except RefusedWith as refused:
            return refused.payload

    with Session(world.server, eve, keep=True) as session, Session(world.server, ada) as hers:
        nobody = "a00000000zz"
        for kind, naming in (
            ("conversation.create", lambda who: {"title": "x", "members": [who]}),
            ("member.add", lambda who: {"target": {"stream": mine}, "accounts": [who]}),
        ):
            mine = session.create_group("his", [world.bob])
            equal(heard(session, kind, naming(ada.id)), heard(session, kind, naming(nobody)), kind)
        before = session.states()[direct]["receipts"]
        equal([one["account"] for one in before], [ada.id], "of whom he is told how far she has got")
        session.settle()
        session.inbox.clear()
        hers.call("read", {"target": {"stream": direct}, "upto": 4})
        hers.call("read", {"target": {"stream": group}, "upto": 4})
        hers.call("block.set", {"account": eve.id, "blocked": False})
        session.settle()
        equal(session.inbox, [], "what he hears of her")
        session.resume(session.token)
        equal(session.states().get(direct, {"receipts": before})["receipts"], before, "as it was")
        equal(eve.call("GET", "/v1/blocks").json(), {}, "whom he has blocked")


def blocker_adds_nothing(world):
    ada, eve = world.newcomer(), world.newcomer()
    direct, _, said = apart(world, ada, eve)
    with Session(world.server, ada, keep=True) as hers:
        for target in ({"stream": direct}, {"direct": eve.id}):
            equal(
                hers.refusal("message.send", {"target": target, "text": "x"}), "account.blocked", str(target)
            )
        at = {"target": {"stream": direct}, "message": said, "sender": eve.id}
        equal(hers.refusal("message.react", {**at, "emoji": EMOJI}), "account.blocked", "a reaction")
        equal(hers.refusal("message.pin", at), "account.blocked", "a pin")
        answer = ada.call("POST", f"/v1/direct/{eve.id}/messages", {"text": "x"}, headers=key())
        equal((answer.status, answer.json()["code"]), (409, "account.blocked"), "by HTTP")
        unknown = "account.not_found"
        for account, code in ((ada.id, "invalid"), ("a00000000zz", unknown), ("x", unknown)):
            equal(hers.refusal("block.set", {"account": account, "blocked": True}), code, account)


def key():
    return {"Idempotency-Key": new_id()}
