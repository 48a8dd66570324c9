"""Every whole number that a client may say, at the greatest value that the schema allows it: whatever the
answer is, it is one that a strict reader takes, and the server lives.

What is out of range stands in fields.py; here is what is just not, and what the server may make a sum of.
Rows are made from the schema, so that a new field is attacked from its first day: each message with every
choice of its numbers.
"""
import itertools

from fields import parameters
from proof.cases import equal
from proof.session import Session, new_id
from schema import BinarySession, schema
from strict import INT_MAX, check_answer, check_envelope

# Beside the fields of its messages: what a number in its query says.
QUERIES = {"/v1/conversations": ["after"]}


def run(cases, world):
    for name, kind in (("JSON", Session), ("CBOR", BinarySession)):
        for message, payload in messages(world):
            what = f"greatest in {name}: {title(message, payload)}"
            cases.run(what, by_socket, world, kind, message, payload)
    for route, query, body in http_calls(world):
        what = f"{route['method']} {route['path']}{query} {body or ''}"
        cases.run(f"greatest over HTTP: {what}", by_http, world, route, query, body)
    cases.run("greatest: the server still runs", lambda: equal(world.server.starts, 1, "starts"))


def messages(world):
    """(message, payload) for every choice of the numbers of everything that clients may send."""
    for name, _ in schema().from_clients():
        fields = schema().fields(name)
        base = {one["name"]: own(world, one) for one in fields if needed(one)}
        for chosen in choices(fields):
            yield name, {**base, **{one["name"]: greatest(world, one) for one in chosen}}


def http_calls(world):
    """(route, query, body): the same over HTTP."""
    for route in schema().routes:
        names = QUERIES.get(route["path"], []) if route["method"] == "GET" else []
        for name in names:
            yield route, f"?{name}={INT_MAX}", None
        if "message" not in route:
            continue
        fields = [
            one
            for one in schema().fields(route["message"])
            if one["name"] not in ("target", *parameters(route))
        ]
        for chosen in choices(fields):
            said = {one["name"]: greatest(world, one) for one in chosen}
            if route["method"] == "GET":
                yield route, "?" + "&".join(f"{name}={value}" for name, value in flat(said)), None
            else:
                yield route, "", {**{one["name"]: own(world, one) for one in fields if needed(one)}, **said}


def flat(said):
    """As a query says it: of a struct each field under a name of its own."""
    for name, value in said.items():
        if isinstance(value, dict):
            yield from ((f"{name}_{part}", one) for part, one in value.items())
        else:
            yield name, value


def choices(fields):
    """Every choice of one or more of the fields that hold a number."""
    numbers = [one for one in fields if holds_number(one)]
    for count in range(1, len(numbers) + 1):
        yield from itertools.combinations(numbers, count)


def inner(field):
    kind = field["type"]
    return kind[5:-1] if kind.startswith("list<") else kind


def holds_number(field):
    kind = inner(field)
    if kind in ("int", "time"):
        return True
    return kind in schema().structs and any(holds_number(one) for one in schema().structs[kind]["fields"])


def greatest(world, field):
    kind = field["type"]
    if kind.startswith("list<"):
        return [greatest(world, {**field, "type": inner(field)})]
    if kind in schema().structs:
        return {
            one["name"]: greatest(world, one) if holds_number(one) else own(world, one)
            for one in schema().structs[kind]["fields"]
        }
    return schema().number(field.get("max", INT_MAX))


def needed(field):
    return not field.get("optional") and "default" not in field and not holds_number(field)


def own(world, field):
    """A value that fits, of the asker's own things: what is others' is refused before it is counted."""
    kind = field["type"]
    if kind == "Target":
        return {"stream": world.den}
    ids = {"StreamId": world.den, "AccountId": world.mallory.id, "DeviceId": world.mallory.device}
    return ids.get(kind) or schema().sample(field)


def title(message, payload):
    return f"{message} {' '.join(name for name in payload)}"


def asker(world, message):
    """Only administrators make invites."""
    return world.administrator() if message == "invite.create" else world.mallory


def by_socket(world, kind, message, payload):
    with kind(world.server, asker(world, message), resume=False) as session:
        session.inbox.clear()
        command = session.send(message, payload)
        pinged = session.send("ping")
        if schema().messages[message].get("reply"):
            check_envelope(session.answer(command))
        check_envelope(session.answer(pinged))
        for one in session.inbox:
            check_envelope(one)
    equal(world.server.running, True, "whether the server runs")


def by_http(world, route, query, body):
    person = asker(world, route.get("message"))
    path = route["path"].format(**{**world.own(), "account": person.id}) + query
    headers = {"Idempotency-Key": new_id()}
    answer = person.rest.call(route["method"], path, body, person.access, headers)
    check_answer(route, answer)
    equal(world.server.running, True, "whether the server runs")
