#!/usr/bin/python3
"""Hostile input against a real parleyd: each attempt is answered with its code, nothing crashes, nobody sees
what is not his.

    tests/hostile/run.py [WORD ...]      only cases whose name contains one of the words

The cases stand as tables: frames.py (bytes), fields.py (fields of the schema), rights.py (other people's
things), membership.py (who is not in any more, or came late), blocks.py (who is blocked), entities.py (what
parts of texts are), contents.py (custom data and forwards), tokens.py, doors.py (HTTP and paths), calls.py
(every route), greatest.py (the largest numbers), naughty.py, naughty_content.py and naughty_changes.py
(strings), slow.py (slow loris).
"""
import json
import pathlib
import sys
import uuid

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support" / "py"))

import blocks
import calls
import contents
import doors
import entities
import fields
import frames
import greatest
import membership
import naughty
import rights
import slow
import tokens
from proof import cbor
from proof.cases import Cases, equal
from proof.rest import Rest
from proof.server import Server
from proof.session import Account, Session, new_id
from proof.websocket import BINARY, CBOR, Closed, WebSocket
from schema import BinarySession, schema
from world import DRAFT, EDITED, EMOJI, TITLE, World


def main(words):
    cases = Cases("hostile input", words, quiet=True)
    # Everything that is ever logged.
    with Server({"log.level": "debug"}) as server:
        world = World(server)
        loris = slow.Slow(server) if cases.wanted("slow") else None
        run_frames(cases, world)
        run_fields(cases, world)
        rights.run(cases, world)
        membership.run(cases, world)
        blocks.run(cases, world)
        entities.run(cases, world)
        contents.run(cases, world)
        tokens.run(cases, world)
        doors.run(cases, world)
        calls.run(cases, world)
        greatest.run(cases, world)
        naughty.run(cases, world)
        if loris:
            loris.finish(cases)
        cases.run("the server: still runs, and was never started again", still_runs, server)
        cases.run("the server: no secret stands in its output", output_is_clean, server, world)
        cases.run("the server: stops when it is asked to", lambda: equal(server.stop(), 0, "the exit code"))
    cases.finish()


def run_frames(cases, world):
    for name, data, wanted in frames.JSON:
        cases.run(
            f"JSON: {name}", judge_json, world, lambda socket, d=data: socket.send_text(d), wanted, data
        )
    for name, data in frames.NOT_UTF8:
        inside = b'{"type":"ping","x":"' + data + b'"}'
        cases.run(
            f"UTF-8: {name}",
            judge_json,
            world,
            lambda socket, d=inside: socket.send_text(d),
            "close 1007",
            inside,
        )
    for name, data, wanted in frames.FRAMING:
        cases.run(
            f"framing: {name}", judge_json, world, lambda socket, d=data: socket.send_raw(d), wanted, data
        )
    for name, data, pong, wanted in frames.PINGS:
        cases.run(
            f"framing: {name}",
            judge_json,
            world,
            lambda socket, d=data: socket.send_raw(d),
            wanted,
            data,
            pong,
        )
    for name, data, wanted in frames.CBOR:
        cases.run(f"CBOR: {name}", judge_cbor, world, data, wanted)


def judge_json(world, send, wanted, data, pong=None):
    """A fresh signed-in connection sends it; then a ping of ours tells whether it is still served."""
    session = Session(world.server, world.mallory, resume=False)
    send(session.socket)
    came, closed = [], None
    try:
        if wanted == "served":
            came.append(session.expect("pong", 5))
        command = session.send("ping")
        session.answer(command)
        came += session.inbox
        if pong is not None:
            equal(session.socket.pongs, [pong], "what the socket's pong holds")
    except Closed as end:
        closed = end.code
        came += session.inbox
    session.drop()
    names = [(one["type"], one.get("payload", {}).get("code"), one.get("re")) for one in came]
    judge(wanted, names, closed, frames.ID if frames.ID.encode() in data else None)


def judge_cbor(world, data, wanted):
    socket = WebSocket(world.server.port, subprotocol=CBOR)
    socket.send_binary(cbor.encode({0: 2, 6: {1: world.mallory.access, 2: "proof"}}))
    came = []
    while not any(one[0] == 3 for one in came):
        came += cbor.decode_sequence(socket.receive()[1])
    came.clear()
    socket.send_binary(data)
    last = b"\x07" * 16
    closed = None
    try:
        while wanted == "served" and not came:
            came += binary_frame(socket)
        socket.send_binary(cbor.encode({0: 6, 1: last}))
        while not any(one.get(2) == last for one in came):
            came += binary_frame(socket)
    except Closed as end:
        closed = end.code
    socket.drop()
    names = [
        (schema().names[one[0]], schema().error_names.get(one.get(6, {}).get(1)), one.get(2))
        for one in came
        if one.get(2) != last
    ]
    ident = uuid.UUID(frames.ID).bytes
    judge(wanted, names, closed, ident if ident in data else None)


