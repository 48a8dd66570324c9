"""The protocol page as a session: two people, two devices, over raw sockets in JSON."""
import json
import time

from proof.cases import equal
from proof.session import Account, Session, new_id

CASES = []


def case(body):
    CASES.append(body)
    return body


def run(cases, server):
    ada, bob = Account.register(server, "ada"), Account.register(server, "bob")
    for body in CASES:
        cases.run(f"conversation: {body.__name__.replace('_', ' ')}", body, server, ada, bob)


@case
def hello_says_what_counts(server, ada, bob):
    with Session(server) as session:
        equal(session.hello["version"], 1, "version")
        equal(session.hello["heartbeat_ms"], 25000, "heartbeat")
        equal(session.hello["frame_bytes_max"], 65536, "longest frame")
        assert abs(session.hello["time"] - stamp()) < 60_000, "the server's clock"


def stamp():
    return int(time.time() * 1000)


@case
def auth_says_who_one_is(server, ada, bob):
    with Session(server, ada) as session:
        said = session.auth["payload"]
        equal((said["account"], said["device"]), (ada.id, ada.device), "who")
        assert said["session"] and said["expires_at"] > stamp()


@case
def auth_and_resume_in_the_first_frame(server, ada, bob):
    with Session(server) as session:
        auth = {"type": "auth", "id": new_id(), "payload": {"token": ada.access, "client": "proof"}}
        resume = {"type": "resume", "id": new_id(), "payload": {}}
        session.socket.send_text(json.dumps(auth) + "\n" + json.dumps(resume))
        equal([session.next()["type"]], ["auth.ok"], "the first answer")
        session.expect("resumed")


@case
def the_first_message_makes_the_direct_conversation(server, ada, bob):
    with Session(server, ada) as one, Session(server, bob) as two:
        accepted = one.send_message({"direct": bob.id}, "hello bob")
        stream = accepted["stream"]
        joined = two.expect("joined")["payload"]
        equal((joined["conversation"], joined["state"]["kind"]), (stream, "direct"), "what bob joined")
        equal(joined["state"]["peer"]["handle"], "ada", "the peer")
        message = two.expect("message.new")
        equal((message["stream"], message["seq"]), (stream, accepted["seq"]), "where it stands")
        equal(
            (message["payload"]["sender"], message["payload"]["text"]), (ada.id, "hello bob"), "what it says"
        )
        back = two.send_message({"direct": ada.id}, "hello ada")
        equal(back["stream"], stream, "the one conversation of the two")
        equal(back["seq"], accepted["seq"] + 1, "the next number")


@case
def both_begin_at_once_and_there_is_one(server, ada, bob):
    cyd, dan = Account.register(server, "cyd"), Account.register(server, "dan")
    with Session(server, cyd) as one, Session(server, dan) as two:
        first = one.send("message.send", {"target": {"direct": dan.id}, "text": "me first"})
        second = two.send("message.send", {"target": {"direct": cyd.id}, "text": "no, me"})
        streams = {one.answer(first)["stream"], two.answer(second)["stream"]}
        equal(len(streams), 1, "conversations")
        equal(sorted(one.texts(streams.pop())), ["me first", "no, me"], "what was said")


@case
def the_own_other_device_gets_it_too_and_the_sender_his_accepted(server, ada, bob):
    phone = ada.sign_in("phone")
    with Session(server, ada) as desk, Session(server, phone) as session:
        command = new_id()
        accepted = desk.send_message({"direct": bob.id}, "from the desk", id=command)
        equal(session.expect("message.new", id=command)["seq"], accepted["seq"], "its number on the phone")
        desk.settle()
        copies = [one for one in desk.inbox if one["type"] == "message.new" and one["id"] == command]
        equal(copies, [], "copies for the sender")


@case
def a_repeat_gets_the_first_answer(server, ada, bob):
    with Session(server, ada) as session:
        command = new_id()
        first = session.send_message({"direct": bob.id}, "once", id=command)
        again = session.send_message({"direct": bob.id}, "once", id=command)
        keys = ("stream", "seq", "timestamp")
        equal([again[key] for key in keys], [first[key] for key in keys], "the second answer")
        equal(session.texts(first["stream"]).count("once"), 1, "copies in the store")


@case
def a_group_is_made_and_changes_reach_everybody(server, ada, bob):
    with Session(server, ada) as one, Session(server, bob) as two:
        group = one.create_group("plans", [bob])
        equal(two.expect("joined")["payload"]["state"]["title"], "plans", "the title")
        two.expect("conversation.changed", stream=group)
        one.call("conversation.rename", {"target": {"stream": group}, "title": "better plans"})
        equal(
            two.expect("conversation.changed", stream=group)["payload"]["title"],
            "better plans",
            "the new title",
        )
        eve = Account.register(server, "eve")
        two.settle()
        two.inbox.clear()
        one.call("member.add", {"target": {"stream": group}, "accounts": [eve.id]})
        equal(two.expect("member.changed", stream=group)["payload"]["profile"]["handle"], "eve", "who came")
        one.call("member.remove", {"target": {"stream": group}, "account": eve.id})
        equal(two.expect("member.changed", stream=group)["payload"]["present"], False, "she is out")
        two.call("conversation.leave", {"target": {"stream": group}})
        two.expect("left")
        one.settle()
        came = [
            one["payload"] for one in one.inbox if one["type"] == "member.changed" and one["stream"] == group
        ]
        equal((came[-1]["profile"]["handle"], came[-1]["present"]), ("bob", False), "the last change")


