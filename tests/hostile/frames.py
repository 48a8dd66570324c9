"""Bytes that no client of ours sends, and the answer to each. A row: name, what is sent, what must come.

What must come: `served` (a pong to what was sent, no error, and the connection lives on), `silence` (nothing,
and it lives on), `error CODE` (and it lives on), `close N` (the connection ends with this code).
"""
import uuid

from proof import cbor
from proof.websocket import BINARY, CLOSE, CONTINUATION, PING, TEXT, frame

FRAME_BYTES_MAX = 65536
DEPTH_MAX = 16
PING_JSON = b'{"type":"ping"}'
PING_CBOR = cbor.encode({0: 6})
ID = "018f0000-0000-7000-8000-000000000001"
ID_CBOR = uuid.UUID(ID).bytes

PING_WITH_ID = b'{"type":"ping","id":"%s"}' % ID.encode()
PING_CBOR_WITH_ID = cbor.encode({0: 6, 1: ID_CBOR})

# Text frames on a JSON connection. In a row that is refused and names ID, the error must name it too.
JSON = [
    ("nothing", b"", "close 4003"),
    ("one space", b" ", "close 4003"),
    ("a word", b"hello", "close 4003"),
    ("an open brace", b"{", "close 4003"),
    ("a closing brace", b"}", "close 4003"),
    ("a list", b"[]", "close 4003"),
    ("null", b"null", "close 4003"),
    ("a number", b"42", "close 4003"),
    ("a text", b'"ping"', "close 4003"),
    ("true", b"true", "close 4003"),
    ("something behind it", PING_JSON + b" x", "close 4003"),
    ("two on one line", PING_JSON + PING_JSON, "close 4003"),
    ("a trailing comma", b'{"type":"ping",}', "close 4003"),
    ("single quotes", b"{'type':'ping'}", "close 4003"),
    ("a bare key", b"{type:1}", "close 4003"),
    ("a comment", b'{"type":"ping"/* no */}', "close 4003"),
    ("a line comment", b'// no\n{"type":"ping"}', "close 4003"),
    ("a byte order mark", b"\xef\xbb\xbf" + PING_JSON, "close 4003"),
    ("NaN", b'{"type":"ping","x":NaN}', "close 4003"),
    ("Infinity", b'{"type":"ping","x":Infinity}', "close 4003"),
    ("a leading zero", b'{"type":"ping","x":01}', "close 4003"),
    ("a plus sign", b'{"type":"ping","x":+1}', "close 4003"),
    ("no digit before the point", b'{"type":"ping","x":.5}', "close 4003"),
    ("no digit behind the point", b'{"type":"ping","x":1.}', "close 4003"),
    ("a hexadecimal number", b'{"type":"ping","x":0x10}', "close 4003"),
    ("a control character in a text", b'{"type":"ping","x":"\x01"}', "close 4003"),
    ("a tab in a text", b'{"type":"ping","x":"\t"}', "close 4003"),
    ("a line feed in a text", b'{"type":"ping","x":"\n"}', "close 4003"),
    ("an unknown escape", rb'{"type":"ping","x":"\x41"}', "close 4003"),
    ("a short unicode escape", rb'{"type":"ping","x":"\u12"}', "close 4003"),
    ("half a surrogate pair", rb'{"type":"ping","x":"\ud800"}', "close 4003"),
    ("surrogates in the wrong order", rb'{"type":"ping","x":"\udc00\ud800"}', "close 4003"),
    ("an open text", b'{"type":"ping","x":"', "close 4003"),
    ("a blank line between", PING_JSON + b"\n\n" + PING_JSON, "close 4003"),
    ("lists in lists beyond the depth", b'{"type":"ping","x":' + b"[" * 16 + b"]" * 16 + b"}", "close 4003"),
    ("maps in maps beyond the depth", b'{"x":' * 17 + b"1" + b"}" * 17, "close 4003"),
    ("60,000 open brackets", b"[" * 60000, "close 4003"),
    ("10,000 open maps", b'{"a":' * 10000, "close 4003"),
    ("a NUL byte", b"\x00", "close 4003"),
    ("NUL behind it", PING_JSON + b"\x00", "close 4003"),
    ("a key given twice", b'{"type":"ping","type":"ping","id":"%s"}' % ID.encode(), "error malformed"),
    ("no type", b"{}", "error malformed"),
    ("no type but an id", b'{"id":"%s"}' % ID.encode(), "error malformed"),
    ("a type that is a number", b'{"type":6,"id":"%s"}' % ID.encode(), "error malformed"),
    ("a type that is null", b'{"type":null}', "error malformed"),
    ("a type that nobody knows", b'{"type":"launch","id":"%s"}' % ID.encode(), "error unknown_type"),
    ("a type in capitals", b'{"type":"PING"}', "error unknown_type"),
    ("a type of the server", b'{"type":"resumed","payload":{"token":"t","epoch":1}}', "error unknown_type"),
    (
        "a row from a client",
        b'{"type":"message.new","id":"%s","stream":"c1","seq":1,"timestamp":1,'
        b'"payload":{"sender":"a1","text":"x"}}' % ID.encode(),
        "error unknown_type",
    ),
    ("an id that is none", b'{"type":"ping","id":"1; DROP TABLE row"}', "error invalid"),
    ("an id that is a number", b'{"type":"ping","id":7}', "error malformed"),
    ("a payload that is a list", b'{"type":"ping","id":"%s","payload":[]}' % ID.encode(), "error malformed"),
    ("a timestamp of the future", b'{"type":"ping","timestamp":9007199254740991}', "served"),
    ("a timestamp beyond 2^53", b'{"type":"ping","timestamp":9007199254740992}', "error invalid"),
    ("a timestamp of 400 digits", b'{"type":"ping","timestamp":' + b"9" * 400 + b"}", "error invalid"),
    ("1e999 where nobody looks", b'{"type":"ping","x":1e999}', "served"),
    ("1e999 as a number", b'{"type":"ping","timestamp":1e999}', "error malformed"),
    ("30,000 digits where nobody looks", b'{"type":"ping","x":' + b"7" * 30000 + b"}", "served"),
    ("unknown fields", b'{"type":"ping","x":{"y":[1,2,{"z":null}]},"payload":{"w":1}}', "served"),
    ("15 levels where nobody looks", b'{"type":"ping","x":' + b"[" * 15 + b"]" * 15 + b"}", "served"),
    ("spaces around everything", b' { "type" : "ping" } ', "served"),
    ("escapes in the type", rb'{"type":"\u0070ing"}', "served"),
    ("a line feed at the end", PING_JSON + b"\n", "served"),
    ("a hundred in one frame", b"\n".join([PING_JSON] * 99 + [PING_WITH_ID]), "served"),
    ("3,999 in one frame", b"\n".join([PING_JSON] * 3998 + [PING_WITH_ID]), "served"),
    ("a frame of exactly 64 KiB", b'{"type":"ping","x":"' + b"y" * (FRAME_BYTES_MAX - 22) + b'"}', "served"),
]

