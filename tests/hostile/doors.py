"""HTTP: paths, heads and bodies that no client sends. A row: name, bytes, status and code of the answer.

Where RFC 9112 leaves a choice, a row has the answers that it allows.
"""
import json

from proof.cases import equal
from proof.rest import Rest, parse_answer, raw_exchange
from proof.websocket import JSON, Refused, WebSocket, plain_socket

HOST = b"Host: 127.0.0.1\r\n"


def request(line, *headers, body=b""):
    head = (
        line.encode("latin-1") + b"\r\n" + HOST + b"".join(one.encode("latin-1") + b"\r\n" for one in headers)
    )
    return head + b"\r\n" + body


def get(path, *headers):
    return request(f"GET {path} HTTP/1.1", *headers)


# The bearer is mallory's: what is refused here is refused although she is signed in.
MALFORMED = "400 malformed"
INVALID = "422 invalid"
TOO_LARGE = "413 too_large"
HEAD_TOO_LONG = "431 too_large"
NOTHING_THERE = "404 unknown_type"
OTHER_METHODS = "405 unknown_type"

PATHS = [
    ("an unknown path", "/v1/nothing", NOTHING_THERE),
    ("the root", "/", NOTHING_THERE),
    ("a parent folder", "/v1/../v1/profile", MALFORMED),
    ("a parent folder, encoded", "/v1/%2e%2e/v1/profile", MALFORMED),
    ("a parent folder, encoded twice", "/v1/%252e%252e/profile", MALFORMED),
    ("a parent folder with a backslash", "/v1/..\\profile", MALFORMED),
    ("an overlong encoding of a dot", "/v1/%c0%ae%c0%ae/profile", MALFORMED),
    ("a system file", "/../../../../etc/passwd", MALFORMED),
    ("a system file, encoded", "/%2e%2e/%2e%2e/%2e%2e/etc/passwd", MALFORMED),
    ("this folder", "/v1/./profile", MALFORMED),
    ("two slashes", "//v1/profile", MALFORMED),
    ("two slashes inside", "/v1//profile", MALFORMED),
    ("a slash at the end", "/v1/profile/", MALFORMED),
    ("an encoded slash", "/v1%2fprofile", MALFORMED),
    ("an encoded slash in an id", "/v1/devices/..%2f..%2fprofile", MALFORMED),
    ("NUL, encoded", "/v1/profile%00", MALFORMED),
    ("NUL in an id", "/v1/conversations/%00/messages", MALFORMED),
    ("half an escape", "/v1/profile%", MALFORMED),
    ("no hexadecimal digits", "/v1/profile%zz", MALFORMED),
    ("capitals", "/V1/PROFILE", NOTHING_THERE),
    ("a semicolon", "/v1/profile;x=1", MALFORMED),
    ("an empty id", "/v1/conversations//messages", MALFORMED),
    (
        "an id of 300 characters",
        "/v1/conversations/" + "c" * 300 + "/messages",
        "404 conversation.not_member",
    ),
    ("an id that is SQL", "/v1/conversations/c1'%20OR%20'1'='1/messages", MALFORMED),
    ("a path of 100 KB", "/v1/" + "x" * 100_000, HEAD_TOO_LONG),
    ("a query of 100 KB", "/v1/profile?" + "x" * 100_000, HEAD_TOO_LONG),
    ("a number that is none", "/v1/conversations/{den}/messages?before=abc", INVALID),
    ("a negative number", "/v1/conversations/{den}/messages?before=-1", INVALID),
    ("a number beyond 2^64", "/v1/conversations/{den}/messages?before=99999999999999999999", INVALID),
    ("a limit of 0", "/v1/conversations/{den}/messages?before=0&limit=0", INVALID),
    ("a limit above its maximum", "/v1/conversations/{den}/messages?before=0&limit=201", INVALID),
    ("metrics elsewhere", "/metrics/../v1/profile", MALFORMED),
    ("the whole address", "http://127.0.0.1/v1/nothing", NOTHING_THERE),
    ("a foreign address", "http://example.com/v1/nothing", NOTHING_THERE),
    ("a whole address with a parent folder", "http://127.0.0.1/v1/../v1/profile", MALFORMED),
    ("a whole address with a user", "http://ada@127.0.0.1/livez", MALFORMED),
    ("an address of another kind", "ftp://127.0.0.1/livez", MALFORMED),
    ("an asterisk", "*", MALFORMED),
    ("no slash", "v1/profile", MALFORMED),
]

