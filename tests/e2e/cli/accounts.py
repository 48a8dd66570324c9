"""Signing up, in and out; devices, profiles, invites; what each mistake ends with."""
import re
import sqlite3
import tempfile
from contextlib import closing

from person import PASSWORD, Person, fresh, people
from proof import waiting
from proof.cases import equal
from proof.rest import Rest
from proof.server import Server
from proof.store import copied


def registers_and_says_who_one_is(server):
    with Person(server, fresh("ada"), name="Ada Lovelace") as ada:
        status = ada.status()
        equal((status["handle"], status["connection"]), (ada.handle, "online"), "status")
        (profile,) = ada.ok("profile", "--json").objects
        equal((profile["handle"], profile["name"]), (ada.handle, "Ada Lovelace"), "profile")
        equal(ada.folder.stat().st_mode & 0o777, 0o700, "rights of the folder")


def signs_in_on_a_second_device(server):
    with Person(server, fresh("ada")) as one, Person(server, one.handle, login=True) as two:
        names = {device["device"] for device in one.ok("devices", "--json").objects}
        equal(len(names), 2, "devices")
        own = [device for device in two.ok("devices", "--json").objects if device["own"]]
        equal([one["device"] for one in own], [two.status()["device"]], "own device")


def refuses_a_wrong_password(server):
    with Person(server, fresh("ada")) as ada, Person(server, ada.handle, register=False) as eve:
        done = eve.refused(1, "login", ada.handle, "--server", eve.address, password="wrong wrong")
        assert "do not fit" in done.err, done.err
        done = eve.refused(1, "login", ada.handle, "--server", eve.address, "--json", password="wrong wrong")
        equal(done.problem["error"], "credentials", "the code")
        eve.refused(3, "conversations")


def says_what_is_wrong_with_a_handle(server):
    with Person(server, "x", register=False) as one:
        for handle in ("A", "1a", "a" * 33, "../up", "a b"):
            one.refused(2, "register", "--server", one.address, "--handle", handle)
        with Person(server, fresh("ada")) as ada:
            done = one.refused(1, "register", "--server", one.address, "--handle", ada.handle)
            assert "Choose another" in done.err, done.err
        equal(list(one.home.rglob("parley.db")), [], "files of accounts that were not made")


def signs_a_device_out_from_elsewhere(server):
    with Person(server, fresh("ada")) as one, Person(server, one.handle, login=True) as two:
        tail = two.tail()
        device = two.status()["device"]
        one.ok("devices", "--revoke", device)
        equal(tail.wait(20), 3, "exit code of the running one")
        done = two.refused(3, "conversations")
        assert "parley login" in done.err, done.err
        equal(len(one.ok("devices", "--json").objects), 1, "devices that are left")
        one.refused(4, "devices", "--revoke", device)


def signs_out_and_leaves_nothing(server):
    with Person(server, fresh("ada")) as one, Person(server, one.handle, login=True) as two:
        folder = two.folder
        (said,) = two.ok("logout", "--json").objects
        equal(said, {"told_server": True, "dropped": 0}, "what it says")
        equal(sorted(file.name for file in folder.iterdir()), ["owner"], "files that are left")
        two.refused(3, "conversations")
        waiting.until(lambda: len(one.ok("devices", "--json").objects) == 1, "the server knows it")


def refresh_token(person):
    with tempfile.TemporaryDirectory() as folder:
        with closing(sqlite3.connect(copied(person.folder / "parley.db", folder))) as database:
            return database.execute("SELECT refresh_token FROM self").fetchone()[0]


def keeps_everything_when_a_thief_used_its_token(server):
    with people(server, "ada", "bob") as (ada, bob):
        ada.ok("send", f"@{bob.handle}", "said")
        tail = ada.tail()
        first = {"refresh_token": refresh_token(ada)}
        second = Rest(server.port).ok("POST", "/v1/sessions/refresh", first)
        Rest(server.port).ok("POST", "/v1/sessions/refresh", {"refresh_token": second["refresh_token"]})
        replayed = Rest(server.port).call("POST", "/v1/sessions/refresh", first)
        equal(replayed.code, "refresh_reused", "the code")
        equal(tail.wait(20), 3, "exit code of the one that was connected")
        ada.refused(5, "--offline", "send", f"@{bob.handle}", "waits")
        done = ada.refused(3, "sync")
        assert "not signed in" in done.err and "parley login" in done.err, done.err
        shown = ada.ok("--offline", "history", f"@{bob.handle}", "--json").objects
        equal([one["text"] for one in shown], ["said", "waits"], "what ada still has")
        ada.ok("login", ada.handle, "--server", ada.address)
        ada.ok("sync")
        equal(bob.texts(f"@{ada.handle}"), ["said", "waits"], "what bob sees")


