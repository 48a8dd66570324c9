"""HTTP: paths, heads and bodies that no client sends. A row: name, bytes, and which statuses may come.

Status 0 is a connection that the server ends without an answer; it stands only where RFC 9112 lets it.
"""
from proof.cases import equal
from proof.rest import raw_exchange
from proof.session import new_id
from proof.websocket import JSON, Refused, WebSocket

HOST = b"Host: 127.0.0.1\r\n"


def request(line, *headers, body=b""):
    head = (
        line.encode("latin-1")
        + b"\r\n"
        + HOST
        + b"".join(one.encode("latin-1") + b"\r\n" for one in headers)
    )
    return head + b"\r\n" + body


def get(path, *headers):
    return request(f"GET {path} HTTP/1.1", *headers)


# The bearer is mallory's: what is refused here is refused although she is signed in.
PATHS = [
    ("an unknown path", "/v1/nothing", {404}),
    ("the root", "/", {404}),
    ("a parent folder", "/v1/../v1/profile", {400, 404}),
    ("a parent folder, encoded", "/v1/%2e%2e/v1/profile", {400, 404}),
    ("a parent folder, encoded twice", "/v1/%252e%252e/profile", {400, 404}),
    ("a parent folder with a backslash", "/v1/..\\profile", {400, 404}),
    ("an overlong encoding of a dot", "/v1/%c0%ae%c0%ae/profile", {400, 404}),
    ("a system file", "/../../../../etc/passwd", {400, 404}),
    ("a system file, encoded", "/%2e%2e/%2e%2e/%2e%2e/etc/passwd", {400, 404}),
    ("this folder", "/v1/./profile", {400, 404}),
    ("two slashes", "//v1/profile", {400, 404}),
    ("two slashes inside", "/v1//profile", {400, 404}),
    ("a slash at the end", "/v1/profile/", {400, 404}),
    ("an encoded slash", "/v1%2fprofile", {400, 404}),
    ("an encoded slash in an id", "/v1/devices/..%2f..%2fprofile", {400, 404}),
    ("NUL, encoded", "/v1/profile%00", {400, 404}),
    ("NUL in an id", "/v1/conversations/%00/messages", {400, 404}),
    ("half an escape", "/v1/profile%", {400, 404}),
    ("no hexadecimal digits", "/v1/profile%zz", {400, 404}),
    ("capitals", "/V1/PROFILE", {404}),
    ("a semicolon", "/v1/profile;x=1", {400, 404}),
    ("an empty id", "/v1/conversations//messages", {400, 404}),
    ("an id of 300 characters", "/v1/conversations/" + "c" * 300 + "/messages", {400, 404, 422}),
    ("an id that is SQL", "/v1/conversations/c1'%20OR%20'1'='1/messages", {400, 404, 422}),
    ("a path of 100 KB", "/v1/" + "x" * 100_000, {0, 400, 404, 413, 414, 431}),
    ("a query of 100 KB", "/v1/profile?" + "x" * 100_000, {0, 400, 413, 414, 431}),
    ("a number that is none", "/v1/conversations/{den}/messages?before=abc", {400, 422}),
    ("a negative number", "/v1/conversations/{den}/messages?before=-1", {400, 422}),
    ("a number beyond 2^64", "/v1/conversations/{den}/messages?before=99999999999999999999", {400, 422}),
    ("a limit of 0", "/v1/conversations/{den}/messages?before=0&limit=0", {422}),
    ("a limit above its maximum", "/v1/conversations/{den}/messages?before=0&limit=201", {422}),
    ("metrics elsewhere", "/metrics/../v1/profile", {400, 404}),
    ("the whole address", "http://127.0.0.1/v1/nothing", {400, 404}),
    ("a foreign address", "http://example.com/v1/nothing", {400, 404, 421}),
    ("an asterisk", "*", {400, 404}),
    ("no slash", "v1/profile", {400, 404}),
]

