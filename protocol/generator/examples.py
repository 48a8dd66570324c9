"""An example of every message and struct: a short one to read, and one that has every field.

Values are plain: str, int, bool, uuid.UUID, list, and dict by field name; enumerators and codes by name.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from .schema import Field, Message, Schema, Struct

COMMITTED_AT = 1767225600000  # 2026-01-01, in ms
IDS = {
    "AccountId": "a7k2m9x4tqe",
    "DeviceId": "d3n8v5c1rwz",
    "LinkId": "l5w2k8d4tqy",
    "SessionId": "s6h0p2j9ybu",
    "StreamId": "c9f3k2m7xqb",
}
TEXTS = {
    "text": "Shall we meet at eight? 🙂",
    "title": "Choir",
    "handle": "ada",
    "name": "Ada",
    "emoji": "👍",
    "client": "parley 0.1.0",
    "client_name": "parley 0.1.0",
    "device_name": "Ada's laptop",
    "DeviceChanged.name": "Ada's laptop",
    "ViewDevice.name": "Ada's laptop",
    "message": "You are not in this conversation.",
    "field": "text",
    "password": "correct horse battery staple",
    "avatar": "5eb63bbbe01eeed0",
    "type": "message.send",
    "ConversationEntry.type": "conversation.state",
    "method": "POST",
    "path": "/v1/sessions/refresh",
    "body": "{}",
    "bearer": "an-access-token",
    "handles": "ada",
    "detail": "Ask an owner to add you.",
    "bytes": "AAEC",
    "data": '{"question":"8 or 9?","votes":[1.50,2e3]}',
}
TOKENS = {
    "access_token": "an-access-token",
    "refresh_token": "a-refresh-token",
    "Auth.token": "an-access-token",
    "code": "an-invite",
    "invite": "an-invite",
    "url": "https://example.org/",
    "language": "c++",
    "kind": "org.example.poll",
}
NUMBERS = {
    "viewer": 2,
    "badge": 3,
    "pinned": 12,
    "unreadable": 2,
    "version": 1,
    "heartbeat_ms": 25000,
    "frame_bytes_max": 65536,
    "epoch": 1,
    "seq": 4521,
    "born": 4521,
    "head": 4530,
    "after": 4500,
    "before": 4500,
    "around": 4510,
    "from": 4401,
    "to": 4500,
    "since": 4450,
    "upto": 4521,
    "unread": 3,
    "mentions": 1,
    "read": 4518,
    "delivered": 4521,
    "limit": 100,
    "members": 5,
    "conversation": 4530,
    "account": 118,
    "as_of": 4530,
    "until": 4525,
    "floor": 12,
    "retry_after_ms": 2000,
    "slow_ms": 30000,
    "interval_ms": 30000,
    "reconnect_after_ms": 1500,
    "status": 404,
    "uses": 10,
    "uses_max": 25,
    "history_from": 4401,
    "lasts_ms": 604800000,
    "restored_from": 4490,
    "call": 7,
    "waiting": 2,
    "failed": 1,
    "offset": 20,
    "Entity.offset": 9,
    "length": 4,
    "count": 4,
    "message": 4410,
    "at": 86400000,
    "close": 1000,
    "code": 1001,
    "jump_changes": 10000,
    "eager_messages": 50,
    "before_1970": 5,
    "below_zero": 1,
}
# Everything that JSON escapes, and code points of every length in UTF-8.
DIFFICULT_TEXT = '"quoted" \\ / \b\f\n\r\t \u0001\u001f\u007f é € 🙂'
ERROR_CODE = "conversation.not_member"


@dataclass
class Example:
    name: str  # of the golden file, without its ending
    struct: Struct | None  # None: an envelope
    value: dict


def all_examples(schema: Schema) -> list[Example]:
    """The short ones first, then, with `.full`, those that differ from them."""
    made = []
    for message in schema.messages:
        made += pair(message.name, None, lambda full, of=message: envelope(schema, of, full))
    for struct in schema.lone_structs:
        made += pair(struct.name, struct, lambda full, of=struct: fields(schema, of, full))
    return made


def pair(name: str, struct: Struct | None, make) -> list[Example]:
    short, full = make(False), make(True)
    return [Example(name, struct, short)] + ([Example(f"{name}.full", struct, full)] if full != short else [])


def made_at(ms: int, last: int) -> uuid.UUID:
    """A UUID of version 7 that a client could have made at that time."""
    return uuid.UUID(bytes=ms.to_bytes(6, "big") + bytes.fromhex("7c4e9b1d3e5f7a9b1c") + bytes([last]))


def envelope(schema: Schema, message: Message, full: bool) -> dict:
    values = {
        "type": message.name,
        "id": made_at(COMMITTED_AT - 120, 1),
        "re": made_at(COMMITTED_AT - 120, 1),
        "stream": IDS["StreamId"],
        "seq": NUMBERS["seq"],
        "born": NUMBERS["seq"] - 21,
        "payload": fields(schema, message.payload, full),
        "timestamp": COMMITTED_AT,
        "follows": made_at(COMMITTED_AT - 380, 2),
    }
    wanted = set(schema.envelope_fields(message))
    if full and message.change:
        wanted |= {"id", "born"}
    if full and message.sender != "server":
        wanted |= {"follows", "timestamp"}
    if not values["payload"]:
        wanted.discard("payload")
    return {name: value for name, value in values.items() if name in wanted}


def fields(schema: Schema, struct: Struct, full: bool) -> dict:
    made = {}
    for one in struct.fields:
        if one.name in struct.exactly_one[1:] or (one.example == "absent" and not full):
            continue
        if one.default is not None and one.type == "bool":
            if full:
                made[one.name] = not one.default
            continue
        value = one_value(schema, struct, one, full)
        if one.is_list:
            made[one.name] = [value] * (2 if full else 1)
        elif value != one.default:
            made[one.name] = value
    return made


def one_value(schema: Schema, struct: Struct, of: Field, full: bool) -> object:
    if of.example not in (None, "absent"):
        return of.example
    own = f"{struct.name}.{of.name}"
    if part := schema.struct_of(of.type):
        return fields(schema, part, full)
    if of.type in schema.enums:
        return next(iter(schema.enums[of.type]["values"]))
    if of.type in schema.ids:
        return IDS[of.type]
    match of.type:
        case "text":
            return DIFFICULT_TEXT if full and of.name == "text" else TEXTS.get(own, TEXTS[of.name])
        case "token":
            return TOKENS.get(own, TOKENS.get(of.name, "1.4521"))
        case "int":
            return NUMBERS[own if own in NUMBERS else of.name]
        case "bool":
            return True
        case "uuid":
            return made_at(COMMITTED_AT - 60000, 3)
        case "time":
            return COMMITTED_AT + 900000 if of.name == "expires_at" else COMMITTED_AT
        case "error":
            return ERROR_CODE
        case "close":
            return "going_away"
        case "change":
            return row(schema, struct, full)
    raise AssertionError(f"no example for {own}")


def row(schema: Schema, struct: Struct, full: bool) -> dict:
    """A change as it stands in a list: what its envelope would be, without the stream."""
    name = "member.changed" if struct.name == "RowsOk" else "message.new"
    message = next(one for one in schema.messages if one.name == name)
    return {field: value for field, value in envelope(schema, message, full).items() if field != "stream"}