def changes_the_profile(server):
    with people(server, "ada", "bob") as (ada, bob):
        new = fresh("countess")
        ada.ok("profile", "--name", "Countess", "--handle", new)
        (seen,) = bob.ok("profile", f"@{new}", "--json").objects
        equal(seen["name"], "Countess", "as others see it")
        bob.refused(4, "profile", f"@{ada.handle}")
        bob.refused(1, "profile", "--handle", new)
        equal(bob.status()["failed"], 0, "refusals that were told are not kept")
        equal(ada.status()["handle"], new, "as this device calls it")
        ada.ok("--account", new, "conversations")
        ada.refused(3, "--account", ada.handle, "conversations")
        assert f"@{new}" in ada.ok("logout").out, "whom it signs out"


def a_handle_that_was_given_up_leads_to_nobody_else(server):
    with people(server, "ada", "bob") as (ada, bob), Person(server, "eve", register=False) as eve:
        ada.ok("new", "Team", f"@{bob.handle}")
        bob.ok("sync")
        new = fresh("lovelace")
        ada.ok("profile", "--handle", new)
        done = eve.refused(1, "register", "--server", eve.address, "--handle", ada.handle, "--json")
        equal(done.problem["error"], "handle_taken", "the code")
        done = bob.refused(4, "send", f"@{ada.handle}", "for whoever that is now")
        assert f"nobody called @{ada.handle}" in done.err, done.err
        equal(bob.status()["waiting"], 0, "commands that wait")
        bob.ok("send", f"@{new}", "for ada")
        equal(ada.texts(f"@{bob.handle}"), ["for ada"], "what ada sees")
        handles = {one["handle"] for one in bob.ok("members", "Team", "--json").objects}
        equal(handles, {new, bob.handle}, "members as they are called now")
        ada.ok("profile", "--handle", ada.handle)
        bob.ok("send", f"@{ada.handle}", "for ada again")
        equal(ada.texts(f"@{bob.handle}"), ["for ada", "for ada again"], "what ada sees in the end")


def invites(_):
    with Server(quick=False) as server:
        said = waiting.until(lambda: server.output if "--token" in server.output else "", "the token")
        token = re.search(r"--(?:token|invite) (\S+)", said).group(1)
        with Person(server, "ada", register=False) as ada, Person(server, "bob", register=False) as bob:
            ada.refused(1, "register", "--server", ada.address, "--handle", "ada")
            ada.ok("register", "--server", ada.address, "--token", token, "--handle", "ada")
            (invite,) = ada.ok("invite", "--uses", "1", "--days", "2", "--json").objects
            bob.ok("register", "--server", bob.address, "--token", invite["invite"], "--handle", "bob")
            done = bob.refused(1, "invite")
            assert "administrator" in done.err, done.err
            with Person(server, "eve", register=False) as eve:
                words = ("--server", eve.address, "--token", invite["invite"], "--handle", "eve", "--json")
                done = eve.refused(1, "register", *words)
                equal(done.problem["error"], "invite_invalid", "the code")


def asks_which_of_several_accounts(server):
    with people(server, "ada", "bob") as (ada, bob):
        ada.ok("login", bob.handle, "--server", ada.address)
        done = ada.refused(2, "conversations")
        assert "--account" in done.err and bob.handle in done.err, done.err
        (status,) = ada.ok("--account", bob.handle, "status", "--json").objects
        equal(status["handle"], bob.handle, "the chosen one")


def says_when_the_server_is_out_of_reach(server):
    with Person(server, "x", register=False) as one:
        done = one.refused(7, "register", "--server", "http://127.0.0.1:1", "--handle", "ada")
        assert "connection refused" in done.err, done.err
        done = one.refused(2, "register", "--server", "http://a/b", "--handle", "ada")
        assert "https://chat.example.org" in done.err, done.err


def takes_the_password_from_a_file_and_from_standard_input(server):
    with Person(server, fresh("ada"), register=False) as ada:
        file = ada.home / "password"
        file.write_text(PASSWORD + "\n")
        register = ("register", "--server", ada.address, "--handle", ada.handle, "--password-file")
        ada.ok(*register, file, password="")
        with Person(server, ada.handle, register=False) as two:
            login = ("login", ada.handle, "--server", two.address, "--password-file")
            two.refused(2, *login, "/nowhere", password="")
            two.ok(*login, "-", given=PASSWORD + "\n", password="")


CASES = [
    registers_and_says_who_one_is,
    signs_in_on_a_second_device,
    refuses_a_wrong_password,
    says_what_is_wrong_with_a_handle,
    signs_a_device_out_from_elsewhere,
    signs_out_and_leaves_nothing,
    keeps_everything_when_a_thief_used_its_token,
    changes_the_profile,
    a_handle_that_was_given_up_leads_to_nobody_else,
    invites,
    asks_which_of_several_accounts,
    says_when_the_server_is_out_of_reach,
    takes_the_password_from_a_file_and_from_standard_input,
]
