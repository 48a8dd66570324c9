"""JSON and CBOR of examples, written from the schema alone: what the C++ codecs are compared with."""

from __future__ import annotations

import json

from .examples import Example
from .schema import Schema, Struct

Pairs = list[tuple[int | str, object]]


class Map:
    """A map whose pairs keep their order."""

    def __init__(self, pairs: Pairs):
        self.pairs = pairs


def files(schema: Schema, examples: list[Example]) -> dict[str, str]:
    made = {}
    for example in examples:
        made[f"{example.name}.json"] = json_text(schema, example) + "\n"
        packed = to_cbor(plain(schema, example, cbor=True)).hex()
        made[f"{example.name}.cbor"] = "".join(packed[i : i + 96] + "\n" for i in range(0, len(packed), 96))
    return made


def json_text(schema: Schema, example: Example, indent: int | None = None) -> str:
    separators = (",", ":") if indent is None else (",", ": ")
    return json.dumps(
        to_dict(plain(schema, example, cbor=False)), ensure_ascii=False, separators=separators, indent=indent
    )


def plain(schema: Schema, example: Example, cbor: bool) -> Map:
    if example.struct is None:
        return envelope(schema, example.value, cbor)
    return struct_map(schema, example.struct, example.value, cbor)


def envelope(schema: Schema, value: dict, cbor: bool) -> Map:
    message = next(one for one in schema.messages if one.name == value["type"])
    pairs: Pairs = []
    for raw in schema.envelope:
        name = raw["name"]
        if name not in value:
            continue
        key = raw["id"] if cbor else name
        if name == "type":
            pairs.append((key, message.number if cbor else message.name))
        elif name == "payload":
            pairs.append((key, struct_map(schema, message.payload, value[name], cbor)))
        else:
            pairs.append((key, scalar(schema, raw["type"], value[name], cbor)))
    return Map(pairs)


def struct_map(schema: Schema, struct: Struct, value: dict, cbor: bool) -> Map:
    pairs: Pairs = []
    for one in struct.fields:
        if one.name not in value:
            continue
        key = one.id if cbor else one.name
        if one.is_list:
            pairs.append((key, [scalar(schema, one.type, element, cbor) for element in value[one.name]]))
        else:
            pairs.append((key, scalar(schema, one.type, value[one.name], cbor)))
    return Map(pairs)


def scalar(schema: Schema, kind: str, value: object, cbor: bool) -> object:
    if part := schema.struct_of(kind):
        return struct_map(schema, part, value, cbor)
    if kind in schema.enums:
        return schema.enums[kind]["values"][value]["number"] if cbor else value
    match kind:
        case "change":
            return envelope(schema, value, cbor)
        case "uuid":
            return value.bytes if cbor else str(value)
        case "error":
            return schema.errors[value]["number"] if cbor else value
        case "close":
            return schema.close_codes[value]["number"]
    return value


def to_dict(value: object) -> object:
    if isinstance(value, Map):
        return {key: to_dict(one) for key, one in value.pairs}
    return [to_dict(one) for one in value] if isinstance(value, list) else value


def to_cbor(value: object) -> bytes:
    match value:
        case bool():
            return b"\xf5" if value else b"\xf4"
        case int():
            return head(0, value)
        case bytes():
            return head(2, len(value)) + value
        case str():
            text = value.encode()
            return head(3, len(text)) + text
        case list():
            return head(4, len(value)) + b"".join(map(to_cbor, value))
        case Map():
            return head(5, len(value.pairs)) + b"".join(
                to_cbor(key) + to_cbor(one) for key, one in value.pairs
            )
    raise AssertionError(f"{type(value)} is not encoded")


def head(major: int, argument: int) -> bytes:
    if argument < 24:
        return bytes([major << 5 | argument])
    for info, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if argument < 1 << 8 * size:
            return bytes([major << 5 | info]) + argument.to_bytes(size, "big")
    raise AssertionError("larger than CBOR's integers")
