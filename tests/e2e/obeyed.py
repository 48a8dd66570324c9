"""Settings reach what they settle: each is given to a real server that does what only its value explains."""
import pathlib
import sqlite3
from contextlib import closing

from proof import waiting
from proof.cases import equal
from proof.rest import Rest
from proof.server import Server, run_parleyd
from proof.session import Account, Session
from proof.store import copied
from proof.websocket import Refused, WebSocket

PAGE = "https://chat.example.org"
MIB = 1 << 20
# As many bytes as a text may have.
LONG = "ж" * 8000

# No value is a default, and no two numbers that could be taken for one another are the same.
STRICT = {
    "invites.everyone": True,
    "accounts.devices_max": 2,
    "conversations.members_max": 3,
    "messages.per_second": 1,
    "messages.burst": 4,
    "messages.edits_max": 1,
    "passwords.memory_kib": 16,
    "passwords.passes": 3,
    "passwords.failures_max": 2,
    "passwords.retry_seconds": 7,
    "tokens.access_seconds": 5000,
    "listen.origins": ["https://other.example.org", PAGE],
    "listen.proxies": ["10.0.0.0/8", "127.0.0.1"],
    "listen.url": PAGE,
    "threads.shards": 3,
    "threads.readers": 4,
    "threads.hashers": 5,
    "drain.spread_ms": 60,
}
LARGE = {
    "queues.session_kib": 512,
    "store.ballast_mib": 3,
    "store.log_mib": 1,
    # Who reads keeps the log from being begun anew.
    "store.scrub_rows_per_second": 0,
}
SILENT = {
    # More than the half that each shard has.
    "queues.session_kib": 2048,
    "queues.all_mib": 2,
    "threads.shards": 2,
    "log.level": "warning",
}
GUARDED = {
    "accounts.new_max": 3,
    "accounts.new_retry_seconds": 11,
    "passwords.address_failures_max": 4,
    "passwords.address_retry_seconds": 13,
    "passwords.account_failures_max": 6,
    "passwords.account_retry_seconds": 17,
    "listen.proxies": ["127.0.0.1"],
}
CROWDED = {"listen.strangers_max": 4}
SMALL = {
    "listen.connections_max": 3,
    "metrics": False,
    "store.ballast_mib": 0,
}

# Where the others are given values of their own, and by what words.
ELSEWHERE = {
    "data": ("../support/py/proof/server.py", '"data": '),
    "registration": ("operation.py", '"registration": "closed"'),
    "listen.address": ("starting.py", '"--address"'),
    "listen.port": ("../support/py/proof/server.py", '"listen.port": '),
    "listen.certificate": ("operation.py", '"listen.certificate": '),
    "listen.key": ("operation.py", '"listen.key": '),
    "calls.per_second": ("besieged.py", '"calls.per_second": '),
    "calls.burst": ("besieged.py", '"calls.burst": '),
    "links.tries_max": ("besieged.py", '"links.tries_max": '),
    "links.retry_seconds": ("besieged.py", '"links.retry_seconds": '),
    "store.scrub_rows_per_second": ("keeping.py", '"store.scrub_rows_per_second": '),
}


def run(cases):
    cases.run("settings: each of them is looked at", each_setting_is_looked_at)
    for settings, bodies in (
        (STRICT, STRICT_CASES),
        (LARGE, (files_of_the_store, a_queue_of_one)),
        (SILENT, (a_queue_of_all, a_log_of_warnings)),
        (GUARDED, (new_accounts, guesses_of_an_address, guesses_at_an_account)),
        (CROWDED, (strangers_max,)),
        (SMALL, (connections_max, no_metrics, no_proxy_is_believed)),
    ):
        with Server(settings) as server:
            for body in bodies:
                cases.run(f"settings: {body.__name__.replace('_', ' ')}", body, server)


def each_setting_is_looked_at():
    printed = run_parleyd("config", "print", cwd="/").stdout
    looked_at = {*STRICT, *LARGE, *SILENT, *GUARDED, *CROWDED, *SMALL, *ELSEWHERE}
    equal(setting_names(printed), sorted(looked_at), "the settings")
    for name, (file, words) in ELSEWHERE.items():
        assert words in (pathlib.Path(__file__).parent / file).read_text(), f"{name} is not in {file}"


