"""Reads protocol/schema/*.yaml into plain objects and refuses a schema that contradicts itself."""

from __future__ import annotations

import pathlib
import re
from dataclasses import dataclass, field

import yaml

RULES = ("points_min", "points_max", "bytes_max", "chars_max", "count_max", "min", "max")
BASIC_TYPES = ("bool", "int", "text", "token", "uuid", "time", "error", "close", "change")
INT_MAX = 2**53 - 1


class SchemaError(Exception):
    pass


@dataclass
class Field:
    id: int
    name: str
    type: str  # of the element where is_list
    is_list: bool
    doc: str
    optional: bool = False
    default: object = None  # None: there is none
    secret: bool = False
    rules: dict[str, object] = field(default_factory=dict)  # name of the rule: name of a limit, or a number
    example: object = None

    @property
    def required(self) -> bool:
        return not self.optional and self.default is None and not self.is_list

    @property
    def type_text(self) -> str:
        return f"list<{self.type}>" if self.is_list else self.type


@dataclass
class Struct:
    name: str
    doc: str
    fields: list[Field]
    exactly_one: list[str] = field(default_factory=list)
    local: bool = (
        False  # never on the wire between client and server: stands in a file that says `local: true`
    )


@dataclass
class Message:
    name: str
    number: int
    sender: str  # client | server | both
    doc: str
    payload: Struct
    change: bool = False
    reply: str | None = None
    carries: list[str] = field(
        default_factory=list
    )  # fields of the envelope, besides those that its kind implies
    section: str = ""  # heading of the schema file in which it stands
    own_payload: bool = True  # False: a struct that stands elsewhere is the payload

    @property
    def enumerator(self) -> str:
        return self.name.replace(".", "_")


@dataclass
class Schema:
    protocol: dict
    ids: dict[str, dict]
    limits: dict[str, dict]
    enums: dict[str, dict]
    error_classes: dict[str, dict]
    errors: dict[str, dict]
    close_codes: dict[str, dict]
    envelope: list[dict]
    structs: dict[str, Struct]  # in the schema's order
    messages: list[Message]  # in order of number
    http: list[dict]

    def limit(self, value: object) -> int:
        """The number behind a rule's value, which is a limit's name or a number."""
        if isinstance(value, int):
            return value
        if value not in self.limits:
            raise SchemaError(f"there is no limit {value}")
        return self.limits[value]["value"]

    def rule(self, of: Field, name: str) -> int | None:
        return self.limit(of.rules[name]) if name in of.rules else None

    def envelope_fields(self, message: Message) -> list[str]:
        """The fields of the envelope that this message carries, in the schema's order."""
        names = {"type", *message.carries}
        if message.reply or message.sender == "client":
            names.add("id")
        if message.sender == "server":
            names.add("timestamp")
        if message.change:
            names |= {"stream", "seq"}
        if self.answers(message):
            names.add("re")
        if message.payload.fields:
            names.add("payload")
        return [raw["name"] for raw in self.envelope if raw["name"] in names]

    def answers(self, message: Message) -> list[Message]:
        """The commands that this message is an answer to; every one for `error`."""
        if message.name == "error":
            return [one for one in self.messages if one.reply]
        return [one for one in self.messages if one.reply == message.name]

    @property
    def changes(self) -> list[Message]:
        return [message for message in self.messages if message.change]

    def struct_of(self, type_name: str) -> Struct | None:
        """The struct or the payload of this name."""
        payloads = (one for one in self.payload_structs if one.name == type_name)
        return self.structs.get(type_name) or next(payloads, None)

    def holds_payload(self, struct: Struct) -> bool:
        """Whether it stands behind the messages, since the payload of one is a part of it."""
        parts = [self.struct_of(one.type) for one in struct.fields]
        return any(part and (part.name not in self.structs or self.holds_payload(part)) for part in parts)

    @property
    def structs_by_use(self) -> list[Struct]:
        return in_order_of_use(self.structs)

    @property
    def wire_structs(self) -> list[Struct]:
        return [struct for struct in self.structs.values() if not struct.local]

    @property
    def local_structs(self) -> list[Struct]:
        return [struct for struct in self.structs.values() if struct.local]

    @property
    def lone_structs(self) -> list[Struct]:
        """Those that are no message's payload."""
        payloads = [message.payload for message in self.messages]
        return [struct for struct in self.structs.values() if struct not in payloads]

    @property
    def payload_structs(self) -> list[Struct]:
        """Payloads that are not shared structs, in order of number."""
        return [message.payload for message in self.messages if message.own_payload]


