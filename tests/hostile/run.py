#!/usr/bin/python3
"""Hostile input against a real parleyd: each attempt is answered with its code, nothing crashes, nobody sees
what is not his.

    tests/hostile/run.py [WORD ...]      only cases whose name contains one of the words

The cases stand as tables: frames.py (bytes), fields.py (fields of the schema), rights.py (other people's
things), tokens.py, doors.py (HTTP and paths), naughty.py (strings), slow.py (slow loris).
"""
import json
import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support" / "py"))

import doors
import fields
import frames
import naughty
import rights
import slow
import tokens
from proof import cbor
from proof.cases import Cases, equal
from proof.server import Server
from proof.session import Session, new_id
from proof.websocket import BINARY, CBOR, TEXT, Closed, WebSocket
from world import World


def main(words):
    cases = Cases("hostile input", words, quiet=True)
    with Server() as server:
        world = World(server)
        loris = slow.Slow(server) if cases.wanted("slow") else None
        run_frames(cases, world)
        run_fields(cases, world)
        rights.run(cases, world)
        tokens.run(cases, world)
        doors.run(cases, world)
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
            "close 4003|1007",
            inside,
        )
    for name, data, wanted in frames.FRAMING:
        cases.run(
            f"framing: {name}", judge_json, world, lambda socket, d=data: socket.send_raw(d), wanted, data
        )
    for name, data, wanted in frames.CBOR:
        cases.run(f"CBOR: {name}", judge_cbor, world, data, wanted)


def judge_json(world, send, wanted, data):
    """A fresh signed-in connection sends it; then a ping tells whether it is still served."""
    session = Session(world.server, world.mallory, resume=False)
    send(session.socket)
    errors, closed = [], None
    try:
        command = session.send("ping")
        session.answer(command)
        errors = [one for one in session.inbox if one["type"] == "error"]
    except Closed as end:
        closed = end.code
    session.drop()
    judge(wanted, [one["payload"]["code"] for one in errors], closed)
    if wanted.startswith("error") and frames.ID.encode() in data:
        equal(errors[0].get("re"), frames.ID, "the id that the error names")


def judge_cbor(world, data, wanted):
    socket = WebSocket(world.server.port, subprotocol=CBOR)
    socket.send_binary(cbor.encode({0: 2, 6: {1: world.mallory.access, 2: "proof"}}))
    came = []
    while not any(one[0] == 3 for one in came):
        came += cbor.decode_sequence(socket.receive()[1])
    socket.send_binary(data)
    last = b"\x07" * 16
    socket.send_binary(cbor.encode({0: 6, 1: last}))
    codes, closed = [], None
    try:
        while not any(one.get(2) == last for one in came):
            opcode, payload = socket.receive()
            equal(opcode, BINARY, "the type of the frame")
            came += cbor.decode_sequence(payload)
    except Closed as end:
        closed = end.code
    socket.drop()
    codes = [ERROR_NAMES[one[6][1]] for one in came if one[0] == 4]
    judge(wanted, codes, closed)


ERROR_NAMES = {1: "malformed", 2: "unknown_type", 3: "invalid", 4: "too_large", 5: "not_signed_in"}


def judge(wanted, codes, closed):
    what, _, detail = wanted.partition(" ")
    if what == "close":
        assert str(closed) in detail.split("|"), f"closed with {closed} after {codes}, not with {detail}"
    else:
        assert closed is None, f"closed with {closed} after {codes}"
        equal(codes, [detail] if what == "error" else [], "the errors")


def run_fields(cases, world):
    session = Session(world.server, world.mallory, resume=False)
    for name, envelope, code in fields.rows():
        cases.run(f"field: {name}", refused_field, session, envelope, code)
    session.drop()


def refused_field(session, envelope, code):
    command = new_id()
    session.socket.send(TEXT, json.dumps({**envelope, "id": command}).encode())
    answer = session.answer(command, 5)
    equal(answer["type"], "error", "the type of the answer")
    equal(answer["payload"]["code"], code, "the code")
    assert answer["payload"].get("field"), "the error names no field"


def still_runs(server):
    assert server.running, f"parleyd ended with {server.process.returncode}"
    equal(server.starts, 1, "starts")


def output_is_clean(server, world):
    output = server.output
    for what, secret in (
        ("the secret text", "the treasure lies"),
        ("an access token", world.ada.access),
        ("a refresh token", world.ada.refresh),
        ("a password", world.ada.password),
    ):
        assert secret not in output, f"{what} stands in the server's output"


if __name__ == "__main__":
    main(sys.argv[1:])
