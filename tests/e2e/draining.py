"""What a server does that was told to end."""
import itertools
import threading

from proof import waiting
from proof.cases import equal
from proof.disk import slow_disk
from proof.rest import Rest
from proof.server import Server
from proof.session import Account, Session


def run(cases):
    for body in (drain_says_closing, drain_answers_calls_under_way):
        cases.run(f"draining: {body.__name__.replace('_', ' ')}", body)


def drain_says_closing():
    with Server() as server:
        accounts = [Account.register(server, f"person{number}") for number in range(20)]
        sessions = [Session(server, account) for account in accounts]
        server.process.terminate()
        waits = set()
        for session in sessions:
            closing = session.expect("closing")["payload"]
            equal(closing["code"], 1001, "the announced code")
            waits.add(closing["reconnect_after_ms"])
            equal(session.close_code(), 1001, "the close code")
        equal(server.stop(), 0, "the exit code")
        assert len(waits) > 5, f"the return is not spread: {sorted(waits)}"


def register(server):
    body = {"handle": "ada", "password": "correct horse battery", "device_name": "x"}
    return Rest(server.port).call("POST", "/v1/accounts", body)


def http_calls(server):
    name = "parley_http_calls_total"
    return sum(value for key, value in server.metrics().items() if key.startswith(name))


def drain_answers_calls_under_way():
    """A server that was told to end answers a call, here one that takes longer than closing may."""
    with slow_disk() as disk, Server(environment=disk.environment) as server:
        answers = []
        calls = http_calls(server)
        looks = itertools.count(1)  # each look is a call by itself

        def under_way():
            return http_calls(server) > calls + next(looks)

        def answered():
            answers.append((register(server).status, waiting.now()))
            disk.delay(0)

        disk.delay(7)
        call = threading.Thread(target=answered)
        call.start()
        waiting.until(under_way, "the call is under way", 5)
        ended = waiting.now()
        equal(server.stop(), 0, "the exit code")
        call.join(10)
        equal([status for status, _ in answers], [201], "the answer")
        assert answers[0][1] > ended + 2, "it was answered before the server was told to end"