HEADS = [
    ("no protocol", b"GET /livez\r\n\r\n", MALFORMED),
    ("a protocol of the future", b"GET /livez HTTP/3.0\r\n" + HOST + b"\r\n", MALFORMED),
    ("no protocol but words", b"GET /livez NONSENSE\r\n\r\n", MALFORMED),
    ("another protocol", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 64, MALFORMED),
    ("SSH", b"SSH-2.0-OpenSSH_9.2\r\n\r\n", MALFORMED),
    ("only line feeds", b"\n" * 64, MALFORMED),
    ("no host", b"GET /livez HTTP/1.1\r\n\r\n", MALFORMED),
    ("two hosts", get("/livez", "Host: example.com"), MALFORMED),
    ("no host in HTTP/1.0", b"GET /livez HTTP/1.0\r\n\r\n", "200"),
    ("NUL in the line", b"GET /li\x00vez HTTP/1.1\r\n" + HOST + b"\r\n", MALFORMED),
    ("NUL in a header", get("/livez", "X: a\x00b"), MALFORMED),
    ("a header without a name", get("/livez", ": x"), MALFORMED),
    ("a space before the colon", get("/livez", "X : y"), MALFORMED),
    ("a folded header", get("/livez", "X: a", " b"), "200|400 malformed"),
    ("a header of 100 KB", get("/livez", "X: " + "y" * 100_000), HEAD_TOO_LONG),
    ("10,000 headers", get("/livez", *["X: y"] * 10_000), HEAD_TOO_LONG),
    ("a method that is none", request("LAUNCH /v1/profile HTTP/1.1"), OTHER_METHODS),
    ("TRACE", request("TRACE /v1/profile HTTP/1.1"), OTHER_METHODS),
    ("CONNECT", request("CONNECT example.com:443 HTTP/1.1"), MALFORMED),
    ("the wrong method", request("PUT /v1/profile HTTP/1.1", "Content-Length: 0"), OTHER_METHODS),
    ("DELETE on everything", request("DELETE /v1/conversations HTTP/1.1"), OTHER_METHODS),
    ("a length that is negative", request("POST /v1/sessions HTTP/1.1", "Content-Length: -1"), MALFORMED),
    ("a length that is no number", request("POST /v1/sessions HTTP/1.1", "Content-Length: many"), MALFORMED),
    (
        "a length beyond 2^64",
        request("POST /v1/sessions HTTP/1.1", "Content-Length: 99999999999999999999"),
        MALFORMED,
    ),
    ("a length of 10 GB", request("POST /v1/sessions HTTP/1.1", "Content-Length: 10000000000"), TOO_LARGE),
    (
        "a chunk of a bad size",
        request("POST /v1/sessions HTTP/1.1", "Transfer-Encoding: chunked", body=b"xyz\r\n"),
        MALFORMED,
    ),
    (
        "a chunk of 2^64 bytes",
        request("POST /v1/sessions HTTP/1.1", "Transfer-Encoding: chunked", body=b"f" * 17 + b"\r\n"),
        MALFORMED,
    ),
    (
        "chunks of a megabyte",
        request(
            "POST /v1/sessions HTTP/1.1",
            "Transfer-Encoding: chunked",
            body=b"10000\r\n" + b"x" * 65536 + b"\r\n" + (b"10000\r\n" + b"x" * 65536 + b"\r\n") * 15,
        ),
        TOO_LARGE,
    ),
]