def setting_names(printed):
    names, table = [], ""
    for line in printed.splitlines():
        if line.startswith("["):
            table = line.strip("[]") + "."
        elif "=" in line and not line.startswith("#"):
            names.append(table + line.split("=")[0].strip())
    return sorted(names)


def devices_max(server):
    person = Account.register(server, "devices")
    person.sign_in()
    body = {"handle": person.handle, "password": person.password, "device_name": "third"}
    third = person.rest.call("POST", "/v1/sessions", body)
    equal((third.status, third.code, third.json().get("field")), (409, "limit", "devices"), "a third device")


def members_max(server):
    people = [Account.register(server, f"member{number}") for number in range(4)]
    with Session(server, people[0]) as session:
        group = session.create_group("full", people[1:3])
        add = {"target": {"stream": group}, "accounts": [people[3].id]}
        equal(session.refusal("member.add", add), "limit", "a fourth member")
        create = {"title": "too full", "members": [one.id for one in people[1:]]}
        equal(session.refusal("conversation.create", create), "limit", "a group of four")


def messages_at_once(server):
    ada, bob = Account.register(server, "hasty"), Account.register(server, "listener")
    with Session(server, ada) as session:
        # All of them in one frame, so that no time passes between them.
        sent = [
            session.send("message.send", {"target": {"direct": bob.id}, "text": "quick"}) for _ in range(5)
        ]
        answers = [session.answer(one) for one in sent]
        equal([one["type"] for one in answers], ["message.accepted"] * 4 + ["error"], "the answers")
        refused = answers[-1]["payload"]
        equal(refused["code"], "rate_limited", "the code")
        # One in a second; with four in a second it could not be as long.
        assert 250 < refused["retry_after_ms"] <= 1000, refused


def edits_max(server):
    ada, bob = Account.register(server, "careless"), Account.register(server, "patient")
    with Session(server, ada) as session:
        said = session.send_message({"direct": bob.id}, "helo")
        edit = {"target": {"stream": said["stream"]}, "message": said["re"], "text": "hello"}
        session.call("message.edit", edit)
        equal(session.refusal("message.edit", edit | {"text": "Hello"}), "limit", "the second")


def everyone_invites(server):
    with Session(server, Account.register(server, "host")) as session:
        code = session.call("invite.create", {"uses": 1})["payload"]["code"]
    Account.register(server, "guest", invite=code)


def sign_in(server, handle, password, address):
    body = {"handle": handle, "password": password, "device_name": "guess"}
    return Rest(server.port).call("POST", "/v1/sessions", body, headers={"X-Forwarded-For": address})


def failed_passwords(server):
    """So many, and so long a wait; counted by the address that the proxy names."""
    person = Account.register(server, "guessed")
    codes = [sign_in(server, person.handle, f"wrong {one}", "198.51.100.1").status for one in range(3)]
    equal(codes, [401, 401, 429], "the answers")
    refused = sign_in(server, person.handle, "wrong", "198.51.100.1").json()
    equal(refused["code"], "rate_limited", "the code")
    assert 2000 < refused["retry_after_ms"] <= 7000, refused
    equal(sign_in(server, person.handle, "wrong", "198.51.100.2").status, 401, "from another address")
    equal(sign_in(server, person.handle, person.password, "198.51.100.2").status, 201, "the right one")


def life_of_tokens(server):
    with Session(server, Account.register(server, "longlived")) as session:
        left = session.auth["payload"]["expires_at"] - session.hello["time"]
        assert 4_900_000 < left <= 5_000_000, f"{left} ms"


def origins(server):
    WebSocket(server.port, headers=[("Origin", PAGE)]).drop()
    WebSocket(server.port, headers=[("Origin", f"http://127.0.0.1:{server.port}")]).drop()
    for origin in ("https://evil.example.org", f"{PAGE}.evil.org", "null"):
        try:
            WebSocket(server.port, headers=[("Origin", origin)])
        except Refused as refused:
            equal(refused.status, 403, f"the status for {origin}")
        else:
            raise AssertionError(f"{origin} may connect")


