"""Every field of every message that clients send, with wrong kinds and values out of range.

Rows are made from the schema, not written, so that a new field is attacked from its first day.
"""
import pathlib

import yaml

from proof.server import SOURCE

INT_MAX = 2**53 - 1
UUID = "018f0000-0000-7000-8000-00000000000a"
WRONG_KINDS = {"a text": "x", "a number": 5, "true": True, "a list": [], "a map": {}, "a fraction": 1.5}
# Which of these kinds a type takes as its own.
OWN_KIND = {
    "text": "a text",
    "token": "a text",
    "uuid": "a text",
    "time": "a number",
    "int": "a number",
    "bool": "true",
}


class Schema:
    def __init__(self):
        self.messages, self.structs, self.limits, self.enums, self.ids = {}, {}, {}, {}, {}
        for path in sorted(pathlib.Path(SOURCE, "protocol", "schema").glob("*.yaml")):
            part = yaml.safe_load(path.read_text())
            for name in ("messages", "structs", "limits", "enums", "ids"):
                getattr(self, name).update(part.get(name) or {})

    def number(self, value):
        return self.limits[value]["value"] if isinstance(value, str) else value

    def sample(self, field):
        """A value that fits."""
        kind = field["type"]
        if kind.startswith("list<"):
            return []
        if kind in self.enums:
            return next(iter(self.enums[kind]["values"]))
        if kind in self.structs:
            return self.sample_struct(self.structs[kind])
        if kind == "uuid":
            return UUID
        if kind in ("int", "time"):
            return self.number(field.get("min", 1))
        return {"bool": True}.get(kind, "x" * max(1, self.number(field.get("points_min", 1))))

    def sample_struct(self, struct):
        if "exactly_one" in struct:
            first = struct["exactly_one"][0]
            return {first: "c000000000"}
        return {one["name"]: self.sample(one) for one in struct["fields"] if not one.get("optional")}


def is_from_client(message):
    return message.get("from") in ("client", "both")


def rows():
    """(name, envelope without id, code) for every wrong value of every field."""
    schema = Schema()
    for kind, message in schema.messages.items():
        if not is_from_client(message) or "fields" not in message:
            continue
        base = schema.sample_struct(message)
        for field in message["fields"]:
            for what, value, code in wrong_values(schema, field):
                payload = {**base, field["name"]: value}
                if value is MISSING:
                    del payload[field["name"]]
                yield f"{kind}: {field['name']} is {what}", {"type": kind, "payload": payload}, code


MISSING = object()


def wrong_values(schema, field):
    kind = field["type"]
    required = not field.get("optional") and "default" not in field and not kind.startswith("list<")
    if required:
        yield "missing", MISSING, "malformed"
        yield "null", None, "malformed"
    if kind.startswith("list<"):
        own = "a list"
    elif kind in schema.structs:
        own = "a map"
    else:
        own = OWN_KIND.get(kind, "a text")
    for what, value in WRONG_KINDS.items():
        if what != own:
            yield what, value, "malformed"
    yield from out_of_range(schema, field, kind)


def out_of_range(schema, field, kind):
    if kind in ("int", "time"):
        yield "negative", -1, "invalid"
        yield "2^53", INT_MAX + 1, "invalid"
        yield "2^64", 2**64, "invalid"
        yield "10^300", 10**300, "invalid"
        if "max" in field:
            yield "above its maximum", schema.number(field["max"]) + 1, "invalid"
        if schema.number(field.get("min", 0)) > 0:
            yield "below its minimum", schema.number(field["min"]) - 1, "invalid"
    elif kind in ("text", "token"):
        for bound in ("points_max", "bytes_max", "chars_max"):
            if bound in field:
                yield f"longer than {bound}", "x" * (schema.number(field[bound]) + 1), "invalid"
        if "bytes_max" in field and "points_max" in field:
            yield "short but of too many bytes", "\N{GRINNING FACE}" * (
                schema.number(field["bytes_max"]) // 4 + 1
            ), "invalid"
        yield "with NUL", "a\0b", "invalid"
        if field.get("points_min") or kind == "token":
            yield "empty", "", "invalid"
        if kind == "token":
            yield "with a space", "a b", "invalid"
            yield "not ASCII", "é", "invalid"
    elif kind in schema.ids:
        yield "empty", "", "invalid"
        yield "too long", "c" * (schema.limits["id_chars_max"]["value"] + 1), "invalid"
        yield "with a space", "c 1", "invalid"
        yield "not ASCII", "cé", "invalid"
    elif kind == "uuid":
        for what, value in (
            ("empty", ""),
            ("a word", "abc"),
            ("one digit short", UUID[:-1]),
            ("in braces", f"{{{UUID}}}"),
        ):
            yield what, value, "invalid"
    elif kind in schema.enums:
        yield "unknown", "emperor", "invalid"
        yield "empty", "", "invalid"
    elif kind.startswith("list<"):
        yield from wrong_lists(schema, field, kind[5:-1])
    elif kind in schema.structs:
        yield from wrong_structs(schema, schema.structs[kind])


def wrong_lists(schema, field, inner):
    wrong = 5 if inner not in ("int", "time") else "x"
    yield "a list of the wrong kind", [wrong], "malformed"
    yield "a list of null", [None], "malformed"
    if "count_max" in field:
        one = schema.sample({"type": inner})
        yield "too many", [one] * (schema.number(field["count_max"]) + 1), "invalid"


def wrong_structs(schema, struct):
    if "exactly_one" in struct:
        names = struct["exactly_one"]
        values = {one["name"]: schema.sample(one) for one in struct["fields"]}
        yield "empty", {}, "invalid"
        yield "two at once", {names[0]: values[names[0]], names[1]: values[names[1]]}, "invalid"
        yield "all at once", values, "invalid"
    for field in struct["fields"]:
        yield f"with {field['name']} of the wrong kind", {field["name"]: [[]]}, "malformed"
