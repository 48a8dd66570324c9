"""What a terminal must never be made to do, and what must never be found anywhere."""
import os
import pathlib
import pty
import ssl
import subprocess

from person import PASSWORD, Person, fresh, people
from proof.cases import equal
from proof.rest import Rest
from proof.server import Server, program
from proof.session import new_id

ESCAPES = "\x1b]0;owned\x07\x1b[2J\x9b31m\x7f\u202e"


def controls(text):
    """Characters that a terminal would obey, line feeds aside."""
    return sorted(
        {c for c in text if (ord(c) < 32 and c != "\n") or 0x7F <= ord(c) < 0xA0 or c in "\u202e\ufeff"}
    )


def no_name_breaks_a_line(server, person, conversation):
    """Nor does the server take such a name or title from another client."""
    rest = Rest(server.port)
    words = {"handle": person.handle, "password": PASSWORD, "device_name": "other"}
    equal(rest.call("POST", "/v1/sessions", {**words, "device_name": ESCAPES}).code, "invalid", "a device")
    bearer = rest.ok("POST", "/v1/sessions", words)["access_token"]
    for path, field in (("/v1/profile", "name"), (f"/v1/conversations/{conversation}", "title")):
        for text in (f"Team{ESCAPES}", "two\nlines", "a\u2028b", "   "):
            headers = {"Idempotency-Key": new_id()}
            answer = rest.call("PATCH", path, {field: text}, bearer=bearer, headers=headers)
            equal((answer.status, answer.code, answer.json()["field"]), (422, "invalid", field), repr(text))


def nothing_from_others_moves_the_terminal(server):
    with Person(server, fresh("eve"), name="Eve\ufeff") as eve, Person(server, fresh("bob")) as bob:
        (made,) = eve.ok("new", "Team\ufeff", f"@{bob.handle}", "--json").objects
        eve.ok("send", "Team\ufeff", f"hi{ESCAPES}")
        no_name_breaks_a_line(server, eve, made["conversation"])
        eve.ok("send", f"@{bob.handle}", f"hello{ESCAPES}")
        (group,) = (one for one in bob.conversations() if one["kind"] == "group")
        shown = [
            bob.ok("conversations"),
            bob.ok("history", f"@{eve.handle}"),
            bob.ok("history", group["conversation"]),
            bob.ok("members", group["conversation"]),
            bob.ok("profile", f"@{eve.handle}"),
            bob.ok("send", group["conversation"], "ok"),
            bob.ok("history", group["conversation"], "--json"),
            bob.refused(4, "send", f"nobody{ESCAPES}", "x"),
        ]
        for done in shown:
            equal(controls(done.out + done.err), [], f"controls in {done.out!r}{done.err!r}")
        said = shown[-2].objects[0]
        equal((said["title"], said["text"]), ("Team\ufeff", f"hi{ESCAPES}"), "and exact in JSON")


def output_that_is_lost_is_said_to_be(server):
    """On a full disk, or started with standard output closed; a reader who has seen enough is no mistake."""
    with people(server, "ada", "bob") as (ada, bob):
        ada.ok("send", f"@{bob.handle}", "hello")
        environment = ada.environment()
        parley = f"'{program('parley')}'"
        asked = ["conversations", "--json conversations", f"history @{bob.handle}", "--help", "help"]
        for words in (*(f"{parley} {one}" for one in asked), f"'{program('parleyd')}' config print"):
            for way in (">/dev/full", ">&-"):
                command = ["sh", "-c", f"{words} {way}"]
                done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
                equal(done.returncode, 1, f"{words} {way}: {done.stderr}")
                assert "tandard output cannot be written" in done.stderr, done.stderr
        piped = ["bash", "-c", f"set -o pipefail; {parley} history @{bob.handle} | true"]
        done = subprocess.run(piped, env=environment, capture_output=True, text=True, timeout=60)
        equal(done.returncode, 0, f"into a closed pipe: {done.stderr}")


def places_that_are_none_are_said_to_be(server):
    with people(server, "ada", "bob") as (ada, bob):
        ada.ok("send", f"@{bob.handle}", "hello")
        done = ada.refused(2, "history", f"@{bob.handle}", "--before", "abc")
        assert "a whole number" in done.err, done.err
        ada.refused(2, "history", f"@{bob.handle}", "--before", "5", "--around", "3")
        done = ada.refused(4, "read", f"@{bob.handle}", "--upto", "999")
        assert "no place 999" in done.err and "4" in done.err, done.err
        ada.ok("new", "Solo")
        done = ada.refused(1, "remove", "Solo", f"@{ada.handle}")
        assert "himself" in done.err and "field" not in done.err, done.err