# What stands behind these heads is a body to one and a request to another. One answer, and the end.
HIDDEN = get("/livez")
LENGTH = f"Content-Length: {len(HIDDEN)}"
CHUNKED = "Transfer-Encoding: chunked"
NO_MORE_CHUNKS = b"0\r\n\r\n"
FRAMING = [
    ("a coding that nobody knows", ["Transfer-Encoding: gzip, x"], HIDDEN),
    ("a coding that compresses", ["Transfer-Encoding: gzip"], HIDDEN),
    ("a coding that looks like ours", ["Transfer-Encoding: xchunked"], HIDDEN),
    ("no coding at all", ["Transfer-Encoding:"], HIDDEN),
    ("chunks that are compressed", ["Transfer-Encoding: gzip, chunked"], NO_MORE_CHUNKS + HIDDEN),
    ("chunks in two lines", ["Transfer-Encoding: gzip", CHUNKED], NO_MORE_CHUNKS + HIDDEN),
    ("chunks that are not the last coding", ["Transfer-Encoding: chunked, gzip"], NO_MORE_CHUNKS + HIDDEN),
    ("a length and chunks", [LENGTH, CHUNKED], NO_MORE_CHUNKS + HIDDEN),
    ("chunks and a length", [CHUNKED, LENGTH], NO_MORE_CHUNKS + HIDDEN),
    ("two lengths", ["Content-Length: 0", LENGTH], HIDDEN),
    ("the same length twice", [LENGTH, LENGTH], HIDDEN),
    ("a list of lengths", ["Content-Length: 0, 0"], HIDDEN),
    ("a length with a sign", ["Content-Length: +0"], HIDDEN),
    ("a length in two lines", ["Content-Length: 0", " 1"], HIDDEN),
    ("a chunk that ends with a line feed alone", [CHUNKED], b"0\n\r\n" + HIDDEN),
    ("a space before the colon of the length", ["Content-Length : 0"], HIDDEN),
]

BODIES = [
    ("no body", b"", 400, "malformed"),
    ("a word", b"hello", 400, "malformed"),
    ("a list", b"[]", 400, "malformed"),
    ("null", b"null", 400, "malformed"),
    ("an open brace", b"{", 400, "malformed"),
    ("an empty map", b"{}", 400, "malformed"),
    ("not UTF-8", b'{"handle":"\xff","password":"long enough","device_name":"x"}', 400, "malformed"),
    ("60,000 brackets", b"[" * 60000, 400, "malformed"),
    ("a number as the handle", b'{"handle":1,"password":"long enough","device_name":"x"}', 400, "malformed"),
    (
        "a handle of 33 characters",
        b'{"handle":"%s","password":"long enough","device_name":"x"}' % (b"a" * 33),
        422,
        "invalid",
    ),
    ("a handle in capitals", b'{"handle":"EVE","password":"long enough","device_name":"x"}', 422, "invalid"),
    (
        "a handle with a slash",
        b'{"handle":"e/e","password":"long enough","device_name":"x"}',
        422,
        "invalid",
    ),
    (
        "a password of 7 characters",
        b'{"handle":"eve","password":"1234567","device_name":"x"}',
        422,
        "invalid",
    ),
    (
        "a password of 1,025 bytes",
        b'{"handle":"eve","password":"%s","device_name":"x"}' % (b"p" * 1025),
        422,
        "invalid",
    ),
    (
        "a device name of 101 characters",
        b'{"handle":"eve","password":"long enough","device_name":"%s"}' % (b"d" * 101),
        422,
        "invalid",
    ),
    (
        "a handle that is taken",
        b'{"handle":"ada","password":"long enough","device_name":"x"}',
        409,
        "handle_taken",
    ),
    ("more than a frame", b'{"handle":"eve","password":"%s"}' % (b"p" * 70000), 413, "too_large"),
]

