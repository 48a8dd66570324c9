"""What operators do: invites, draining, certificates."""
import re
import ssl
import subprocess
import threading
import urllib.request

from proof import waiting
from proof.cases import equal
from proof.rest import Rest
from proof.server import SOURCE, Server, clean_environment, program
from proof.session import Account, Session
from proof.store import Store
from proof.websocket import Closed


def run(cases):
    for body in (
        invites_and_roles,
        closed_registration,
        drain_loses_nothing,
        a_log_that_nobody_reads,
        kill_loses_nothing,
        tls,
        tokens_end,
        health_and_metrics,
        no_deliberate_defects,
    ):
        cases.run(f"operation: {body.__name__.replace('_', ' ')}", body)


def register(server, handle, invite=None):
    body = {"handle": handle, "password": "correct horse battery", "device_name": "x"}
    if invite:
        body["invite"] = invite
    return Rest(server.port).call("POST", "/v1/accounts", body)


def invites_and_roles():
    with Server({"registration": "invite"}) as server:
        equal(register(server, "eve").code, "invite_required", "without an invite")
        equal(register(server, "eve", "wrong").code, "invite_invalid", "with a wrong one")
        token = re.search(r"--(?:token|invite) (\S+)", server.output).group(1)
        admin = Account.register(server, "admin", invite=token)
        with Session(server, admin) as session:
            code = session.call("invite.create", {"uses": 1})["payload"]["code"]
        person = Account.register(server, "person", invite=code)
        equal(register(server, "late", code).code, "invite_invalid", "an invite that is used up")
        with Session(server, person) as session:
            equal(session.refusal("invite.create", {}), "not_allowed", "a person's invite")


def closed_registration():
    with Server({"registration": "closed"}) as server:
        equal(register(server, "eve").code, "registration_closed", "without an invite")
        equal(register(server, "eve", "wrong").code, "registration_closed", "with one")
        said = waiting.until(
            lambda: server.output if "is closed" in server.output else "", "the greeting is printed"
        )
        (token,) = re.findall(r"--token (\S+)", said)
        assert "bob" not in said, said
        first = Account.register(server, "first", invite=token)
        equal(first.call("GET", "/v1/profile").json()["role"], "administrator", "the first one's role")
        server.stop()
        server.start()
        waiting.until(lambda: server.output.count("listens on") == 2, "it greets again")
        assert "invite" not in server.output.split("listens on")[2], server.output


def write_until_closed(session, target, accepted, texts):
    """Sends with a window of 16 until the connection ends; notes what was accepted."""
    sent = []
    try:
        for number in range(1_000_000):
            text = f"message {number}"
            sent.append((session.send("message.send", {"target": target, "text": text}), text))
            while len(sent) > 15:
                command, said = sent.pop(0)
                if session.answer(command, 30)["type"] == "message.accepted":
                    accepted.append(command)
                    texts.append(said)
    except (Closed, OSError):
        for command, said in sent:
            if any(one.get("re") == command and one["type"] == "message.accepted" for one in session.inbox):
                accepted.append(command)
                texts.append(said)


def write_and_end(end):
    """Four people write; then the server ends. All that was accepted must be in its store, in order, once."""
    with Server() as server:
        reader = Account.register(server, "reader")
        writers = [Account.register(server, f"writer{number}") for number in range(4)]
        noted = [([], []) for _ in writers]
        sessions = [Session(server, account) for account in writers]
        threads = [
            threading.Thread(target=write_until_closed, args=(session, {"direct": reader.id}, *lists))
            for session, lists in zip(sessions, noted)
        ]
        for thread in threads:
            thread.start()
        waiting.until(lambda: all(len(accepted) > 100 for accepted, _ in noted), "everybody writes")
        end(server)
        for thread in threads:
            thread.join(30)
        store = Store(server.database())
        stored = {one.id: one.text for rows in store.messages.values() for one in rows}
        for accepted, texts in noted:
            lost = [command for command in accepted if command not in stored]
            equal(lost, [], "accepted messages that are not in the store")
            equal([stored[command] for command in accepted], texts, "what they say")
        return sessions


def drain_loses_nothing():
    def end(server):
        equal(server.stop(), 0, "the exit code")

    sessions = write_and_end(end)
    codes = {session.socket.closed.code for session in sessions if session.socket.closed}
    equal(codes, {1001}, "the close codes")


