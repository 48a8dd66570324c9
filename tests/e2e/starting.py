"""Starts: the first one, those that fail, and those that somebody should be warned of."""
import os
import re
import signal
import sqlite3
import subprocess
import tempfile
from contextlib import closing

import operation
from proof import waiting
from proof.cases import equal
from proof.rest import Rest
from proof.server import Server, run_parleyd
from proof.session import Account, Session


def run(cases):
    for body in (
        first_start,
        what_is_printed_can_be_pasted,
        the_first_thing_is_an_invite,
        lock,
        a_start_that_fails,
        without_tls_before_others,
    ):
        cases.run(f"starting: {body.__name__.replace('_', ' ')}", body)


def first_start():
    """On an empty folder: the address, a token for the first administrator, two commands that work."""
    with Server(quick=False) as server:
        said = waiting.until(
            lambda: server.output if "--token" in server.output else "", "the token is printed"
        )
        assert f"127.0.0.1:{server.port}" in said, said
        if sqlite3.sqlite_version_info < (3, 51, 3):
            notice = "let no other program write to parley.db"
            waiting.until(lambda: notice in server.output, "the notice about SQLite's log")
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
        again = operation.register(server, "third", tokens[0])
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


def the_first_thing_is_an_invite():
    """An invite that is made before anybody has connected is as good as any other."""
    with Server({"registration": "invite"}) as server:
        server.kill()
        server.start(wait=False)
        waiting.until(lambda: server.output.count("event=serving") == 2, "it serves again")
        made = run_parleyd("--config", server.folder / "parleyd.toml", "invite", "--administrator")
        equal(made.returncode, 0, f"parleyd invite ({made.stderr})")
        first = Account.register(server, "first", invite=made.stdout.strip())
        equal(first.call("GET", "/v1/profile").json()["role"], "administrator", "the first one's role")


def lock():
    """No second process opens the data."""
    with Server() as server:
        second = run_parleyd("--config", server.folder / "parleyd.toml", "--listen.port", "0")
        equal(second.returncode, 1, "the exit code of the second")
        assert f"another process uses the data in {server.data}" in second.stderr, second.stderr
        assert "name another folder with --data" in second.stderr, second.stderr
        server_still = Rest(server.port).call("GET", "/livez").status
        equal(server_still, 200, "the first one")


def a_start_that_fails():
    """It says what to do, and leaves the store as a clean stop does."""
    with Server() as server, tempfile.TemporaryDirectory() as folder:
        for address, port, advice in (
            ("127.0.0.1", server.port, "choose another port with --port"),
            ("localhost", 0, "no IP address to listen on"),
            ("192.0.2.1", 0, "has the address 192.0.2.1: choose another one with --address"),
        ):
            refused = run_parleyd("--data", folder, "--address", address, "--port", port)
            equal(refused.returncode, 1, f"exit code of {address}")
            assert advice in refused.stderr, refused.stderr
        for data, advice in (
            (f"{folder}/a/b", f"make {folder}/a first, or name another folder with --data"),
            (f"{folder}/parley.db", "is no folder; name another one for the data with --data"),
            ("/proc/data", "No such file or directory; name another folder with --data"),
        ):
            refused = run_parleyd("--data", data, "--port", 0)
            equal(refused.returncode, 1, f"exit code of {data}")
            assert advice in refused.stderr, refused.stderr
        with closing(sqlite3.connect(f"file:{folder}/parley.db?mode=ro", uri=True)) as store:
            running = store.execute("SELECT running FROM meta").fetchone()[0]
        equal(running, 0, "runs that did not end in order")


def without_tls_before_others():
    """Whoever lets other machines in without TLS is warned, and told what to set; nobody else is."""
    warning = 'level=warning event="other machines connect without TLS"'
    for settings, warned in (
        ({"listen.address": "0.0.0.0"}, True),
        ({"listen.address": "0.0.0.0", "listen.proxies": ["10.0.0.0/8"]}, False),
        ({}, False),
    ):
        with Server(settings) as server:
            waiting.until(lambda: "event=serving" in server.output, "it serves")
            said = server.output
        equal(warning in said, warned, f"warned with {settings}: {said}")
        # The tests' hashing costs nothing, which others must not get to guess against.
        little = 'level=warning event="passwords are hashed with little memory"'
        equal(little in said, "listen.address" in settings, f"the warning of cheap hashes: {said}")
        equal("listen.url" in said, "listen.address" in settings, f"the hint at listen.url: {said}")
