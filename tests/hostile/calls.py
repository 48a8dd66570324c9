"""Every HTTP call of the schema: with other people's things, without a token, with bodies that are none.

Rows are made from the schema, so that a new route is attacked from its first day.
"""
import json
import urllib.parse

import rights
from doors import MALFORMED, TOO_LARGE, judge
from fields import parameters
from proof.cases import equal
from proof.session import new_id
from schema import schema

NOT_MEMBER = "404 conversation.not_member"
BODY_BYTES_MAX = 65536


def call(world, route, names, body=None, bearer=None, **headers):
    """One call by mallory. `body`: None for one that fits; `bearer`: "" for none."""
    path = route["path"].format(**names) + query(route)
    if isinstance(body, dict) and not takes_body(route):
        path += "?" + urllib.parse.urlencode(body) if body else ""
        body = None
    if body is None and takes_body(route):
        body = fitting_body(route)
    if isinstance(body, dict):
        body = json.dumps(body, ensure_ascii=False).encode()
    if body is not None:
        headers = {"Content-Type": "application/json", **headers}
    if bearer is None and route["auth"] != "none":
        bearer = world.mallory.access
    headers = {"Idempotency-Key": new_id(), **{k.replace("_", "-"): v for k, v in headers.items()}}
    answer = world.mallory.rest.call(route["method"], path, body, bearer, headers)
    return world.hear(answer)


def takes_body(route):
    return route["method"] in ("POST", "PATCH", "PUT")


def fitting_body(route):
    name = route.get("body") or route["message"]
    sample = schema().sample_of(name)
    return {key: value for key, value in sample.items() if key not in ("target", *parameters(route))}


def query(route):
    """What a page needs besides its conversation."""
    if route["method"] != "GET" or "message" not in route:
        return ""
    return "?before=0" if route["message"] == "page" else "?after=0"


def title(route):
    return f"{route['method']} {route['path']}"


def run(cases, world):
    for route in schema().routes:
        for name, names, wanted in foreign(world, route):
            cases.run(f"calls: {title(route)} on {name}", refused, world, route, names, wanted)
        if route["auth"] != "none":
            cases.run(f"calls: {title(route)} without a token", without_token, world, route)
        if takes_body(route):
            for name, body, wanted in broken_bodies(route):
                cases.run(f"calls: {title(route)} with {name}", broken, world, route, body, wanted)
            cases.run(f"calls: {title(route)} with another type of body", other_type, world, route)
        if "stream" in parameters(route) and takes_body(route) and route.get("message") != "typing":
            cases.run(f"calls: {title(route)} with a target of its own", own_target, world, route)
        if is_command(route):
            cases.run(f"calls: {title(route)} without a key", without_key, world, route)
    for name, kind, payload, fields, code in rights.attempts(world):
        found = route_of(kind, payload)
        if found and not fields:
            cases.run(f"calls: {name}", attempted, world, *found, code)
    cases.run("calls: nesting up to the limit and no further", nesting, world)
    cases.run("calls: mallory has heard nothing of others", lambda: rights.holds_no_secret(world.heard))


def foreign(world, route):
    """Things that are not mallory's in each place of a path: (name, values of the path, what must come)."""
    names = parameters(route)
    if "stream" in names:
        for name, stream in (
            ("others' group", world.group),
            ("others' direct conversation", world.direct),
            ("ada's account stream", world.ada.id),
            ("a conversation that is not there", "c00000000zz"),
            ("a word", "nonsense"),
        ):
            yield name, {
                "stream": stream,
                "account": world.bob.id,
                "message": world.message,
                "link": world.link["id"],
            }, NOT_MEMBER
    elif "account" in names:
        for name, account in (
            ("nobody", "a00000000zz"),
            ("a conversation in place of a person", world.group),
            ("a word", "nonsense"),
        ):
            yield name, {"account": account}, "404 account.not_found"
        # Who writes to himself saves it for himself.
        if not route["path"].startswith("/v1/direct/"):
            yield "mallory herself", {"account": world.mallory.id}, "422 invalid"
    elif "device" in names:
        for name, device in (
            ("bob's device", world.bob.device),
            ("no device", "d00000000zz"),
            ("a word", "nonsense"),
        ):
            yield name, {"device": device}, "404 device.not_found"
    else:
        assert not names, f"nothing is tried with the new names {names} of {title(route)}"


