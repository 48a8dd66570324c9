"""Signing in with what one should not have."""
import base64

from proof.cases import equal
from proof.session import PASSWORD, Session, new_id
from schema import ENCODINGS, schema

# Who asks and asks and does not sign in is sent away; this much is answered.
REFUSED_BEFORE_AUTH_MAX = 16


def bad_tokens(world):
    """Access tokens that are none: (name, token, code)."""
    good = world.mallory.access
    head, payload, mac = good.rsplit(".", 2) if good.count(".") >= 2 else (good[:4], good[4:-8], good[-8:])
    flipped = ("A" if mac[0] != "A" else "B") + mac[1:]
    yield "a word", "hello"
    yield "one character", "."
    yield "the longest possible", "x" * 1024
    yield "with its MAC changed", f"{head}.{payload}.{flipped}"
    yield "without its MAC", f"{head}.{payload}."
    yield "with a MAC cut short", f"{head}.{payload}.{mac[:-4]}"
    yield "with ada's claims and one's own MAC", f"{head}.{world.ada.access.rsplit('.', 2)[1]}.{mac}"
    yield "of another version", f"p9.{payload}.{mac}"
    yield "with something behind it", good + "A"
    yield "in other letters", good.swapcase()
    yield "a refresh token", world.mallory.refresh
    none = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
    yield "a JWT that says it needs no signature", f"{none}.{none}."


def run(cases, world):
    for name, token in bad_tokens(world):
        cases.run(f"tokens: auth with a token that is {name}", refused_auth, world, token)
        cases.run(f"tokens: HTTP with a token that is {name}", refused_http, world, token)
    account = world.newcomer()
    with Session(world.server, account) as session:
        session.create_group("own", [world.bob])
        good = session.settle()["payload"]["token"]
    for name, token, well_formed in forged_sync_tokens(good):
        name = f"tokens: resume with a forged token: {name}"
        cases.run(name, forged_resume, world, account, token, well_formed)
    for case in (
        no_auth_but_commands,
        second_device_of_another,
        bearer_forms,
        token_in_url,
        replayed_refresh,
        lost_reply,
        foreign_refresh,
        wrong_passwords,
        same_answer_for_unknown_handles,
        signed_out_remotely,
        replaced,
        sync_token_of_another,
    ):
        cases.run(f"tokens: {case.__name__.replace('_', ' ')}", case, world)


def forged_sync_tokens(token):
    """Sync tokens with a MAC that does not fit: (name, token, whether it is one by its beginning)."""
    prefix, *numbers, mac = token.split(".")
    for at, name in enumerate(("epoch", "life", "position", "account", "states as of", "states below")):
        for what, value in (
            ("0", "0"),
            ("1", "1"),
            ("one more", base36(int(numbers[at], 36) + 1)),
            ("2^53", base36(2**53)),
            ("2^63 - 1", base36(2**63 - 1)),
            ("2^63", base36(2**63)),
            ("2^70", base36(2**70)),
            ("-1", "-1"),
            ("nothing", ""),
            ("a plus", "+1"),
        ):
            changed = [*numbers[:at], value, *numbers[at + 1 :]]
            if changed != numbers:
                yield f"{name} {what}", ".".join((prefix, *changed, mac)), True
    yield "one number less", ".".join((prefix, *numbers[:-1], mac)), True
    yield "one number more", ".".join((prefix, *numbers, "1", mac)), True
    yield "something behind it", token + ".1", True
    yield "no MAC", ".".join((prefix, *numbers)), True
    yield "of before there were MACs", ".".join(("t1", *numbers[2:], "0")), True
    yield "another version", "t9." + token.partition(".")[2], False
    yield "a word", "hello", False
    yield "every number as large as it goes", ".".join((prefix, *[base36(2**63 - 1)] * 6, mac)), True


def base36(number):
    digits = ""
    while True:
        number, digit = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + digits
        if number == 0:
            return digits


def forged_resume(world, account, token, well_formed):
    """Whoever forges one begins from the start, and begins no epoch; the connection lives on."""
    with Session(world.server, account, resume=False) as session:
        if well_formed:
            session.resume(token)
            equal(set(session.states()), world.conversations_of(account), "the states")
            equal(session.epoch, 1, "the epoch")
        else:
            equal(session.refusal("resume", {"token": token}), "invalid", "the code")
        session.settle()


def sync_token_of_another(world):
    """It opens nothing: it says nothing, to any account but the one it was given to."""
    with Session(world.server, world.ada) as ada:
        token = ada.token
        ada.send_message(world.group, "after the token")
    with Session(world.server, world.mallory, resume=False, keep=True) as session:
        session.resume(token)
        assert set(session.states()) <= world.conversations_of(world.mallory), session.states()
        assert b"after the token" not in bytes(session.socket.received)


def refused_auth(world, token):
    with Session(world.server) as session:
        command = session.send("auth", {"token": token, "client": "proof"})
        equal(session.answer(command)["payload"]["code"], "token_invalid", "the code")
        equal(session.close_code(), 4001, "the close code")


def refused_http(world, token):
    answer = world.mallory.rest.call("GET", "/v1/profile", bearer=token)
    equal((answer.status, answer.code), (401, "token_invalid"), "the answer")


