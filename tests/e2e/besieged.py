"""One address that calls and calls, without ever saying who it is; and one account that guesses codes."""
from proof import waiting
from proof.cases import equal
from proof.rest import Rest
from proof.server import Server
from proof.session import Account, new_id

BESIEGED = {
    "calls.per_second": 1,
    "calls.burst": 6,
    "listen.proxies": ["127.0.0.1"],
}
GUESSED = {"links.tries_max": 3, "links.retry_seconds": 19}


def run(cases):
    cases.run("besieged: calls of strangers", calls_of_strangers)
    cases.run("besieged: guesses at invite links", guesses_at_links)


def guesses_at_links():
    """Looking and joining count alike; another account is not held back."""
    with Server(GUESSED) as server:
        person, other = Account.register(server, "finder"), Account.register(server, "keeper")

        def guess(what, by=person):
            return by.call("POST", f"/v1/links/{what}", {"code": "guessed"}, headers=fresh_key())

        for what in ("look", "join", "look"):
            answer = guess(what)
            equal((answer.status, answer.code), (404, "link.unknown"), what)
        for what in ("join", "look"):
            answer = guess(what)
            equal((answer.status, answer.code), (429, "rate_limited"), what)
            # So long a wait is this setting's alone.
            assert 17_000 < answer.json()["retry_after_ms"] <= 19_000, answer.json()
        equal(guess("look", other).status, 404, "of somebody else")


def fresh_key():
    return {"Idempotency-Key": new_id()}


def calls_of_strangers():
    """So many of one address, whatever they ask for; whoever shows a token is none of them."""
    with Server(BESIEGED) as server:
        strangers_wait(server)


def strangers_wait(server):
    person = Account.register(server, "inside")
    here = {"X-Forwarded-For": "203.0.113.9"}

    def call(method, path, *body, **more):
        return Rest(server.port).call(method, path, *body, headers=here, **more)

    began = waiting.now()
    strangers = [
        ("GET", "/metrics", 200),
        ("GET", "/nothing/here", 404),
        ("GET", "/v1/profile", 401),
        ("POST", "/v1/sessions/refresh", 400),
        ("POST", "/v1/accounts", 400),
        ("DELETE", "/v1/socket", 405),
    ]
    for method, path, status in strangers:
        equal(call(method, path).status, status, f"{method} {path}")
    refused = [call(method, path) for method, path, _ in strangers]
    # One comes back in a second, so that a machine on which these take longer may let some through.
    let_through = sum(answer.status != 429 for answer in refused)
    assert let_through <= waiting.now() - began, [answer.status for answer in refused]
    last = next(answer for answer in reversed(refused) if answer.status == 429)
    equal((last.code, last.headers["retry-after"]), ("rate_limited", "1"), "the refusal")
    equal(last.headers["content-type"], "application/problem+json", "what it is")
    assert 0 < last.json()["retry_after_ms"] <= 1000, last.json()
    for _ in range(10):
        equal(call("GET", "/v1/profile", bearer=person.access).status, 200, "with a token")
        equal(call("GET", "/livez").status, 200, "a probe")
        body = {"refresh_token": person.refresh}
        equal(call("POST", "/v1/sessions/refresh", body).status, 200, "with a refresh token")
    there = {"X-Forwarded-For": "203.0.113.10"}
    equal(Rest(server.port).call("GET", "/metrics", headers=there).status, 200, "from another address")
    waiting.until(lambda: call("GET", "/metrics").status == 200, "one more is answered")
    name = "parley_http_calls_refused_total"
    counted = sum(value for key, value in server.metrics().items() if key.split("{")[0] == name)
    assert counted >= len(strangers) - let_through, f"{counted} refusals are counted"
