"""What operators do: first start, draining, backup and restore, certificates."""
import os
import re
import signal
import ssl
import subprocess
import threading
import urllib.request

from proof import waiting
from proof.cases import equal
from proof.rest import Rest
from proof.server import SOURCE, Server, program, run_parleyd
from proof.session import Account, Session
from proof.store import Store
from proof.websocket import Closed

RESTORE_JUMP = 1 << 30


def run(cases):
    for body in (
        first_start,
        what_is_printed_can_be_pasted,
        invites_and_roles,
        closed_registration,
        drain_loses_nothing,
        drain_says_closing,
        drain_answers_calls_under_way,
        a_log_that_nobody_reads,
        kill_loses_nothing,
        backup_and_restore,
        damaged_rows,
        tls,
        tokens_end,
        lock,
        health_and_metrics,
        no_deliberate_defects,
    ):
        cases.run(f"operation: {body.__name__.replace('_', ' ')}", body)


def first_start():
    """On an empty folder: the address, a token for the first administrator, two commands that work."""
    with Server(quick=False) as server:
        said = waiting.until(
            lambda: server.output if "--token" in server.output else "", "the token is printed"
        )
        assert f"127.0.0.1:{server.port}" in said, said
        commands = re.findall(r"parley register .*", said)
        assert len(commands) >= 2, said
        tokens = [re.search(r"--(?:token|invite) (\S+)", command).group(1) for command in commands[:2]]
        first = Account.register(server, "first", invite=tokens[0])
        equal(first.call("GET", "/v1/profile").json()["role"], "administrator", "the first one's role")
        second = Account.register(server, "second", invite=tokens[1])
        equal(second.call("GET", "/v1/profile").json()["role"], "person", "the second one's role")
        with Session(server, first) as one, Session(server, second) as two:
            one.send_message({"direct": second.id}, "hello")
            two.expect("message.new")
        again = register(server, "third", tokens[0])
        equal((again.status, again.code), (403, "invite_invalid"), "the token a second time")