def binary_frame(socket):
    opcode, payload = socket.receive()
    equal(opcode, BINARY, "the type of the frame")
    return cbor.decode_sequence(payload)


def judge(wanted, came, closed, ident):
    """`came`: type, error code and `re` of each envelope. `ident`: the id that an error must name."""
    what, _, detail = wanted.partition(" ")
    if what == "close":
        assert str(closed) == detail, f"closed with {closed} after {came}, not with {detail}"
        return
    assert closed is None, f"closed with {closed} after {came}"
    if what == "error":
        equal(came, [("error", detail, ident)], "what came")
    elif what == "served":
        # One pong may answer several pings.
        assert came and all(one[:2] == ("pong", None) for one in came), f"no pongs: {came}"
        equal(came[-1][2], ident, "the ping that the last pong answers")
    else:
        equal((what, came), ("silence", []), "what came")


def run_fields(cases, world):
    for form, kind in ((fields.Json, Session), (fields.Cbor, BinarySession)):
        session = kind(world.server, world.mallory, resume=False)
        for name, envelope, code in fields.rows(form):
            cases.run(f"field in {form.name}: {name}", refused_field, session, envelope, code)
        session.drop()
    for name, route, body, code in fields.bodies():
        cases.run(f"field over HTTP: {name}", refused_body, world, route, body, code)


def refused_field(session, envelope, code):
    command = new_id()
    if isinstance(session, BinarySession):
        session.socket.send_binary(cbor.encode({**envelope, 1: uuid.UUID(command).bytes}))
    else:
        session.socket.send_text(json.dumps({**envelope, "id": command}))
    answer = session.answer(command, 5)
    equal(answer["type"], "error", "the type of the answer")
    equal(answer["payload"]["code"], code, "the code")
    assert answer["payload"].get("field"), "the error names no field"


def refused_body(world, route, body, code):
    answer = calls.call(world, route, world.own(), body)
    doors.judge(answer, f"{schema().errors[code]['http']} {code}")
    assert answer.json().get("field"), "the problem names no field"


def still_runs(server):
    assert server.running, f"parleyd ended with {server.process.returncode}"
    equal(server.starts, 1, "starts")


def output_is_clean(server, world):
    """What is logged, that is: the greeting tells whoever starts the server where it is, and a token."""
    admin = world.administrator()
    with Session(server, admin) as session:
        invite = session.call("invite.create", {"uses": 1})["payload"]["code"]
        sync_token = session.settle()["payload"]["token"]
    guest = Account.register(
        server, "ollilou", invite=invite, device_name="Ollilou's own phone", name="Olli Lou in person"
    )
    wrong = Rest(server.port).call(
        "POST", "/v1/sessions", {"handle": "ollilou", "password": "wrong horse", "device_name": "x"}
    )
    equal(wrong.status, 401, "a wrong password")
    lines = [line for line in server.output.splitlines() if line.startswith("time=")]
    for sign in ("level=debug", "signed in", "sign-in refused", "connected"):
        assert any(sign in line for line in lines), f"no line with {sign}"
    for what, secret in (
        ("a text", "treasure"),
        ("an edited text", EDITED),
        ("a draft", DRAFT),
        ("a reaction", EMOJI),
        ("a conversation's title", TITLE),
        ("a client's address", "127.0.0.1"),
        ("the administrator's token", world.administrator_token()),
        ("an invite", invite),
        ("an access token", world.ada.access),
        ("a refresh token", world.ada.refresh),
        ("an access token", guest.access),
        ("a refresh token", guest.refresh),
        ("a sync token", sync_token),
        ("a password", world.ada.password),
        ("a wrong password", "wrong horse"),
        # No id has letters such as these.
        ("a handle", world.mallory.handle),
        ("a handle", admin.handle),
        ("a handle", guest.handle),
        ("a person's name", "Lou in person"),
        ("a device's name", "own phone"),
    ):
        found = [line for line in lines if secret in line]
        equal(found, [], f"lines of the log with {what}")


if __name__ == "__main__":
    main(sys.argv[1:])