# UTF-8 that is none (RFC 3629), inside a text on a JSON connection. The socket's layer notices it first, and
# closes with 1007 (RFC 6455, section 8.1).
NOT_UTF8 = [
    ("a lone continuation byte", b"\x80"),
    ("a byte that never occurs", b"\xff"),
    ("a start without its end", b"\xc3"),
    ("an overlong slash", b"\xc0\xaf"),
    ("an overlong NUL", b"\xc0\x80"),
    ("an overlong three bytes", b"\xe0\x80\xaf"),
    ("a surrogate", b"\xed\xa0\x80"),
    ("above U+10FFFF", b"\xf4\x90\x80\x80"),
    ("five bytes", b"\xf8\x88\x80\x80\x80"),
    ("Latin-1", "é".encode("latin-1")),
]

# Binary frames on a CBOR connection. 0: type, 1: id, 6: payload; 6 is ping.
NESTED = bytes.fromhex("a20006186381")  # a ping with an unknown field 99 that holds a list of one …
CBOR = [
    ("nothing", b"", "close 4003"),
    ("a number", cbor.encode(6), "close 4003"),
    ("a text", cbor.encode("ping"), "close 4003"),
    ("a list", cbor.encode([6]), "close 4003"),
    ("null", b"\xf6", "close 4003"),
    ("a map that ends early", b"\xa1", "close 4003"),
    ("a map of 2^64-1 pairs", b"\xbb" + b"\xff" * 8, "close 4003"),
    ("a list of 2^63 items", b"\xa1\x00\x9b\x80" + b"\x00" * 7, "close 4003"),
    ("a text of 2^40 bytes", b"\xa1\x00\x7b\x00\x00\x01" + b"\x00" * 5, "close 4003"),
    ("bytes of 2^64-1", b"\xa1\x01\x5b" + b"\xff" * 8, "close 4003"),
    ("a tag", b"\xc0" + PING_CBOR, "close 4003"),
    ("a tag inside", b"\xa2\x00\x06\x18\x63\xc2\x41\x01", "close 4003"),
    ("undefined", b"\xa2\x00\x06\x18\x63\xf7", "close 4003"),
    ("a float as a timestamp", b"\xa2\x00\x06\x07\xfb\x7f\xf0\x00\x00\x00\x00\x00\x00", "error malformed"),
    ("a float where nobody looks", b"\xa2\x00\x06\x18\x63\xf9\x7e\x00", "served"),
    ("a simple value of two bytes", b"\xa2\x00\x06\x18\x63\xf8\x20", "close 4003"),
    ("a reserved length", b"\xa1\x00\x1c", "close 4003"),
    ("a break alone", b"\xff", "close 4003"),
    ("an indefinite map without end", b"\xbf\x00\x06", "close 4003"),
    ("an indefinite map with half a pair", b"\xbf\x00\x06\x01\xff", "close 4003"),
    ("an indefinite number", b"\xa1\x00\x1f", "close 4003"),
    ("a text that is not UTF-8", b"\xa2\x00\x06\x18\x63\x62\xc3\x28", "close 4003"),
    ("text pieces of the wrong kind", b"\xa2\x00\x06\x18\x63\x7f\x41\x61\xff", "close 4003"),
    ("something behind it", PING_CBOR + b"\x1c", "close 4003"),
    ("half an envelope behind it", PING_CBOR + b"\xa1", "close 4003"),
    ("lists beyond the depth", NESTED + b"\x81" * 15 + b"\x00", "close 4003"),
    ("60,000 nested lists", b"\x81" * 60000, "close 4003"),
    ("60,000 nested indefinite lists", b"\x9f" * 60000, "close 4003"),
    ("JSON", PING_JSON, "close 4003"),
    ("no type", cbor.encode({}), "error malformed"),
    ("no type but an id", cbor.encode({1: ID_CBOR}), "error malformed"),
    ("a type by name", cbor.encode({0: "ping", 1: ID_CBOR}), "error malformed"),
    ("a negative type", cbor.encode({0: -1, 1: ID_CBOR}), "error malformed"),
    ("a type that nobody knows", cbor.encode({0: 250, 1: ID_CBOR}), "error unknown_type"),
    ("a type of 2^64-1", cbor.encode({0: 2**64 - 1, 1: ID_CBOR}), "error unknown_type"),
    ("a type of the server", cbor.encode({0: 13, 1: ID_CBOR}), "error unknown_type"),
    ("keys by name", cbor.encode({"type": "ping"}), "error malformed"),
    ("a key given twice", b"\xa2\x00\x06\x00\x06", "error malformed"),
    ("an id of 15 bytes", cbor.encode({0: 6, 1: b"x" * 15}), "error invalid"),
    ("an id that is a text", cbor.encode({0: 6, 1: ID}), "error malformed"),
    ("a payload that is a list", cbor.encode({0: 6, 1: ID_CBOR, 6: []}), "error malformed"),
    ("a negative timestamp", cbor.encode({0: 6, 1: ID_CBOR, 7: -1}), "error invalid"),
    ("a timestamp of 2^53", cbor.encode({0: 6, 1: ID_CBOR, 7: 2**53}), "error invalid"),
    ("a timestamp of 2^64-1", cbor.encode({0: 6, 7: 2**64 - 1, 1: ID_CBOR}), "error invalid"),
    ("a number in a longer form", b"\xa1\x00\x1b" + b"\x00" * 7 + b"\x06", "served"),
    ("an indefinite map", b"\xbf\x00\x06\xff", "served"),
    ("text in pieces where nobody looks", b"\xa2\x00\x06\x18\x63\x7f\x61\x61\x61\x62\xff", "served"),
    (
        "unknown keys of every kind",
        cbor.encode({0: 6, 99: [1, -1, b"b", "t", {}, None, True], "k": 1}),
        "served",
    ),
    ("a thousand in one frame", PING_CBOR * 999 + PING_CBOR_WITH_ID, "served"),
    ("20,000 in one frame", PING_CBOR * 20000 + PING_CBOR_WITH_ID, "served"),
]

