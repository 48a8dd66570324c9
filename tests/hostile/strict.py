"""What a strict reader of the schema takes: what the server says has to fit, as what clients say has to.

It reads the same YAML as the rest of these tests, so that a mistake of the generator cannot hide itself.
"""
import json
import re

from schema import ENVELOPE, schema

INT_MAX = 2**53 - 1
TOKEN = re.compile(r"[\x21-\x7e]+")
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def check_envelope(envelope):
    """Fails where one of the server's, in JSON's shape, is not as the schema has it."""
    kind = envelope.get("type")
    message = schema().messages.get(kind)
    assert message, f"there is no message {kind!r}"
    assert message["from"] != "client", f"{kind} is what clients say"
    for name, value in envelope.items():
        if name not in ("type", "payload"):
            check_value(f"{kind}: {name}", {"type": envelope_type(name)}, value)
    check_fields(kind, schema().fields(kind), envelope.get("payload", {}))


def check_struct(name, values):
    """The same for a struct by itself, or a message's payload."""
    check_fields(name, schema().fields(name), values)


def envelope_type(name):
    assert name in ENVELOPE, f"an envelope has no field {name}"
    return {"stream": "StreamId", "seq": "int", "born": "int", "timestamp": "time"}.get(name, "uuid")


def check_fields(where, fields, values):
    assert isinstance(values, dict), f"{where} is {values!r}"
    for field in fields:
        what = f"{where}.{field['name']}"
        if field["name"] in values:
            check_value(what, field, values[field["name"]])
        else:
            may_be_absent = field.get("optional") or "default" in field or field["type"].startswith("list<")
            assert may_be_absent, f"{what} is missing"


def check_value(what, field, value):
    kind = field["type"]
    if kind.startswith("list<"):
        assert isinstance(value, list), f"{what} is {value!r}"
        assert len(value) <= schema().number(field["count_max"]), f"{what} has {len(value)} elements"
        for one in value:
            check_value(what, {**field, "type": kind[5:-1]}, one)
    elif kind in ("int", "time"):
        check_number(what, field, value)
    elif kind == "bool":
        assert isinstance(value, bool), f"{what} is {value!r}"
    elif kind == "change":
        check_envelope(value)
    elif kind == "close":
        assert isinstance(value, int), f"{what} is {value!r}"
    elif kind in schema().structs:
        check_struct(kind, value)
    elif payload_of(kind):
        check_struct(payload_of(kind), value)
    else:
        check_text(what, field, value)


def check_number(what, field, value):
    assert isinstance(value, int) and not isinstance(value, bool), f"{what} is {value!r}"
    least, most = schema().number(field.get("min", 0)), schema().number(field.get("max", INT_MAX))
    assert least <= value <= most, f"{what} is {value}"


def check_text(what, field, value):
    kind = field["type"]
    assert isinstance(value, str), f"{what} is {value!r}"
    if kind == "uuid":
        assert UUID.fullmatch(value), f"{what} is {value!r}"
    elif kind in schema().enums:
        assert value in schema().enums[kind]["values"], f"{what} is {value!r}"
    elif kind == "error":
        assert value in schema().errors, f"{what} is {value!r}"
    elif kind in schema().ids:
        fits = TOKEN.fullmatch(value) and len(value) <= schema().number("id_chars_max")
        assert fits, f"{what} is {value!r}"
    else:
        assert kind in ("text", "token"), f"{what} has the unknown type {kind}"
        assert kind == "text" or TOKEN.fullmatch(value), f"{what} is no token"
        assert "\0" not in value, f"{what} holds NUL"
        for bound in ("points_max", "chars_max"):
            if bound in field:
                assert len(value) <= schema().number(field[bound]), f"{what} is too long"
        if "bytes_max" in field:
            assert len(value.encode()) <= schema().number(field["bytes_max"]), f"{what} is too long"


def payload_of(name):
    """The message whose payload is called so: DeviceChanged is that of device.changed."""
    return next((one for one in schema().messages if pascal_case(one) == name), None)


def pascal_case(name):
    return "".join(part.capitalize() for part in re.split(r"[._]", name))


def check_answer(route, answer):
    """Fails where an answer of HTTP is not what the schema says of its route."""
    if answer.status >= 400:
        assert answer.headers.get("content-type") == "application/problem+json", answer.headers
        return check_struct("Problem", answer.json())
    if route.get("text"):
        return None
    if answer.status == 204:
        assert not answer.body, answer.body
        return None
    made = json.loads(answer.body)
    reply = route.get("reply")
    if reply:
        return check_value(route["path"], {"type": reply}, made)
    assert made["type"] == schema().messages[route["message"]]["reply"], made["type"]
    return check_envelope(made)