def what_is_printed_can_be_pasted():
    """The two commands of the first start, as they stand there, in two shells: two persons talk."""
    with Server(quick=False) as server:
        said = waiting.until(
            lambda: server.output if "--handle bob" in server.output else "", "the commands are printed"
        )
        commands = [line for line in said.splitlines() if line.startswith("  ")]
        equal(len(commands), 2, f"commands in {said}")
        home = server.folder / "home"
        environment = {**os.environ, "PARLEY_HOME": str(home), "PARLEY_PASSWORD": "correct horse battery"}
        heard = server.folder / "heard.txt"
        with open(heard, "wb") as output:
            # A group of its own, since the shell that waits for `tail` does not pass a signal on to it.
            ada = subprocess.Popen(
                commands[0],
                shell=True,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            waiting.until(lambda: "ada" in heard.read_text(), "ada is registered", 30)
            bob = subprocess.run(
                commands[1],
                shell=True,
                env=environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            equal(bob.returncode, 0, f"the second command ({bob.stdout} {bob.stderr})")
            waiting.until(lambda: "Hello" in heard.read_text(), "ada hears it", 30)
            assert ada.poll() is None, f"the first command ended: {heard.read_text()}"
        finally:
            os.killpg(ada.pid, signal.SIGTERM)
            ada.wait(30)


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


def http_calls(server):
    name = "parley_http_calls_total"
    return sum(value for key, value in server.metrics().items() if key.startswith(name))


def drain_answers_calls_under_way():
    """A call that takes its time, here for its hash, is answered by a server that was told to end."""
    with Server({"passwords.memory_kib": 262144, "passwords.passes": 8}) as server:
        answers = []
        calls = http_calls(server)
        looks = []

        def under_way():
            looks.append(None)  # each look is a call by itself
            return http_calls(server) > calls + len(looks)

        call = threading.Thread(target=lambda: answers.append(register(server, "ada")))
        call.start()
        waiting.until(under_way, "the call is under way")
        equal(server.stop(), 0, "the exit code")
        call.join(10)
        equal([answer.status for answer in answers], [201], "the answer")


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


def drain_says_closing():
    with Server() as server:
        accounts = [Account.register(server, f"person{number}") for number in range(20)]
        sessions = [Session(server, account) for account in accounts]
        equal(server.stop(), 0, "the exit code")
        waits = set()
        for session in sessions:
            closing = session.expect("closing")["payload"]
            equal(closing["code"], 1001, "the announced code")
            waits.add(closing["reconnect_after_ms"])
            equal(session.close_code(), 1001, "the close code")
        assert len(waits) > 5, f"the return is not spread: {sorted(waits)}"


def backup_and_restore():
    """A backup while people write; a restore makes a new epoch, and no number comes twice."""
    with Server() as server:
        ada, bob = Account.register(server, "ada"), Account.register(server, "bob")
        with Session(server, ada) as session:
            group = session.create_group("kept", [bob])
            for number in range(200):
                session.send_message(group, f"before {number}")
            file = server.folder / "backup.db"
            config = server.folder / "parleyd.toml"
            stop = threading.Event()
            writer = threading.Thread(target=write_on, args=(server, bob, group, stop))
            writer.start()
            made = run_parleyd("--config", config, "backup", file)
            stop.set()
            writer.join(30)
            equal(made.returncode, 0, f"the backup ({made.stderr})")
            after = session.send_message(group, "after the backup")
            epoch, token = session.epoch, session.settle()["payload"]["token"]
            head = after["seq"]
        server.stop()
        kept = [one.text for one in Store(file).messages[group]]
        equal(kept[:200], [f"before {number}" for number in range(200)], "what the backup holds")
        restored = run_parleyd("--config", config, "restore", file)
        equal(restored.returncode, 0, f"the restore ({restored.stderr})")
        server.start()
        with Session(server, ada, token=token) as session:
            assert session.epoch != epoch, "the epoch is the old one"
            state = session.states()[group]
            assert state["restored_from"] < head, "restored_from"
            assert state["head"] >= state["restored_from"] + RESTORE_JUMP, "no number may come twice"
            seq = session.send_message(group, "after the restore")["seq"]
            assert seq > head + RESTORE_JUMP // 2, seq
            equal(session.texts(group), kept + ["after the restore"], "what is there")
            again = session.send_message(group, "after the backup", id=after["re"])
            assert again["seq"] > seq, "an own message that was lost is taken again under its id"


def write_on(server, account, group, stop):
    with Session(server, account) as session:
        number = 0
        while not stop.is_set() or number < 50:
            session.send_message(group, f"meanwhile {number}")
            number += 1


def flip_bits_in(path, text):
    """One bit of each place where the text stands in the file."""
    content = bytearray(path.read_bytes())
    at = content.find(text)
    assert at >= 0, f"{text} is not in {path}"
    while at >= 0:
        content[at + 3] ^= 1
        at = content.find(text, at + len(text))
    path.write_bytes(content)


def damaged_rows():
    """A flipped bit on the disk: found without anybody reading it, told to the operator, served to nobody."""
    with Server({"store.scrub_rows_per_second": 100_000}) as server:
        ada = Account.register(server, "ada")
        with Session(server, ada) as session:
            group = session.create_group("kept", [])
            for number in range(100):
                session.send_message(group, f"marker {number:05}")
        server.stop()
        file = server.folder / "backup.db"
        config = server.folder / "parleyd.toml"
        equal(run_parleyd("--config", config, "backup", file).returncode, 0, "a backup of the sound store")
        for number in (7, 70):
            flip_bits_in(server.database(), f"marker {number:05}".encode())
        server.start()
        waiting.until(lambda: server.metrics()["parley_scrub_rounds_total"] >= 1, "the store is scrubbed")
        equal(server.metrics()["parley_damaged_rows"], 2, "damaged rows")
        assert server.metrics()["parley_scrubbed_rows_total"] > 200, "each row is come to from two sides"
        assert "store damaged" in server.output, server.output
        expected = [f"marker {number:05}" for number in range(100) if number not in (7, 70)]
        with Session(server, ada) as session:
            equal(session.texts(group), expected, "what is served")
            session.send_message(group, "and on it goes")
        made = run_parleyd("--config", config, "backup", server.folder / "damaged.db")
        equal(made.returncode, 1, "the exit code of a backup of the damaged store")
        assert "2 of the" in made.stderr and "damaged" in made.stderr, made.stderr
        server.stop()
        equal(run_parleyd("--config", config, "restore", file).returncode, 0, "the restore")
        server.start()
        with Session(server, ada) as session:
            equal(len(session.texts(group)), 100, "messages after the restore")
        waiting.until(
            lambda: server.metrics()["parley_scrub_rounds_total"] >= 1, "the restored store is scrubbed"
        )
        equal(server.metrics()["parley_damaged_rows"], 0, "damaged rows after the restore")


def tls():
    """With a certificate of our own: sockets, HTTP and the command line's way in; nothing in clear."""
    with Server() as server:
        certificate, key = server.folder / "cert.pem", server.folder / "key.pem"
        subprocess.run(
            [
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
                "-nodes",
                "-days",
                "2",
                "-subj",
                "/CN=localhost",
                "-addext",
                "subjectAltName=DNS:localhost,IP:127.0.0.1",
                "-keyout",
                str(key),
                "-out",
                str(certificate),
            ],
            check=True,
            capture_output=True,
        )
        server.stop()
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
        old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
        old.maximum_version = ssl.TLSVersion.TLSv1_1
        old.set_ciphers("ALL:@SECLEVEL=0")
        try:
            Rest(server.port, old).call("GET", "/livez", seconds=5)
        except (ssl.SSLError, OSError):
            return
        raise AssertionError("TLS 1.1 is taken")


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


def lock():
    """No second process opens the data."""
    with Server() as server:
        second = run_parleyd("--config", server.folder / "parleyd.toml", "--listen.port", "0")
        assert second.returncode not in (0, None), "it started"
        server_still = Rest(server.port).call("GET", "/livez").status
        equal(server_still, 200, "the first one")


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