NOT_ALLOWED = "403 not_allowed"
UPGRADES = [
    ("a foreign origin", {"headers": [("Origin", "https://evil.example")]}, NOT_ALLOWED),
    ("no origin that could be ours", {"headers": [("Origin", "null")]}, NOT_ALLOWED),
    (
        "an origin that looks like ours",
        {"headers": [("Origin", "http://127.0.0.1.evil.example")]},
        NOT_ALLOWED,
    ),
    ("no subprotocol", {"subprotocol": None}, MALFORMED),
    ("a foreign subprotocol", {"subprotocol": "mqtt"}, MALFORMED),
    ("a subprotocol of the future", {"subprotocol": "parley.v9.json"}, MALFORMED),
    ("another path", {"path": "/v1/sockets"}, NOTHING_THERE),
    ("a socket in a parent folder", {"path": "/v1/x/../socket"}, NOTHING_THERE),
]


def run(cases, world):
    port, bearer = world.server.port, f"Authorization: Bearer {world.mallory.access}"
    for name, path, wanted in PATHS:
        path = path.replace("{den}", world.den)
        cases.run(f"paths: {name}", answered, world.server, get(path, bearer), wanted)
    for name, data, wanted in HEADS:
        cases.run(f"http: {name}", answered, world.server, data, wanted)
    for name, headers, body in FRAMING:
        data = request("POST /v1/sessions HTTP/1.1", *headers, body=body)
        cases.run(f"http: {name}", answered_once, world.server, data)
    for name, body, status, code in BODIES:
        cases.run(f"bodies: {name}", refused_body, world, body, status, code)
    for name, options, wanted in UPGRADES:
        cases.run(f"upgrade: {name}", refused_upgrade, port, options, wanted)
    cases.run("upgrade: several subprotocols, one of them ours", chosen_subprotocol, port)
    cases.run(
        "upgrade: without a key",
        answered,
        world.server,
        get(
            "/v1/socket",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Protocol: {JSON}",
        ),
        MALFORMED,
    )
    cases.run(
        "upgrade: an older version",
        answered,
        world.server,
        get(
            "/v1/socket",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Version: 8",
            "Sec-WebSocket-Key: eHh4eHh4eHh4eHh4eHh4eA==",
            f"Sec-WebSocket-Protocol: {JSON}",
        ),
        "426 malformed",
    )
    cases.run("upgrade: by a plain GET", answered, world.server, get("/v1/socket"), "426 malformed")
    cases.run("http: a body in chunks", chunked_body, world)
    cases.run("http: two requests at once", two_requests, world)
    cases.run("http: a body of no bytes, and a request", empty_body, world)
    cases.run("http: HEAD", head_only, world)
    cases.run("http: a client that waits to be asked for the body", asked_for_body, world)


def answered(server, data, wanted):
    """It gets the answer that is wanted, and the next one is served."""
    judge(raw_exchange(server.port, data), wanted)
    equal(Rest(server.port).call("GET", "/livez").status, 200, "/livez afterwards")


def answered_once(server, data):
    """A refusal and the end, and nothing of what could be a second request."""
    said = exchange(server, data)
    judge(parse_answer(said), MALFORMED)
    equal(said.count(b"HTTP/1.1 "), 1, "answers")
    equal(Rest(server.port).call("GET", "/livez").status, 200, "/livez afterwards")


def exchange(server, data):
    """All that the server says until it ends the connection."""
    sock = plain_socket(server.port)
    sock.sendall(data)
    said = b""
    while more := sock.recv(65536):
        said += more
    sock.close()
    return said


def empty_body(world):
    """It has no bytes to both, so that a request follows to both."""
    said = exchange(
        world.server,
        request("POST /v1/sessions HTTP/1.1", "Content-Length: 0", body=get("/livez", "Connection: close")),
    )
    judge(parse_answer(said), MALFORMED)
    assert said.endswith(b"alive\n"), said