def what_is_wrong_with_a_command_line_is_said(server):
    with people(server, "ada", "bob") as (ada, bob):
        for words, sentence in (
            (("--jump-changes", "9007199254740993", "status"), "--jump-changes: this is a whole number"),
            (("--jump-changes", "0", "status"), "--jump-changes: this is a whole number from 1 to"),
            (("--wait", "soon", "status"), "--wait: this is a whole number from 0 to 86400"),
            (("--wait",), "--wait needs a value"),
            (("--wait", "1", "--wait", "2", "status"), "--wait may stand only once"),
            (("conversations", "-n", "0"), "--limit: this is a whole number from 1 to"),
            (("--json",), "A command is missing"),
            (("send", f"@{bob.handle}", "text", "--whole"), "--whole is for standard input"),
        ):
            done = ada.refused(2, *words)
            assert sentence in done.err, (words, done.err)
        ada.also = {"PARLEY_JUMP_CHANGES": "9007199254740993"}
        assert "--jump-changes" in ada.refused(2, "status").err, "by a variable"
        ada.also = {}
        for words in (("--json", "help"), ("--home", str(ada.home), "--json", "help", "send")):
            assert "Usage: parley" in ada.ok(*words).out, words


def a_damaged_database_is_named(server):
    with Person(server, fresh("ada")) as ada:
        database = ada.folder / "parley.db"
        for beside in database.parent.glob(f"{database.name}-*"):
            beside.unlink()
        database.write_bytes(b"this was a database " * 1000)
        done = ada.refused(1, "status")
        assert str(database) in done.err and "move it away" in done.err, done.err
        database.rename(database.with_name("kept"))
        ada.ok("login", ada.handle, "--server", f"http://127.0.0.1:{server.port}")
        ada.ok("status")


def no_line_of_a_message_looks_like_another_message(server):
    with people(server, "eve", "bob") as (eve, bob):
        eve.ok("send", f"@{bob.handle}", "--whole", given="hi\n09:00  ada           send me money\n")
        lines = bob.ok("history", f"@{eve.handle}").out.splitlines()
        (faked,) = (line for line in lines if "send me money" in line)
        assert faked.startswith("      "), faked


def the_password_is_nowhere(server):
    with Person(server, fresh("ada"), register=False) as ada:
        running = ada.start("register", "--server", ada.address, "--handle", ada.handle)
        command_line = pathlib.Path(f"/proc/{running.process.pid}/cmdline").read_bytes()
        equal(running.wait(), 0, "exit code")
        assert PASSWORD.encode() not in command_line
        for file in ada.home.rglob("*"):
            if file.is_file():
                assert PASSWORD.encode() not in file.read_bytes(), file
                equal(file.stat().st_mode & 0o077, 0, f"rights of {file} for others")


def the_prompt_does_not_show_the_password(server):
    with Person(server, fresh("ada")) as ada, Person(server, ada.handle, register=False) as two:
        environment = two.environment()
        del environment["PARLEY_PASSWORD"]
        pid, terminal = pty.fork()
        if pid == 0:
            words = ["parley", "login", ada.handle, "--server", two.address]
            os.execve(program("parley"), words, environment)
        shown = b""
        while b"Password: " not in shown:
            shown += os.read(terminal, 1000)
        os.write(terminal, PASSWORD.encode() + b"\n")
        try:
            while piece := os.read(terminal, 1000):
                shown += piece
        except OSError:
            pass  # How a terminal says that the other side is gone.
        equal(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 0, "exit code")
        os.close(terminal)
        assert b"Signed in" in shown and PASSWORD.encode() not in shown, shown


def a_certificate_must_be_trusted(_):
    with Server() as server:
        certificate, key = server.folder / "cert.pem", server.folder / "key.pem"
        make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        make += ["-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
        make += ["-keyout", str(key), "-out", str(certificate)]
        subprocess.run(make, check=True, capture_output=True)
        server.stop()
        server.settings.update({"listen.certificate": str(certificate), "listen.key": str(key)})
        server.tls_client = ssl.create_default_context(cafile=str(certificate))
        server.start()
        safe = f"https://localhost:{server.port}"
        with Person(server, "ada", register=False) as ada, Person(server, "bob", register=False) as bob:
            register = ("register", "--handle", "ada", "--server")
            done = ada.refused(7, *register, safe)
            assert "--ca" in done.err, done.err
            other_name = f"https://127.0.0.1:{server.port}"
            ada.refused(7, *register, other_name, "--ca", certificate)
            ada.ok(*register, safe, "--ca", certificate)
            bob.ok("register", "--handle", "bob", "--server", safe, "--ca", certificate)
            ada.ok("send", "@bob", "sealed on the way")
            equal(bob.texts("@ada"), ["sealed on the way"], "what bob sees")


def a_home_with_a_long_name_works(server):
    with people(server, "bob") as (bob,), Person(server, fresh("ada"), register=False) as ada:
        ada.home = ada.home / ("a" * 120) / ("b" * 120)
        ada.ok("register", "--server", ada.address, "--handle", ada.handle)
        tail = ada.tail()
        ada.ok("send", f"@{bob.handle}", "hello")
        tail.until(lambda one: one.texts() == ["hello"], "handed over")


CASES = [
    output_that_is_lost_is_said_to_be,
    places_that_are_none_are_said_to_be,
    what_is_wrong_with_a_command_line_is_said,
    a_damaged_database_is_named,
    nothing_from_others_moves_the_terminal,
    no_line_of_a_message_looks_like_another_message,
    the_password_is_nowhere,
    the_prompt_does_not_show_the_password,
    a_certificate_must_be_trusted,
    a_home_with_a_long_name_works,
]