def printed_address(server):
    said = waiting.until(
        lambda: server.output if "--handle bob" in server.output else "", "the commands are printed"
    )
    assert f"listens on {PAGE}\n" in said and said.count(f"--server {PAGE} ") == 2, said


def threads(server):
    kinds = ("shard", "reader", "hasher")

    def names():
        tasks = pathlib.Path(f"/proc/{server.pid}/task")
        return sorted(task.read_text().strip() for task in tasks.glob("*/comm"))

    def counts():
        return [sum(name.startswith(f"{kind}-") for name in names()) for kind in kinds]

    # Each names itself as it starts, which may be after the server has answered.
    waiting.until(lambda: sum(counts()) >= 12, "the threads are named")
    equal(counts(), [3, 4, 5], f"shards, readers and hashers in {names()}")


def drain_and_cost(server):
    """The last case of its server."""
    person = Account.register(server, "stored")
    sessions = [Session(server, Account.register(server, f"drained{number}")) for number in range(6)]
    server.process.terminate()
    waits = [session.expect("closing")["payload"]["reconnect_after_ms"] for session in sessions]
    equal({session.close_code() for session in sessions}, {1001}, "the close codes")
    equal(server.stop(), 0, "the exit code")
    assert 0 < max(waits) < 60, f"when they come back: {waits}"
    with closing(sqlite3.connect(copied(server.database(), server.folder))) as store:
        query = "SELECT password_hash FROM account WHERE handle = ?"
        (kept,) = store.execute(query, (person.handle,)).fetchone()
    assert kept.startswith("$argon2id$v=19$m=16,t=3,p=1$"), kept


STRICT_CASES = (
    devices_max,
    members_max,
    messages_at_once,
    edits_max,
    everyone_invites,
    failed_passwords,
    life_of_tokens,
    origins,
    printed_address,
    threads,
    drain_and_cost,
)


def longest_queue(server):
    """Bytes that ever waited for one who reads nothing, until he falls back to resuming."""
    ada, bob = Account.register(server, "writer"), Account.register(server, "deaf")
    longest = 0
    with Session(server, ada) as writing, Session(server, bob, receive_buffer=4096):
        for _ in range(400):
            writing.send_message({"direct": bob.id}, LONG)
            metrics = server.metrics()
            if metrics['parley_resumes_total{outcome="fallen_back"}']:
                return longest
            # Of each shard.
            name = "parley_session_queue_bytes"
            longest = max(longest, sum(waits for key, waits in metrics.items() if key.startswith(name)))
    raise AssertionError(f"nobody fell back, and {longest} bytes wait")


def a_queue_of_one(server):
    longest = longest_queue(server)
    assert 448 << 10 < longest <= 512 << 10, f"{longest} bytes waited"


def a_queue_of_all(server):
    """Each shard has its part of it: here the half of two MiB."""
    longest = longest_queue(server)
    assert MIB - (64 << 10) < longest < MIB + (64 << 10), f"{longest} bytes waited"


def files_of_the_store(server):
    equal(size_of(server, "ballast"), 3 * MIB, "the ballast")
    with Session(server, Account.register(server, "filler")) as session:
        group = session.create_group("long", [])
        for _ in range(300):
            session.send_message(group, LONG)
    # Some 5 MB were written: with the usual size of the log all of it would stand there.
    log = size_of(server, "parley.db-wal")
    assert 0 < log < 3 * MIB, f"a log of {log} bytes"
    equal(server.metrics()["parley_scrubbed_rows_total"], 0, "rows that were scrubbed")


def size_of(server, name):
    (file,) = [one for one in server.data.iterdir() if name in one.name]
    return file.stat().st_size


def a_log_of_warnings(server):
    assert "listens on" in server.output, server.output
    for word in ("event=", "serving", " info"):
        assert word not in server.output, f"{word} is logged: {server.output}"