def route_of(kind, payload):
    """The call that says what this message says: (route, values of its path, body), or None."""
    target = payload.get("target", {})
    values = {**payload, **target}
    if "direct" in target:
        values["account"] = target["direct"]
    for route in schema().routes:
        names = parameters(route)
        reads = route["method"] == "GET" or "direct" in target and "account" not in names
        if route.get("message") == kind and not reads and all(name in values for name in names):
            body = {key: value for key, value in payload.items() if key not in ("target", *names)}
            return route, {name: values[name] for name in names}, body
    return None


def attempted(world, route, names, body, code):
    judge(call(world, route, names, body), f"{schema().errors[code]['http']} {code}")


# They ask in a body, and what they ask for needs no key; nor do acks, and who is typing.
READS_BY_POST = ("profile.find", "link.look", "ack", "typing")


def is_command(route):
    """Whether it writes by a command, which needs an id."""
    return route["method"] != "GET" and "message" in route and route["message"] not in READS_BY_POST


def refused(world, route, names, wanted):
    before = world.heads()
    judge(call(world, route, names), wanted)
    equal(world.heads(), before, "how many rows and devices ada and bob have")


def without_token(world, route):
    judge(call(world, route, world.own(), bearer=""), "401 not_signed_in")
    judge(call(world, route, world.own(), bearer="p1.AAAA.AAAA"), "401 token_invalid")
    judge(call(world, route, world.own(), bearer=world.mallory.refresh), "401 token_invalid")


def broken_bodies(route):
    good = json.dumps(fitting_body(route)).encode()
    inside = b'{"x":%s,' % b"1" + good[1:] if len(good) > 2 else b'{"x":1}'
    for name, body, wanted in (
        ("a word", b"hello", MALFORMED),
        ("a list", b"[]", MALFORMED),
        ("null", b"null", MALFORMED),
        ("an open brace", b"{", MALFORMED),
        ("a closing brace too many", good + b"}", MALFORMED),
        ("two bodies", good + good, MALFORMED),
        ("CBOR", b"\xa1\x01\x61x", MALFORMED),
        ("a byte order mark", b"\xef\xbb\xbf" + good, MALFORMED),
        ("what is not UTF-8", inside.replace(b"1", b'"\xff"', 1), MALFORMED),
        ("an overlong slash", inside.replace(b"1", b'"\xc0\xaf"', 1), MALFORMED),
        ("half a surrogate pair", inside.replace(b"1", b'"\\ud800"', 1), MALFORMED),
        ("a key given twice", twice(good), MALFORMED),
        ("60,000 brackets", b"[" * 60000, MALFORMED),
        ("a body of one byte too many", b" " * (BODY_BYTES_MAX + 1 - len(good)) + good, TOO_LARGE),
    ):
        if body is not None:
            yield name, body, wanted


def twice(good):
    """The first field once more; None where there is none."""
    fields = json.loads(good)
    if not fields:
        return None
    return good[:-1] + b"," + json.dumps({next(iter(fields)): "y"}).encode()[1:]


def broken(world, route, body, wanted):
    judge(call(world, route, world.own(), body), wanted)


def other_type(world, route):
    judge(call(world, route, world.own(), Content_Type="text/plain"), MALFORMED)


def own_target(world, route):
    """The path says where it goes, and nothing in the body can say otherwise."""
    body = {**fitting_body(route), "target": {"stream": world.group}}
    judge(call(world, route, world.own(), body), MALFORMED)


def without_key(world, route):
    judge(call(world, route, world.own(), Idempotency_Key=""), MALFORMED)
    judge(call(world, route, world.own(), Idempotency_Key="1; DROP TABLE row"), MALFORMED)
    version_1 = "018f0000-0000-1000-8000-00000000000a"
    judge(call(world, route, world.own(), Idempotency_Key=version_1), "422 invalid")


def nesting(world):
    route = next(one for one in schema().routes if one.get("message") == "profile.find")
    depth_max = schema().number("depth_max")
    for levels, wanted in ((depth_max - 1, "200"), (depth_max, MALFORMED)):
        body = b'{"handles":["ada"],"x":' + b"[" * levels + b"]" * levels + b"}"
        judge(call(world, route, world.own(), body), wanted)