def a_log_that_nobody_reads():
    """A pipe that takes nothing keeps nobody from being served, nor the server from ending."""
    with Server({"log.level": "debug"}) as server:
        server.stop()
        config = server.folder / "parleyd.toml"
        process = subprocess.Popen(
            [str(program("parleyd")), "--config", str(config)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            cwd=server.folder,
            env=clean_environment(),
        )
        try:
            server.process = process
            server.wait_ready()
            for _ in range(1500):
                equal(Rest(server.port).call("GET", "/livez").status, 200, "while the pipe fills")
            process.terminate()
            equal(process.wait(20), 0, "the exit code")
        finally:
            process.kill()
            process.wait()
            process.stderr.close()


def kill_loses_nothing():
    write_and_end(lambda server: server.kill())


LENIENT_OPENSSL = """openssl_conf = all
[all]
ssl_conf = ssl
[ssl]
system_default = lenient
[lenient]
MinProtocol = TLSv1
CipherString = ALL:@SECLEVEL=0
"""


def certificate_in(folder, name="localhost"):
    """A certificate that signs itself, and its key."""
    certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
    words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost"
    words += " -addext subjectAltName=DNS:localhost,IP:127.0.0.1"
    command = ["openssl", *words.split(), "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    return certificate, key


def tls():
    """With a certificate of our own: sockets, HTTP and the command line's way in; nothing in clear."""
    with Server() as server:
        certificate, key = certificate_in(server.folder)
        server.stop()
        # With this OpenSSL would take the oldest there is: what refuses it is the server's own doing.
        lenient = server.folder / "openssl.cnf"
        lenient.write_text(LENIENT_OPENSSL)
        server.environment["OPENSSL_CONF"] = str(lenient)
        server.settings.update({"listen.certificate": str(certificate), "listen.key": str(key)})
        server.tls_client = ssl.create_default_context(cafile=str(certificate))
        server.start()
        ada, bob = Account.register(server, "ada"), Account.register(server, "bob")
        with Session(server, ada) as one, Session(server, bob) as two:
            one.send_message({"direct": bob.id}, "sealed on the way")
            equal(two.expect("message.new")["payload"]["text"], "sealed on the way", "the text")
        try:
            status = Rest(server.port).call("GET", "/livez", seconds=5).status
        except OSError:
            status = 0
        except Exception as problem:  # noqa: BLE001 - what http.client makes of no HTTP
            status = type(problem).__name__
        assert status != 200, "served in clear"
        for version in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
            old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
            # Debian allows less than 1.2 only where one asks for it, or else nothing would be sent at all.
            old.minimum_version = old.maximum_version = version
            old.set_ciphers("ALL:@SECLEVEL=0")
            try:
                Rest(server.port, old).call("GET", "/livez", seconds=5)
            except ssl.SSLError as refused:
                equal(refused.reason, "TLSV1_ALERT_PROTOCOL_VERSION", f"what the server says to {version!r}")
            else:
                raise AssertionError(f"{version!r} is taken")


def tokens_end():
    """The warning, the renewal on the same connection, and 4002 for who does not renew."""
    with Server({"tokens.access_seconds": 6}) as server:
        ada, bob = Account.register(server, "ada"), Account.register(server, "bob")
        with Session(server, ada) as one, Session(server, bob) as two:
            began = waiting.now()
            one.expect("token.expiring")
            # Not before half of its life: whoever renews at once would be asked to renew for ever.
            assert waiting.now() - began > 2, "the moment of the warning"
            two.expect("token.expiring")
            started = waiting.now()
            waiting.rest(1.5)
            equal(ada.renew().status, 200, "the renewal")
            one.call("auth", {"token": ada.access, "client": "proof"})
            equal(two.close_code(), 4002, "the close code of who did not renew")
            assert 1 < waiting.now() - started < 7, "the moment of the close"
            waiting.rest(max(0.0, 4 - (waiting.now() - started)))
            one.send_message({"direct": bob.id}, "past the end of the first token")


def health_and_metrics():
    with Server() as server:
        account = Account.register(server, "ada")
        with Session(server, account) as session:
            session.send_message(session.create_group("x", []), "counted")
            for path in ("/livez", "/readyz"):
                equal(Rest(server.port).call("GET", path).status, 200, path)
            metrics = server.metrics()
        for word in ("connections", "messages", "commit", "queue", "latency|delivery", "reconnect|resume"):
            assert any(re.search(word, name) for name in metrics), f"no metric about {word}"
        body = urllib.request.urlopen(f"http://127.0.0.1:{server.port}/metrics").read().decode()
        for secret in (account.access, account.refresh, "counted", "correct horse"):
            assert secret not in body, "a secret stands in the metrics"


def no_deliberate_defects():
    """What the simulator's mutants need (base/mutant.hpp) is in no program that anybody runs."""
    text = (SOURCE / "base" / "mutant.hpp").read_text()
    sentences = re.findall(r'"([^"]{20,})"', text.replace("MUTANT(", "("))
    assert len(sentences) >= 30, f"only {len(sentences)} mutants were found in base/mutant.hpp"
    for name in ("parleyd", "parley"):
        content = program(name).read_bytes()
        for trace in ("chosen_mutant", *sentences):
            assert trace.encode() not in content, f"{name} knows of a mutant: {trace}"