def must_wait(answer, seconds):
    equal((answer.status, answer.code), (429, "rate_limited"), "the answer")
    wait = answer.json()["retry_after_ms"]
    # So long a wait is this setting's alone.
    assert (seconds - 2) * 1000 < wait <= seconds * 1000, f"{wait} ms, not {seconds} s"


def new_accounts(server):
    def register(handle, address):
        body = {"handle": handle, "password": "long enough", "device_name": "new"}
        return Rest(server.port).call("POST", "/v1/accounts", body, headers={"X-Forwarded-For": address})

    for number in range(3):
        equal(register(f"new{number}", "203.0.113.1").status, 201, f"account {number}")
    must_wait(register("new3", "203.0.113.1"), 11)
    equal(register("new3", "203.0.113.2").status, 201, "from another address")


def guesses_of_an_address(server):
    # Two of one network, which may as well be one person's.
    here = ["2001:db8:0:1::1", "2001:db8:0:1::2"]
    for number in range(4):
        answer = sign_in(server, f"nobody{number}", "wrong", here[number % 2])
        equal((answer.status, answer.code), (401, "credentials"), f"guess {number}")
    must_wait(sign_in(server, "nobody4", "wrong", here[0]), 13)
    equal(sign_in(server, "nobody4", "wrong", "2001:db8:0:2::1").status, 401, "from another network")


def guesses_at_an_account(server):
    """Strangers are slowed down, wherever they are, and the account's person is not."""
    person = Account.register(server, "wanted")
    for number in range(6):
        equal(sign_in(server, person.handle, "wrong", f"192.0.2.{number}").status, 401, f"guess {number}")
    must_wait(sign_in(server, person.handle, person.password, "192.0.2.7"), 17)
    person.sign_in()  # from where it was made


def strangers_max(server):
    """So many who have not signed in, and whoever does so makes room."""
    first = Account.register(server, "known")

    def opened(account=None):
        try:
            return Session(server, account)
        except Refused:
            return None  # a call of before is not yet gone

    strangers = [waiting.until(opened, "a place is free") for _ in range(2)]
    devices = [first, *(waiting.until(lambda: signed_in(first), "a place is free") for _ in range(5))]
    # More than there are places, one after another.
    known = [waiting.until(lambda device=device: opened(device), "a place is free") for device in devices]
    strangers += [waiting.until(opened, "a place is free") for _ in range(2)]
    answer = Rest(server.port).call("GET", "/livez")
    equal((answer.status, answer.code), (503, "unavailable"), "the fifth stranger")
    for session in (*strangers, *known):
        session.drop()


def signed_in(account):
    body = {"handle": account.handle, "password": account.password, "device_name": "another"}
    answer = account.rest.call("POST", "/v1/sessions", body)
    return Account(account.rest, account.handle, answer.json()) if answer.status == 201 else None


def connections_max(server):
    def opened():
        try:
            return Session(server)
        except Refused:
            return None  # one that asked whether the server is ready is not yet gone

    sessions = [waiting.until(opened, "a place is free") for _ in range(3)]
    answer = Rest(server.port).call("GET", "/livez")
    equal((answer.status, answer.code), (503, "unavailable"), "the fourth connection")
    sessions.pop().drop()
    waiting.until(lambda: Rest(server.port).call("GET", "/livez").status == 200, "a place is free again")
    for session in sessions:
        session.drop()


def no_metrics(server):
    waiting.until(lambda: Rest(server.port).call("GET", "/livez").status == 200, "a place is free")
    answer = Rest(server.port).call("GET", "/metrics")
    equal((answer.status, answer.code), (403, "not_allowed"), "the answer")
    assert not [one for one in server.data.iterdir() if "ballast" in one.name], "there is a ballast"


def no_proxy_is_believed(server):
    """Where none is named, whoever guesses gets no further by naming addresses."""
    person = Account.register(server, "guessed")
    codes = [sign_in(server, person.handle, "wrong", f"198.51.100.{one}").status for one in range(6)]
    equal(codes, [401] * 5 + [429], "the answers")