# Raw bytes below the messages (RFC 6455, section 5), on a JSON connection.
FRAMING = [
    ("a pong that nobody asked for", frame(10, b"x"), "silence"),
    ("fragments", frame(TEXT, b'{"type":', final=False) + frame(CONTINUATION, b'"ping"}'), "served"),
    (
        "fragments of one byte",
        b"".join(
            frame(CONTINUATION if i else TEXT, bytes([byte]), final=i == len(PING_JSON) - 1)
            for i, byte in enumerate(PING_JSON)
        ),
        "served",
    ),
    (
        "fragments that split a character",
        frame(TEXT, b'{"type":"ping","x":"\xc3', final=False) + frame(CONTINUATION, b'\xa9"}'),
        "served",
    ),
    (
        "1,000 empty fragments",
        frame(TEXT, b"", final=False)
        + frame(CONTINUATION, b"", final=False) * 1000
        + frame(CONTINUATION, PING_JSON),
        "served",
    ),
    ("an unmasked frame", frame(TEXT, PING_JSON, mask=False), "close 1002"),
    ("a reserved bit", frame(TEXT, PING_JSON, reserved=4), "close 1002"),
    ("a reserved data opcode", frame(3, PING_JSON), "close 1002"),
    ("a reserved control opcode", frame(11, b""), "close 1002"),
    ("a ping of 126 bytes", frame(PING, b"x" * 126), "close 1002"),
    ("a ping in fragments", frame(PING, b"x", final=False), "close 1002"),
    ("a continuation of nothing", frame(CONTINUATION, PING_JSON), "close 1002"),
    (
        "a new message inside of another",
        frame(TEXT, b"{", final=False) + frame(TEXT, PING_JSON),
        "close 1002",
    ),
    ("a close of one byte", frame(CLOSE, b"\x03"), "close 1002"),
    ("a close with a code that is none", frame(CLOSE, b"\x03\xed"), "close 1002"),
    ("a close with a reason that is not UTF-8", frame(CLOSE, b"\x03\xe8\xff"), "close 1002"),
    ("a close", frame(CLOSE, b"\x03\xe8"), "close 1000"),
    ("a close without a code", frame(CLOSE), "close 1000"),
    ("a binary frame on a JSON connection", frame(BINARY, PING_CBOR), "close 4003"),
    (
        "one byte too many",
        frame(TEXT, b'{"type":"ping","x":"' + b"y" * (FRAME_BYTES_MAX - 21) + b'"}'),
        "close 1009",
    ),
    ("a megabyte", frame(TEXT, b"x" * (1 << 20)), "close 1009"),
    (
        "fragments of a megabyte",
        frame(TEXT, b"x" * 60000, final=False) + frame(CONTINUATION, b"x" * 60000, final=False) * 16,
        "close 1009",
    ),
    ("a claim of 2^62 bytes", frame(TEXT, b"x", length=1 << 62), "close 1009"),
    ("a claim of 2^63 bytes", frame(TEXT, b"x", length=1 << 63), "close 1009"),
]

# Pings of the socket: what is sent, what the pong must hold, and what must come besides.
PINGS = [
    ("a ping of the socket", frame(PING, b"x"), b"x", "silence"),
    ("a ping of the socket with nothing in it", frame(PING), b"", "silence"),
    ("a ping of the socket with 125 bytes", frame(PING, bytes(range(125))), bytes(range(125)), "silence"),
    (
        "a ping between fragments",
        frame(TEXT, b'{"type":', final=False) + frame(PING, b"y") + frame(CONTINUATION, b'"ping"}'),
        b"y",
        "served",
    ),
]
