"""Every field of every message that clients send, with wrong kinds and values out of range, in each encoding
and by each way.

Rows are made from the schema, not written, so that a new field is attacked from its first day.
"""
from schema import UUID, schema

MISSING = object()


class Json:
    name = "JSON"
    kinds = {"a text": "x", "a number": 5, "true": True, "a list": [], "a map": {}, "a fraction": 1.5}
    # Which of these kinds a type takes as its own; an enumeration and an id are texts.
    own = {"uuid": "a text", "enum": "a text"}
    uuids = {"empty": "", "a word": "abc", "one digit short": UUID[:-1], "in braces": f"{{{UUID}}}"}
    enums = {"unknown": "emperor", "empty": ""}

    @staticmethod
    def key(field):
        return field["name"]

    @staticmethod
    def value(kind, value):
        return value


class Cbor:
    name = "CBOR"
    kinds = {**Json.kinds, "bytes": b"x"}
    own = {"uuid": "bytes", "enum": "a number"}
    uuids = {"empty": b"", "of 15 bytes": b"x" * 15, "of 17 bytes": b"x" * 17, "a name": UUID.encode()}
    enums = {"number 0": 0, "number 99": 99, "number 2^64-1": 2**64 - 1, "negative": -1}

    @staticmethod
    def key(field):
        return field["id"]

    @staticmethod
    def value(kind, value):
        return schema().to_cbor(kind, value)


def rows(form):
    """(name, envelope without id, code) for every wrong value of every field, in the shape of this form."""
    for kind, message in schema().from_clients():
        for what, payload, code in wrong_maps(form, kind):
            if form is Json:
                yield f"{kind}: {what}", {"type": kind, "payload": payload}, code
            else:
                yield f"{kind}: {what}", {0: message["number"], 6: payload}, code


def bodies():
    """(name, route, body, code): the same over HTTP, for each route that has a body."""
    for route in schema().routes:
        name = route.get("body") or route.get("message")
        if not name or route["method"] in ("GET", "DELETE"):
            continue
        # What the path says is not in the body.
        for what, payload, code in wrong_maps(Json, name, leave_out=("target", *parameters(route))):
            yield f"{route['method']} {route['path']}: {what}", route, payload, code


def parameters(route):
    return [part[1:-1] for part in route["path"].split("/") if part.startswith("{")]


def wrong_maps(form, name, leave_out=()):
    """(name, map, code): a map that fits but for one field."""
    every = [one for one in schema().fields(name) if one["name"] not in leave_out]
    sample = schema().sample_of(name)
    base = {
        form.key(one): form.value(one["type"], sample[one["name"]]) for one in every if one["name"] in sample
    }
    for field in every:
        for what, value, code in wrong_values(form, field):
            made = {**base, form.key(field): value}
            if value is MISSING:
                del made[form.key(field)]
            yield f"{field['name']} is {what}", made, code


def wrong_values(form, field):
    kind = field["type"]
    required = not field.get("optional") and "default" not in field and not kind.startswith("list<")
    if required:
        yield "missing", MISSING, "malformed"
        yield "null", None, "malformed"
    own = own_kind(form, kind)
    for what, value in form.kinds.items():
        if what != own:
            yield what, value, "malformed"
    yield from out_of_range(form, field)


def own_kind(form, kind):
    if kind.startswith("list<"):
        return "a list"
    if kind in schema().structs:
        return "a map"
    if kind in schema().enums:
        return form.own["enum"]
    return {"time": "a number", "int": "a number", "bool": "true", **form.own}.get(kind, "a text")


def out_of_range(form, field):
    kind = field["type"]
    if kind in ("int", "time"):
        yield from wrong_numbers(field)
    elif kind in ("text", "token"):
        yield from wrong_texts(field)
    elif kind in schema().ids:
        yield "empty", "", "invalid"
        yield "too long", "c" * (schema().number("id_chars_max") + 1), "invalid"
        yield "with a space", "c 1", "invalid"
        yield "not ASCII", "cé", "invalid"
    elif kind == "uuid":
        for what, value in form.uuids.items():
            yield what, value, "malformed" if form is Cbor and isinstance(value, str) else "invalid"
    elif kind in schema().enums:
        for what, value in form.enums.items():
            yield what, value, "malformed" if isinstance(value, int) and value < 0 else "invalid"
    elif kind.startswith("list<"):
        yield from wrong_lists(form, field, kind[5:-1])
    elif kind in schema().structs:
        yield from wrong_structs(form, kind)


def wrong_numbers(field):
    yield "negative", -1, "invalid"
    yield "beyond 2^53", 2**53, "invalid"
    yield "beyond 2^63", 2**63, "invalid"
    yield "2^64-1", 2**64 - 1, "invalid"
    if "max" in field:
        yield "above its maximum", schema().number(field["max"]) + 1, "invalid"
    if schema().number(field.get("min", 0)) > 0:
        yield "below its minimum", schema().number(field["min"]) - 1, "invalid"


def wrong_texts(field):
    for bound in ("points_max", "bytes_max", "chars_max"):
        if bound in field:
            yield f"longer than {bound}", "x" * (schema().number(field[bound]) + 1), "invalid"
    if "bytes_max" in field and field["type"] == "text":
        many = "\N{GRINNING FACE}" * (schema().number(field["bytes_max"]) // 4 + 1)
        yield "short but of too many bytes", many, "invalid"
    yield "with NUL", "a\0b", "invalid"
    if field.get("points_min") or field["type"] == "token":
        yield "empty", "", "invalid"
    if field["type"] == "token":
        yield "with a space", "a b", "invalid"
        yield "not ASCII", "é", "invalid"


def wrong_lists(form, field, inner):
    one = {**field, "type": inner}
    wrong = next(value for what, value in form.kinds.items() if what != own_kind(form, inner))
    yield "a list of the wrong kind", [wrong], "malformed"
    yield "a list of null", [None], "malformed"
    fitting = form.value(inner, schema().sample({"type": inner}))
    # What a single one may not be, none of them may be.
    for what, value, code in out_of_range(form, one):
        yield f"a list of one that is {what}", [value], code
        yield f"a list whose last one is {what}", [fitting, value], code
    if "count_max" in field:
        yield "too many", [fitting] * (schema().number(field["count_max"]) + 1), "invalid"


def wrong_structs(form, kind):
    struct = schema().structs[kind]
    key = {one["name"]: form.key(one) for one in struct["fields"]}
    values = {one["name"]: form.value(one["type"], schema().sample(one)) for one in struct["fields"]}
    if "exactly_one" in struct:
        first, second = struct["exactly_one"][:2]
        yield "empty", {}, "invalid"
        yield "two at once", {key[first]: values[first], key[second]: values[second]}, "invalid"
        yield "all at once", {key[name]: value for name, value in values.items()}, "invalid"
    for field in struct["fields"]:
        yield f"with {field['name']} of the wrong kind", {key[field["name"]]: [[]]}, "malformed"
        for what, value, code in out_of_range(form, field):
            others = {} if "exactly_one" in struct else {key[name]: one for name, one in values.items()}
            yield f"with {field['name']} {what}", {**others, key[field["name"]]: value}, code