def no_auth_but_commands(world):
    """Before `auth` every request is refused, and nothing is served, in either encoding."""
    requests = [kind for kind, _ in schema().from_clients() if kind != "auth"]
    for _, session_of in ENCODINGS:
        for begin in range(0, len(requests), REFUSED_BEFORE_AUTH_MAX):
            with session_of(world.server) as session:
                for kind in requests[begin : begin + REFUSED_BEFORE_AUTH_MAX]:
                    equal(session.refusal(kind, schema().sample_of(kind)), "not_signed_in", kind)
                session.call("auth", {"token": world.mallory.access, "client": "proof"})


def second_device_of_another(world):
    """A connection stays its device's: `auth` with another's token is refused, and changes nothing."""
    with Session(world.server, world.mallory) as session:
        refused = session.refusal("auth", {"token": world.ada.access, "client": "proof"})
        equal(refused, "token_invalid", "the code")
        equal(
            session.refusal("changes", {"stream": world.group, "after": 0}),
            "conversation.not_member",
            "afterwards",
        )


def bearer_forms(world):
    for value in (
        "",
        "Bearer",
        "Bearer ",
        "Basic bWFsbG9yeTp4",
        world.mallory.access,
        "Bearer  x y",
        "bearer\t",
    ):
        answer = world.mallory.rest.call("GET", "/v1/profile", headers={"Authorization": value})
        equal(answer.status, 401, f"the status for {value[:12]!r}")


def token_in_url(world):
    for path in (
        f"/v1/profile?token={world.mallory.access}",
        f"/v1/profile?access_token={world.mallory.access}",
    ):
        answer = world.mallory.rest.call("GET", path)
        equal((answer.status, answer.code), (401, "not_signed_in"), "the answer")


def lost_reply(world):
    """A refresh token that is presented again gets the same successor, until that has been used."""
    account = world.newcomer()
    first = account.refresh
    one = account.rest.ok("POST", "/v1/sessions/refresh", {"refresh_token": first})
    again = account.rest.ok("POST", "/v1/sessions/refresh", {"refresh_token": first})
    equal(again["refresh_token"], one["refresh_token"], "the successor")


def replayed_refresh(world):
    """A use of a refresh token after its successor was used ends the device's sign-in, on the socket too."""
    account = world.newcomer()
    stolen = account.refresh
    assert account.renew().status == 200
    assert account.renew().status == 200
    with Session(world.server, account) as session:
        answer = account.rest.call("POST", "/v1/sessions/refresh", {"refresh_token": stolen})
        equal((answer.status, answer.code), (401, "refresh_reused"), "the answer")
        equal(session.close_code(), 4001, "the close code, at which nothing is erased")
    answer = account.renew()
    equal((answer.status, answer.code), (401, "refresh_reused"), "the newest token afterwards")
    with Session(world.server) as session:
        refused_with(4001, session, account)


def refused_with(close_code, session, account):
    """The close code says it; an error may have said it before."""
    session.send("auth", {"token": account.access, "client": "proof"})
    equal(session.close_code(), close_code, "the close code")
    assert not [one for one in session.inbox if one["type"] not in ("error", "closing")], session.inbox


def foreign_refresh(world):
    good = world.mallory.refresh
    for token in (
        "x",
        good[:-3],
        good + "A",
        good.swapcase(),
        world.mallory.access,
        good.replace(".", "..", 1),
    ):
        answer = world.mallory.rest.call("POST", "/v1/sessions/refresh", {"refresh_token": token})
        equal((answer.status, answer.code), (401, "token_invalid"), f"the answer to {token[:8]}…")
    equal(world.mallory.renew().status, 200, "one's own token is still good")


def wrong_passwords(world):
    """Five wrong ones, then even the right one has to wait; sign-in by token is not touched."""
    account = world.newcomer()
    body = {"handle": account.handle, "password": "wrong and long", "device_name": "x"}
    codes = [account.rest.call("POST", "/v1/sessions", body).code for _ in range(5)]
    equal(codes, ["credentials"] * 5, "the first five")
    right = account.rest.call("POST", "/v1/sessions", {**body, "password": PASSWORD})
    equal((right.status, right.code), (429, "rate_limited"), "the sixth, though right")
    assert right.json()["retry_after_ms"] > 0
    with Session(world.server, account) as session:
        session.settle()
    equal(account.renew().status, 200, "the refresh token")


def same_answer_for_unknown_handles(world):
    known = world.newcomer()
    answers = []
    for handle in (known.handle, "nobody-at-all"):
        body = {"handle": handle, "password": "wrong and long", "device_name": "x"}
        answers.append(known.rest.call("POST", "/v1/sessions", body))
    equal(answers[0].body, answers[1].body, "the two answers")
    equal(answers[1].code, "credentials", "the code")


def signed_out_remotely(world):
    """After a revocation is answered, nothing is accepted from that device and nothing sent to it."""
    account = world.newcomer()
    phone = account.sign_in("phone")
    with Session(world.server, account) as desk, Session(world.server, phone) as session:
        desk.call("device.revoke", {"device": phone.device})
        equal(session.close_code(), 4004, "the close code")
    with Session(world.server) as session:
        refused_with(4004, session, phone)
    answer = phone.call(
        "POST",
        f"/v1/conversations/{world.den}/messages",
        {"text": "x"},
        headers={"Idempotency-Key": new_id()},
    )
    equal((answer.status, answer.code), (401, "revoked"), "the answer on HTTP")
    equal(phone.renew().code, "revoked", "refreshing")


def replaced(world):
    """A later connection of a device closes the earlier one."""
    account = world.newcomer()
    with Session(world.server, account) as first, Session(world.server, account) as second:
        equal(first.close_code(), 4005, "the close code")
        second.settle()
