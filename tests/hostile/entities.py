"""Lists of entities that no text can have: each is refused, by every way, and leaves everything as it was."""
import http.client
import json

from proof.cases import equal
from proof.session import Session, new_id

TEXT = "hello \U0001f642 you\nand you"  # 19 code points; 22 UTF-16 units would be other places
BOLD = {"kind": "bold", "offset": 0, "length": 5}


def bold(offset, length):
    return {**BOLD, "offset": offset, "length": length}


def link(url):
    return {"kind": "link", "offset": 0, "length": 5, "url": url}


def without(field):
    return {name: value for name, value in BOLD.items() if name != field}


# (name, list, code)
LISTS = [
    ("none", [], None),
    ("one", [BOLD], None),
    ("one in another", [bold(0, 11), {**BOLD, "kind": "italic"}], None),
    ("an emoji, which is one code point", [bold(6, 1)], None),
    ("beyond the end", [bold(15, 5)], "invalid"),
    ("behind the end", [bold(19, 1)], "invalid"),
    ("at the greatest number", [bold(2**53 - 1, 2**53 - 1)], "invalid"),
    ("nothing long", [bold(0, 0)], "invalid"),
    ("less than nothing", [bold(-1, 3)], "invalid"),
    ("white space", [bold(5, 1)], "invalid"),
    ("with white space at its edge", [bold(0, 6)], "invalid"),
    ("two that overlap", [bold(0, 5), {**BOLD, "kind": "italic", "offset": 3}], "invalid"),
    ("two that touch", [bold(0, 2), bold(2, 2)], "invalid"),
    ("the same twice", [BOLD, BOLD], "invalid"),
    ("in the wrong order", [bold(8, 3), bold(0, 5)], "invalid"),
    ("a quotation of half a line", [{**BOLD, "kind": "quote"}], "invalid"),
    ("a quotation in bold", [bold(0, 19), {"kind": "quote", "offset": 12, "length": 7}], "invalid"),
    ("code of two lines", [{"kind": "code", "offset": 8, "length": 7}], "invalid"),
    ("a mention of nobody", [{**BOLD, "kind": "mention"}], "invalid"),
    ("a mention in a link", [link("https://x.y"), {**BOLD, "kind": "mention", "account": "a1"}], "invalid"),
    ("a link to nothing", [{**BOLD, "kind": "link"}], "invalid"),
    ("bold with an address", [{**BOLD, "url": "https://x.y"}], "invalid"),
    ("bold with a language", [{**BOLD, "language": "c"}], "invalid"),
    ("101", [bold(0, 5)] * 101, "invalid"),
    ("100,000 bytes of them", [{**BOLD, "kind": "strike"}] * 2000, "invalid"),
    ("of no kind", [without("kind")], "malformed"),
    ("of a kind that is none", [{**BOLD, "kind": "blink"}], "invalid"),
    ("of a kind by its number", [{**BOLD, "kind": 2}], "malformed"),
    ("nowhere", [without("offset")], "malformed"),
    ("without a length", [without("length")], "malformed"),
    ("at a fraction", [bold(0.5, 1)], "malformed"),
    ("at a text", [bold("0", 1)], "malformed"),
    ("a list", [[BOLD]], "malformed"),
    ("null", [None], "malformed"),
    ("a map in place of a list", {"0": BOLD}, "malformed"),
    *(
        (f"a link to {url[:40]!r}", [link(url)], "invalid")
        for url in (
            "javascript:alert(1)",
            "JavaScript:alert(1)",
            "java\tscript:alert(1)",
            " https://x.y",
            "https://x.y\n",
            "data:text/html,<script>alert(1)</script>",
            "vbscript:x",
            "file:///etc/passwd",
            "//x.y",
            "https:",
            "https://",
            "https://x y",
            'https://x"onclick="alert(1)',
            "https://<script>",
            "https://\u00e4",
            "https://x\u202ey",
            "https://" + "x" * 2100,
        )
    ),
]


def run(cases, world):
    for name, entities, code in LISTS:
        cases.run(f"entities: {name}", judge, world, entities, code)
    cases.run("entities: too many bytes together", too_many_bytes, world)


def judge(world, entities, code):
    """Sent and edited in, on a socket and by HTTP."""
    with Session(world.server, world.mallory) as mallory:
        den = {"stream": world.den}
        said = new_id()
        mallory.send_message(world.den, TEXT, id=said)
        head = state(mallory, world.den)
        send = {"target": den, "text": TEXT, "entities": entities}
        edit = {**send, "message": said}
        # Other marks are another text, and none are what it has.
        changes = 0 if code else 2 + bool(entities)
        equal(result(mallory, "message.send", send), code, "a sending")
        equal(result(mallory, "message.edit", edit), code, "an edit")
        equal(by_http(world, send), code, "by HTTP")
        equal(state(mallory, world.den) - head, changes, "changes")


def result(session, kind, payload):
    """The code, or nothing where it was done."""
    if len(json.dumps(payload)) > 60_000:
        return "invalid"  # No frame is as long; HTTP says what becomes of it.
    return session.refusal(kind, payload)


def by_http(world, payload):
    connection = http.client.HTTPConnection("127.0.0.1", world.server.port, timeout=30)
    try:
        body = {name: value for name, value in payload.items() if name != "target"}
        headers = {"Authorization": f"Bearer {world.mallory.access}", "Idempotency-Key": new_id()}
        path = f"/v1/conversations/{payload['target']['stream']}/messages"
        connection.request("POST", path, json.dumps(body).encode(), headers)
        response = connection.getresponse()
        answer = json.loads(response.read())
        if response.status == 413:
            return "invalid"
        return answer["code"] if response.status >= 400 else None
    finally:
        connection.close()


def state(session, stream):
    """The conversation's head."""
    return session.call("page", {"stream": stream, "before": 0})["payload"]["as_of"]


def too_many_bytes(world):
    url = "https://" + "x" * 2000
    text = "a b c"
    links = [{"kind": "link", "offset": at, "length": 1, "url": url} for at in (0, 2, 4)]
    judge_text(world, text, links[:1], None)
    judge_text(world, text, links[:2], "invalid")
    judge_text(world, text, [{"kind": "mention", "offset": 0, "length": 1, "account": "a" * 65}], "invalid")


def judge_text(world, text, entities, code):
    with Session(world.server, world.mallory) as mallory:
        send = {"target": {"stream": world.den}, "text": text, "entities": entities}
        equal(result(mallory, "message.send", send), code, "a sending")