@case
def numbers_are_gapless_and_pages_agree_with_changes(server, ada, bob):
    with Session(server, ada) as session:
        group = session.create_group("many", [bob])
        seqs = [session.send_message(group, f"message {number}")["seq"] for number in range(450)]
        equal(seqs, list(range(seqs[0], seqs[0] + 450)), "the numbers")
        rows = session.pull(group)
        equal([row["seq"] for row in rows], list(range(1, seqs[-1] + 1)), "the numbers of all rows")
        found, before = [], 0
        while True:
            page = session.call("page", {"stream": group, "before": before, "limit": 100})["payload"]
            found = page.get("rows", []) + found
            if not page.get("more_before"):
                break
            before = page["from"]
        equal(
            [row["payload"]["text"] for row in found],
            [f"message {number}" for number in range(450)],
            "pages",
        )


@case
def reading_counts_and_receipts(server, ada, bob):
    with Session(server, ada) as one, Session(server, bob) as two:
        group = one.create_group("counted", [bob])
        seqs = [one.send_message(group, text)["seq"] for text in ("one", "two", "three")]
        mention = {"target": {"stream": group}, "text": "@bob", "mentions": [bob.id]}
        seqs.append(one.call("message.send", mention)["seq"])
        with Session(server, bob.sign_in()) as fresh:
            state = fresh.states()[group]
            equal((state.get("unread"), state.get("mentions")), (4, 1), "unread and mentions")
            two.send("ack", {"streams": [{"stream": group, "seq": seqs[-1]}]})
            receipt = one.take(
                lambda e: e["type"] == "receipt" and e["payload"].get("delivered", 0) >= seqs[-1], "receipt"
            )
            equal(receipt["payload"]["account"], bob.id, "who has it")
            ok = two.call("read", {"target": {"stream": group}, "upto": seqs[1]})["payload"]
            equal((ok["upto"], ok.get("unread"), ok.get("mentions")), (seqs[1], 2, 1), "after reading two")
            row = fresh.expect("read.changed")["payload"]
            equal(
                (row["conversation"], row["upto"], row.get("unread")),
                (group, seqs[1], 2),
                "on the other device",
            )
            one.take(
                lambda e: e["type"] == "receipt" and e["payload"].get("read", 0) == seqs[1], "a read receipt"
            )
            lower = two.call("read", {"target": {"stream": group}, "upto": seqs[0]})["payload"]
            equal(lower["upto"], seqs[1], "a lower position")


@case
def a_token_resumes_where_one_was(server, ada, bob):
    with Session(server, ada) as one, Session(server, bob) as two:
        group = one.create_group("resumed", [bob])
        two.expect("joined")
        token = two.settle()["payload"]["token"]
        two.drop()
        seq = one.send_message(group, "while bob was away")["seq"]
        with Session(server, bob, token=token) as back:
            moved = [name for name in back.states()]
            equal(moved, [group], "conversations that moved")
            equal(back.states()[group]["head"], seq, "the head")
            kinds = [one["type"] for one in back.resumed]
            equal([kind for kind in kinds if kind == "joined"], [], "what is known already")


@case
def pings_are_answered_with_a_token(server, ada, bob):
    with Session(server, ada) as session:
        assert session.settle()["payload"]["token"], "the token"
    with Session(server, ada, resume=False) as session:
        assert "token" not in session.settle().get("payload", {}), "a token before `resumed`"


@case
def commands_follow_each_other(server, ada, bob):
    with Session(server, ada) as session:
        first, second, third = new_id(), new_id(), new_id()
        there, nowhere = {"direct": bob.id}, {"stream": "c0000000000"}
        session.send("message.send", {"target": nowhere, "text": "a"}, id=first)
        session.send("message.send", {"target": there, "text": "b"}, id=second, follows=first)
        session.send("message.send", {"target": there, "text": "c"}, id=third)
        equal(session.answer(first)["payload"]["code"], "conversation.not_member", "the first")
        equal(session.answer(second)["payload"]["code"], "follows_refused", "the one that follows it")
        equal(session.answer(third)["type"], "message.accepted", "the one that does not")


@case
def a_group_is_written_to_before_it_is_answered(server, ada, bob):
    with Session(server, ada) as session:
        made, said = new_id(), new_id()
        session.send("conversation.create", {"title": "soon", "members": [bob.id]}, id=made)
        session.send("message.send", {"target": {"made_by": made}, "text": "already"}, id=said, follows=made)
        stream = session.answer(made)["stream"]
        equal(session.answer(said)["stream"], stream, "where it went")


@case
def the_token_is_renewed_on_the_same_connection(server, ada, bob):
    with Session(server, bob) as session:
        before = session.auth["payload"]["expires_at"]
        equal(bob.renew().status, 200, "the renewal")
        again = session.call("auth", {"token": bob.access, "client": "proof"})["payload"]
        assert again["expires_at"] >= before
        session.send_message({"direct": ada.id}, "still here")


@case
def http_does_what_the_socket_does(server, ada, bob):
    with Session(server, bob) as session:
        command = new_id()
        path = f"/v1/direct/{bob.id}/messages"
        answer = ada.call("POST", path, {"text": "by HTTP"}, headers={"Idempotency-Key": command})
        equal(answer.status // 100, 2, "the status")
        message = session.expect("message.new", id=command)
        equal(message["payload"]["text"], "by HTTP", "the text")
        stream = message["stream"]
        page = bob.call("GET", f"/v1/conversations/{stream}/messages?before=0&limit=1").json()
        equal(page["payload"]["rows"][0]["id"], command, "the newest message")
        path = f"/v1/conversations/{stream}/read"
        read = bob.call("POST", path, {"upto": message["seq"]}, headers={"Idempotency-Key": new_id()}).json()
        equal(read["payload"]["upto"], message["seq"], "the read position")
        equal(ada.call("GET", "/v1/profile").json()["profile"]["handle"], "ada", "the profile")