BODY = b'{"handles":["ada"]}'
HEADS = [
    ("no protocol", b"GET /livez\r\n\r\n", {0, 400}),
    ("a protocol of the future", b"GET /livez HTTP/3.0\r\n" + HOST + b"\r\n", {0, 400, 505}),
    ("no protocol but words", b"GET /livez NONSENSE\r\n\r\n", {0, 400}),
    ("another protocol", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 64, {0, 400}),
    ("SSH", b"SSH-2.0-OpenSSH_9.2\r\n\r\n", {0, 400}),
    ("only line feeds", b"\n" * 64, {0, 400}),
    ("NUL in the line", b"GET /li\x00vez HTTP/1.1\r\n" + HOST + b"\r\n", {0, 400}),
    ("NUL in a header", get("/livez", "X: a\x00b"), {0, 400}),
    ("a header without a name", get("/livez", ": x"), {0, 400}),
    ("a space before the colon", get("/livez", "X : y"), {0, 400}),
    ("a folded header", get("/livez", "X: a", " b"), {0, 200, 400}),
    ("a header of 100 KB", get("/livez", "X: " + "y" * 100_000), {0, 400, 413, 431}),
    ("10,000 headers", get("/livez", *["X: y"] * 10_000), {0, 400, 413, 431}),
    ("a method that is none", request("LAUNCH /v1/profile HTTP/1.1"), {400, 404, 405, 501}),
    ("TRACE", request("TRACE /v1/profile HTTP/1.1"), {400, 404, 405, 501}),
    ("CONNECT", request("CONNECT example.com:443 HTTP/1.1"), {0, 400, 404, 405, 501}),
    ("the wrong method", request("PUT /v1/profile HTTP/1.1", "Content-Length: 0"), {404, 405}),
    ("DELETE on everything", request("DELETE /v1/conversations HTTP/1.1"), {401, 404, 405}),
    ("a length that is negative", request("POST /v1/sessions HTTP/1.1", "Content-Length: -1"), {0, 400}),
    ("a length that is no number", request("POST /v1/sessions HTTP/1.1", "Content-Length: many"), {0, 400}),
    (
        "a length beyond 2^64",
        request("POST /v1/sessions HTTP/1.1", "Content-Length: 99999999999999999999"),
        {0, 400, 413},
    ),
    ("a length of 10 GB", request("POST /v1/sessions HTTP/1.1", "Content-Length: 10000000000"), {413}),
    (
        "two lengths",
        request("POST /v1/sessions HTTP/1.1", "Content-Length: 2", "Content-Length: 3", body=b"{}x"),
        {0, 400},
    ),
    (
        "a length and chunks",
        request(
            "POST /v1/sessions HTTP/1.1",
            "Content-Length: 4",
            "Transfer-Encoding: chunked",
            body=b"0\r\n\r\n",
        ),
        {0, 400},
    ),
    (
        "a coding that nobody knows",
        request("POST /v1/sessions HTTP/1.1", "Transfer-Encoding: gzip, x"),
        {0, 400, 501},
    ),
    (
        "a chunk of a bad size",
        request("POST /v1/sessions HTTP/1.1", "Transfer-Encoding: chunked", body=b"xyz\r\n"),
        {0, 400},
    ),
    (
        "a chunk of 2^64 bytes",
        request("POST /v1/sessions HTTP/1.1", "Transfer-Encoding: chunked", body=b"f" * 17 + b"\r\n"),
        {0, 400, 413},
    ),
    (
        "chunks of a megabyte",
        request(
            "POST /v1/sessions HTTP/1.1",
            "Transfer-Encoding: chunked",
            body=b"10000\r\n" + b"x" * 65536 + b"\r\n" + (b"10000\r\n" + b"x" * 65536 + b"\r\n") * 15,
        ),
        {0, 413},
    ),
    (
        "a second request in the body",
        request("POST /v1/sessions HTTP/1.1", "Content-Length: 0", body=get("/v1/nothing")),
        {400},
    ),
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

UPGRADES = [
    ("a foreign origin", {"headers": [("Origin", "https://evil.example")]}, 403),
    ("no origin that could be ours", {"headers": [("Origin", "null")]}, 403),
    ("an origin that looks like ours", {"headers": [("Origin", "http://127.0.0.1.evil.example")]}, 403),
    ("no subprotocol", {"subprotocol": None}, 400),
    ("a foreign subprotocol", {"subprotocol": "mqtt"}, 400),
    ("a subprotocol of the future", {"subprotocol": "parley.v9.json"}, 400),
    ("another path", {"path": "/v1/sockets"}, 404),
    ("a socket in a parent folder", {"path": "/v1/x/../socket"}, 404),
]


def run(cases, world):
    port, bearer = world.server.port, f"Authorization: Bearer {world.mallory.access}"
    for name, path, statuses in PATHS:
        path = path.replace("{den}", world.den)
        cases.run(f"paths: {name}", one_of, port, get(path, bearer), statuses)
    for name, data, statuses in HEADS:
        cases.run(f"http: {name}", one_of, port, data, statuses)
    for name, body, status, code in BODIES:
        cases.run(f"bodies: {name}", refused_body, world, body, status, code)
    for name, options, status in UPGRADES:
        cases.run(f"upgrade: {name}", refused_upgrade, port, options, status)
    cases.run("upgrade: several subprotocols, one of them ours", chosen_subprotocol, port)
    cases.run(
        "upgrade: without a key",
        one_of,
        port,
        get(
            "/v1/socket",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Protocol: {JSON}",
        ),
        {400, 426},
    )
    cases.run(
        "upgrade: an older version",
        one_of,
        port,
        get(
            "/v1/socket",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Version: 8",
            "Sec-WebSocket-Key: eHh4eHh4eHh4eHh4eHh4eA==",
            f"Sec-WebSocket-Protocol: {JSON}",
        ),
        {400, 426},
    )
    cases.run("upgrade: by a plain GET", one_of, port, get("/v1/socket"), {400, 426})
    for method, path in FOREIGN_CALLS:
        cases.run(f"http: {method} {path} of others", foreign_call, world, method, path)


FOREIGN_CALLS = [
    ("GET", "/v1/conversations/{group}/messages?before=0"),
    ("GET", "/v1/conversations/{direct}/messages?before=0"),
    ("GET", "/v1/conversations/{group}/changes?after=0"),
    ("GET", "/v1/conversations/{ada}/changes?after=0"),
    ("GET", "/v1/conversations/{group}/members?kind=member"),
    ("POST", "/v1/conversations/{group}/messages"),
    ("POST", "/v1/conversations/{group}/members"),
    ("POST", "/v1/conversations/{group}/leave"),
    ("POST", "/v1/conversations/{group}/read"),
    ("PATCH", "/v1/conversations/{group}"),
    ("DELETE", "/v1/conversations/{group}/members/{bob}"),
]
CALL_BODY = {"text": "x", "accounts": [], "title": "x", "upto": 1}


def foreign_call(world, method, path):
    path = path.format(group=world.group, direct=world.direct, ada=world.ada.id, bob=world.bob.id)
    body = CALL_BODY if method in ("POST", "PATCH") else None
    answer = world.mallory.call(method, path, body, headers={"Idempotency-Key": new_id()})
    equal((answer.status, answer.code), (404, "conversation.not_member"), "the answer")
    equal(answer.headers.get("content-type"), "application/problem+json", "the content type")


def one_of(port, data, statuses):
    answer = raw_exchange(port, data)
    assert (
        answer.status in statuses
    ), f"the status is {answer.status}, none of {sorted(statuses)}; {answer.body[:200]!r}"


def refused_body(world, body, status, code):
    answer = world.mallory.rest.call("POST", "/v1/accounts", body)
    equal((answer.status, answer.code), (status, code), "the answer")
    equal(answer.headers.get("content-type"), "application/problem+json", "the content type")


def refused_upgrade(port, options, status):
    try:
        WebSocket(port, **options).drop()
    except Refused as refused:
        equal(refused.status, status, "the status")
        return
    raise AssertionError("the connection was upgraded")


def chosen_subprotocol(port):
    socket = WebSocket(port, subprotocol=f"mqtt, {JSON}, x")
    assert f"sec-websocket-protocol: {JSON}".encode() in socket.head.lower(), socket.head
    socket.drop()