def head_only(world):
    """The header of the answer to GET, and nothing before the next answer."""
    bearer = f"Authorization: Bearer {world.mallory.access}"
    for path in ("/livez", "/v1/profile", "/v1/nothing"):
        asked = request(f"HEAD {path} HTTP/1.1", bearer)
        said = exchange(world.server, asked + get(path, bearer, "Connection: close"))
        first, _, rest = said.partition(b"\r\n\r\n")
        second, _, body = rest.partition(b"\r\n\r\n")
        equal(first, second.replace(b"Connection: close\r\n", b""), "the header")
        assert f"Content-Length: {len(body)}".encode() in first, said


def asked_for_body(world):
    """As curl sends what is long: RFC 9110, section 10.1.1."""
    body = b'{"handles":["ada"]}'
    sock = plain_socket(world.server.port)
    sock.sendall(
        request(
            "POST /v1/profiles HTTP/1.1",
            f"Authorization: Bearer {world.mallory.access}",
            f"Content-Length: {len(body)}",
            "Expect: 100-continue",
            "Connection: close",
        )
    )
    equal(sock.recv(65536), b"HTTP/1.1 100 Continue\r\n\r\n", "what is said before the body")
    sock.sendall(body)
    said = b""
    while more := sock.recv(65536):
        said += more
    sock.close()
    equal(parse_answer(said).status, 200, "the status")
    judge(
        parse_answer(exchange(world.server, get("/livez", "Expect: a miracle"))),
        "417 malformed",
    )


def judge(answer, wanted):
    """`wanted`: a status and the code of the problem, "|" between those that may come."""
    got = f"{answer.status} {answer.code or ''}".strip()
    assert got in wanted.split("|"), f"the answer is {got}, not {wanted}; {answer.body[:200]!r}"
    if answer.status >= 400:
        equal(answer.headers.get("content-type"), "application/problem+json", "the content type")
        equal(answer.json()["status"], answer.status, "the status in the body")


def chunked_body(world):
    """A body may come in chunks, split anywhere, with extensions and trailers that nobody looks at."""
    body = b'5;x="y"\r\n{"han\r\n9\r\ndles":["a\r\n5\r\nda"]}\r\n0\r\nX-Trailer: z\r\n\r\n'
    asked = request(
        "POST /v1/profiles HTTP/1.1",
        f"Authorization: Bearer {world.mallory.access}",
        "Transfer-Encoding: chunked",
        body=body,
    )
    answer = raw_exchange(world.server.port, asked)
    equal(answer.status, 200, f"the status ({answer.body[:200]!r})")
    equal([one["handle"] for one in answer.json()["payload"]["profiles"]], ["ada"], "who was found")


def two_requests(world):
    """What stands behind a request is the next request, and gets its own answer."""
    first = get("/v1/profile", f"Authorization: Bearer {world.mallory.access}")
    sock = plain_socket(world.server.port)
    sock.sendall(first + get("/v1/nothing", "Connection: close"))
    data = b""
    while more := sock.recv(65536):
        data += more
    sock.close()
    one = parse_answer(data)
    equal(json.loads(one.body)["profile"]["handle"], "mallory", "the first answer")
    head = data.index(b"\r\n\r\n") + 4
    judge(parse_answer(data[head + len(one.body) :]), NOTHING_THERE)


def refused_body(world, body, status, code):
    judge(world.mallory.rest.call("POST", "/v1/accounts", body), f"{status} {code}")


def refused_upgrade(port, options, wanted):
    try:
        WebSocket(port, **options).drop()
    except Refused as refused:
        judge(parse_answer(refused.head + b"\r\n\r\n" + refused.body), wanted)
        return
    raise AssertionError("the connection was upgraded")


def chosen_subprotocol(port):
    socket = WebSocket(port, subprotocol=f"mqtt, {JSON}, x")
    assert f"sec-websocket-protocol: {JSON}".encode() in socket.head.lower(), socket.head
    socket.drop()
