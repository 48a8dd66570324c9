"""The protocol's schema as hostile tests use it: samples that fit, and envelopes in CBOR by its numbers.

It reads the YAML itself, so that a mistake of the generator cannot hide itself.
"""
import pathlib
import uuid
from functools import cache

import yaml
from proof import cbor
from proof.cases import equal
from proof.server import SOURCE
from proof.session import Session
from proof.websocket import BINARY, CBOR

UUID = "018f0000-0000-7000-8000-00000000000a"
ID = "c000000000"
ENVELOPE = ("type", "id", "re", "stream", "seq", "born", "payload", "timestamp", "follows")
UUIDS = ("id", "re", "follows")


@cache
def schema():
    return Schema()


class Schema:
    def __init__(self):
        self.messages, self.structs, self.limits, self.enums, self.ids, self.errors = {}, {}, {}, {}, {}, {}
        self.routes = []
        for path in sorted(pathlib.Path(SOURCE, "protocol", "schema").glob("*.yaml")):
            part = yaml.safe_load(path.read_text())
            for name in ("messages", "structs", "limits", "enums", "ids", "errors"):
                getattr(self, name).update(part.get(name) or {})
            self.routes += part.get("http") or []
        self.names = {message["number"]: name for name, message in self.messages.items()}
        self.error_names = {error["number"]: name for name, error in self.errors.items()}

    def number(self, value):
        return self.limits[value]["value"] if isinstance(value, str) else value

    def from_clients(self):
        """(name, message) of everything that a client may send."""
        return [(name, one) for name, one in self.messages.items() if one.get("from") in ("client", "both")]

    def fields(self, name):
        """Of a message or a struct."""
        found = self.messages.get(name) or self.structs[name]
        return self.structs[found["payload"]]["fields"] if "payload" in found else found["fields"]

    def sample(self, field):
        """A value that fits, as JSON has it."""
        kind = field["type"]
        if kind.startswith("list<"):
            return []
        if kind in self.enums:
            return next(iter(self.enums[kind]["values"]))
        if kind in self.structs:
            return self.sample_of(kind)
        if kind == "uuid":
            return UUID
        if kind in ("int", "time"):
            return self.number(field.get("min", 1))
        if field.get("name") == "emoji":
            return "\U0001f44d"
        return {"bool": True}.get(kind, "x" * max(1, self.number(field.get("points_min", 1))))

    def sample_of(self, name):
        """A message's payload, or a struct, with what it must have."""
        struct = self.messages.get(name) or self.structs[name]
        if "exactly_one" in struct:
            return {struct["exactly_one"][0]: ID}
        return {one["name"]: self.sample(one) for one in self.fields(name) if not one.get("optional")}

    # JSON's shape to CBOR's, and back

    def to_cbor(self, kind, value):
        """A value of this type; what does not fit the type stays as it is."""
        if kind == "uuid" and isinstance(value, str):
            return uuid.UUID(value).bytes
        if kind in self.enums and value in self.enums[kind]["values"]:
            return self.enums[kind]["values"][value]["number"]
        if kind.startswith("list<") and isinstance(value, list):
            return [self.to_cbor(kind[5:-1], one) for one in value]
        if kind in self.structs and isinstance(value, dict):
            return self.map_to_cbor(kind, value)
        return value

    def map_to_cbor(self, name, values):
        known = {one["name"]: one for one in self.fields(name)}
        return {
            known[key]["id"]
            if key in known
            else key: (self.to_cbor(known[key]["type"], value) if key in known else value)
            for key, value in values.items()
        }

    def envelope_to_cbor(self, envelope):
        made = {}
        for key, value in envelope.items():
            if key == "type":
                value = self.messages[value]["number"]
            elif key == "payload":
                value = self.map_to_cbor(envelope["type"], value)
            elif key in UUIDS:
                value = uuid.UUID(value).bytes
            made[ENVELOPE.index(key)] = value
        return made

    def from_cbor(self, kind, value):
        if kind == "uuid":
            return str(uuid.UUID(bytes=value))
        if kind in self.enums:
            return next(name for name, one in self.enums[kind]["values"].items() if one["number"] == value)
        if kind == "error":
            return self.error_names[value]
        if kind == "change":
            return self.envelope_from_cbor(value)
        if kind.startswith("list<"):
            return [self.from_cbor(kind[5:-1], one) for one in value]
        if kind in self.structs:
            return self.map_from_cbor(kind, value)
        return value

    def map_from_cbor(self, name, values):
        known = {one["id"]: one for one in self.fields(name)}
        return {
            known[key]["name"]: self.from_cbor(known[key]["type"], value) for key, value in values.items()
        }

    def envelope_from_cbor(self, envelope):
        made = {}
        for key, value in envelope.items():
            name = ENVELOPE[key]
            if name == "type":
                value = self.names[value]
            elif name == "payload":
                value = self.map_from_cbor(self.names[envelope[0]], value)
            elif name in UUIDS:
                value = str(uuid.UUID(bytes=value))
            made[name] = value
        return made


class BinarySession(Session):
    """A connection in CBOR that is talked to, and talks, in the shape that JSON has."""

    subprotocol = CBOR

    def put(self, envelope):
        self.socket.send_binary(cbor.encode(schema().envelope_to_cbor(envelope)))

    def read_frame(self, seconds):
        opcode, payload = self.socket.receive(seconds)
        equal(opcode, BINARY, "the type of the frame")
        self.inbox += [schema().envelope_from_cbor(one) for one in cbor.decode_sequence(payload)]


ENCODINGS = (("JSON", Session), ("CBOR", BinarySession))