def pascal_case(name: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[._]", name))


def payload_name(message: str) -> str:
    """`message.send` is carried by MessageSend; `error` by ErrorReply, as Error is something else."""
    return "ErrorReply" if message == "error" else pascal_case(message)


def load(folder: pathlib.Path) -> Schema:
    merged: dict = {}
    for path in sorted(folder.glob("*.yaml")):
        parts = yaml.safe_load(path.read_text(encoding="utf-8"))
        local = parts.pop("local", False)
        section = parts.pop("section", "")
        for raw in parts.get("messages", {}).values():
            raw["section"] = section
        for raw in parts.get("structs", {}).values():
            raw["local"] = local
        for section, content in parts.items():
            if section == "http":
                merged.setdefault("http", []).extend(content)
            else:
                known = merged.setdefault(section, {})
                twice = known.keys() & content.keys()
                if twice:
                    raise SchemaError(f"{path.name}: {section} defines again: {', '.join(sorted(twice))}")
                known.update(content)
    put_ages_into_prose("schema", merged)
    structs = {name: make_struct(name, raw) for name, raw in merged["structs"].items()}
    schema = Schema(
        protocol=merged["protocol"],
        ids=merged["ids"],
        limits=merged["limits"],
        enums=merged["enums"],
        error_classes=merged["error_classes"],
        errors=merged["errors"],
        close_codes=merged["close_codes"],
        envelope=merged["envelope"]["fields"],
        structs=structs,
        messages=sorted(
            (make_message(name, raw, structs) for name, raw in merged["messages"].items()),
            key=lambda message: message.number,
        ),
        http=merged["http"],
    )
    check(schema)
    return schema


def put_ages_into_prose(where: str, node: object) -> None:
    """`since` and `deprecated` may stand wherever `doc` does, and come out wherever it comes out."""
    if isinstance(node, list):
        for one in node:
            put_ages_into_prose(f"{where}.{one.get('name', '?')}" if isinstance(one, dict) else where, one)
    if not isinstance(node, dict):
        return
    for name, one in node.items():
        put_ages_into_prose(f"{where}.{name}", one)
    if not isinstance(node.get("doc"), str):
        return
    since = node.pop("since", None)
    if since is not None:
        if not re.fullmatch(r"\d+\.\d+", str(since)) or not isinstance(since, str):
            raise SchemaError(f"{where}: `since` is a version of Parley in quotes, such as \"0.2\"")
        node["doc"] += f" Since {since}."
    instead = node.pop("deprecated", None)
    if instead is not None:
        if not isinstance(instead, str) or not instead.endswith("."):
            raise SchemaError(f"{where}: `deprecated` is a sentence that says what to use instead")
        node["doc"] += f" Deprecated: {instead}"


def make_field(owner: str, raw: dict) -> Field:
    unknown = raw.keys() - {"id", "name", "type", "doc", "optional", "default", "secret", "example", *RULES}
    if unknown:
        raise SchemaError(f"{owner}.{raw.get('name')}: unknown attributes {sorted(unknown)}")
    listed = re.fullmatch(r"list<(\w+)>", raw["type"])
    return Field(
        id=raw["id"],
        name=raw["name"],
        type=listed[1] if listed else raw["type"],
        is_list=bool(listed),
        doc=raw["doc"],
        optional=raw.get("optional", False),
        default=raw.get("default"),
        secret=raw.get("secret", False),
        rules={rule: raw[rule] for rule in RULES if rule in raw},
        example=raw.get("example"),
    )


def make_struct(name: str, raw: dict) -> Struct:
    return Struct(
        name,
        raw["doc"],
        [make_field(name, one) for one in raw["fields"]],
        raw.get("exactly_one", []),
        raw.get("local", False),
    )


def in_order_of_use(structs: dict[str, Struct]) -> list[Struct]:
    """As they stand in the schema, but each behind those that it holds."""
    ordered: dict[str, Struct] = {}

    def place(struct: Struct, holders: tuple[str, ...]) -> None:
        if struct.name in holders:
            raise SchemaError(f"{struct.name} holds itself")
        for one in struct.fields:
            if one.type in structs:
                place(structs[one.type], (*holders, struct.name))
        ordered.setdefault(struct.name, struct)

    for struct in structs.values():
        place(struct, ())
    return list(ordered.values())


def make_message(name: str, raw: dict, structs: dict[str, Struct]) -> Message:
    shared = raw.get("payload")
    payload = structs[shared] if shared else make_struct(payload_name(name), raw)
    return Message(
        name=name,
        number=raw["number"],
        sender=raw["from"],
        doc=raw["doc"],
        payload=payload,
        change=raw.get("change", False),
        reply=raw.get("reply"),
        carries=raw.get("with", []),
        section=raw["section"],
        own_payload=shared is None,
    )


def check(schema: Schema) -> None:
    """What the generator relies on, and what a reader of the schema may take for granted."""
    numbers_are_unique("messages", [message.number for message in schema.messages])
    numbers_are_unique("errors", [error["number"] for error in schema.errors.values()])
    numbers_are_unique("close codes", [code["number"] for code in schema.close_codes.values()])
    for name, enum in schema.enums.items():
        numbers_are_unique(name, [value["number"] for value in enum["values"].values()])
    for error in schema.errors.values():
        if error["class"] not in schema.error_classes:
            raise SchemaError(f"error class {error['class']} is not defined")
    names = {message.name for message in schema.messages}
    envelope_names = {raw["name"] for raw in schema.envelope}
    for message in schema.messages:
        if message.reply and message.reply not in names:
            raise SchemaError(f"{message.name}: its reply {message.reply} is not a message")
        if not envelope_names.issuperset(message.carries):
            raise SchemaError(f"{message.name}: `with` names what is no field of the envelope")
        if message.sender not in ("client", "server", "both"):
            raise SchemaError(f"{message.name}: `from` is client, server or both")
    in_order_of_use(schema.structs)
    for call in schema.http:
        for part in ("body", "reply"):
            if part in call and not schema.struct_of(call[part]):
                raise SchemaError(f"{call['path']}: its {part} {call[part]} is not a struct")
    own = [struct.name for struct in schema.payload_structs]
    for name in own:
        if name in schema.structs or own.count(name) > 1:
            raise SchemaError(f"{name} is the payload of a message and something else as well")
    for struct in [*schema.structs.values(), *schema.payload_structs]:
        check_struct(schema, struct)


def check_struct(schema: Schema, struct: Struct) -> None:
    numbers_are_unique(struct.name, [one.id for one in struct.fields])
    known = {*BASIC_TYPES, *schema.ids, *schema.enums, *schema.structs}
    if struct.name in schema.structs and not struct.local:
        known |= {one.name for one in schema.payload_structs}
    for one in struct.fields:
        where = f"{struct.name}.{one.name}"
        if one.type not in known:
            raise SchemaError(f"{where}: unknown type {one.type}")
        if one.is_list and "count_max" not in one.rules:
            raise SchemaError(f"{where}: a list needs count_max")
        if one.type in ("text", "token") and not one.rules.keys() & {"points_max", "chars_max", "bytes_max"}:
            raise SchemaError(f"{where}: {one.type} needs a largest length")
        if one.is_list and (one.optional or one.default is not None):
            raise SchemaError(
                f"{where}: an absent list is an empty one, so it is neither optional nor has a default"
            )
        if one.type == "text" and one.default not in (None, ""):
            raise SchemaError(f"{where}: a text that is absent is empty; there is no other default")
        for value in one.rules.values():
            schema.limit(value)
    for name in struct.exactly_one:
        if not any(one.name == name and one.optional for one in struct.fields):
            raise SchemaError(f"{struct.name}: exactly_one names {name}, which is no optional field")


def numbers_are_unique(what: str, numbers: list[int]) -> None:
    for number in numbers:
        if numbers.count(number) > 1:
            raise SchemaError(f"{what}: number {number} is given twice")
