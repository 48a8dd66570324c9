"""What commands say to somebody who does not know them yet."""
from contextlib import ExitStack

from person import Person, fresh, people
from proof import waiting
from proof.cases import equal


def input_without_a_message_is_not_taken_for_sent(server):
    with people(server, "ada", "bob") as (ada, bob):
        for given in ("", "\n\n"):
            done = ada.refused(2, "send", f"@{bob.handle}", given=given)
            assert "Nothing was sent" in done.err, done.err
        done = ada.refused(2, "send", f"@{bob.handle}", "--json", given="")
        equal((done.objects, done.problem["error"]), ([], "usage"), "for programs")


def what_waits_goes_out_with_any_command_that_reaches_the_server(server):
    with people(server, "ada", "bob", "eve") as (ada, bob, eve):
        ada.ok("send", f"@{bob.handle}", "first")
        expected = ["first"]
        for words in (
            ("conversations",),
            ("status",),
            ("devices",),
            ("history", f"@{bob.handle}"),
            ("profile", f"@{eve.handle}"),
            ("send", f"@{eve.handle}", "to somebody else"),
        ):
            ada.refused(5, "--offline", "send", f"@{bob.handle}", words[0])
            ada.ok(*words)
            equal(ada.ok("--offline", "outbox", "--json").objects, [], f"what waits after {words[0]}")
            expected.append(words[0])
        equal(bob.texts(f"@{ada.handle}"), expected, "what bob sees")


def what_waited_and_is_refused_is_told(server):
    with people(server, "ada", "bob") as (ada, bob):
        (made,) = bob.ok("new", "Team", f"@{ada.handle}", "--json").objects
        ada.ok("sync")
        ada.refused(5, "--offline", "send", made["conversation"], "too late")
        bob.ok("remove", "Team", f"@{ada.handle}")
        done = ada.ok("conversations")
        assert "1 was refused" in done.err and "parley outbox" in done.err, done.err


def what_is_refused_again_is_told_and_can_be_forgotten(server):
    with people(server, "ada") as (ada,):
        nothing = "01941f38-0000-7000-8000-000000000000"
        ada.refused(4, "send", f"@{ada.handle}", "--reply-to", nothing, "to nothing")
        done = ada.ok("status")
        assert "outbox --discard all" in done.out, done.out
        done = ada.refused(1, "outbox", "--retry", "all")
        assert "1 put back" in done.out and "Everything is sent" not in done.out, done.out
        assert "1 of 1 refused again" in done.err and "--discard all" in done.err, done.err
        done = ada.refused(1, "outbox", "--retry", "all", "--json")
        keys = [sorted(one) for one in done.objects]
        equal(keys, [["id", "retried"], ["failed", "online", "waiting"]], "the lines")
        done = ada.ok("sync")
        assert "Everything else is sent" in done.out and "--discard all" in done.err, done.out + done.err
        ada.ok("outbox", "--discard", "all")
        assert "Everything is sent" in ada.ok("sync").out


def who_is_added_twice_is_said_to_be_there_already(server):
    with people(server, "ada", "bob", "eve") as (ada, bob, eve):
        ada.ok("new", "Team", f"@{bob.handle}")
        done = ada.ok("add", "Team", f"@{bob.handle}", f"@{ada.handle}")
        equal(done.out, f"Already in Team: @{bob.handle}, @{ada.handle}.\n", "nobody is new")
        done = ada.ok("add", "Team", eve.handle, f"@{bob.handle}")
        said = f"Team has them now: @{eve.handle}. They see what is said from now on."
        equal(done.out, f"{said} Already in Team: @{bob.handle}.\n", "one is new")
        ada.ok("remove", "Team", f"@{eve.handle}")
        assert "has them now" in ada.ok("add", "Team", f"@{eve.handle}").out, "and once more"


def several_accounts_are_spoken_of_by_their_names(server):
    with people(server, "ada", "bob") as (ada, bob):
        done = ada.ok("login", f"@{bob.handle}", "--server", ada.address)
        hint = f"parley --account {bob.handle} send @HANDLE"
        assert hint in done.out and f"parley --account {bob.handle} tail" in done.out, done.out
        done = ada.refused(2, "send", f"@{bob.handle}", "from whom?")
        assert "parley --account " in done.err, done.err
        ada.ok("--account", f"@{bob.handle}", "status")
        ada.refused(3, "--account", "nobody", "status")
        with Person(server, fresh("eve"), register=False) as eve:
            done = eve.ok("register", "--server", eve.address, "--handle", eve.handle)
            assert "somebody: parley send @HANDLE" in done.out, done.out


def a_handle_may_be_written_with_its_sign_and_only_in_lower_case(server):
    with Person(server, fresh("ada"), register=False) as ada:
        done = ada.refused(2, "register", "--server", ada.address, ada.handle.capitalize())
        assert f"lower case: {ada.handle}" in done.err, done.err
        ada.ok("register", "--server", ada.address, f"@{ada.handle}")
        with Person(server, ada.handle, register=False) as phone:
            done = phone.refused(2, "login", ada.handle.upper(), "--server", ada.address)
            assert f"lower case: {ada.handle}" in done.err, done.err
            phone.ok("login", f"@{ada.handle}", "--server", ada.address)
        new = fresh("lovelace")
        ada.ok("profile", "--handle", f"@{new}")
        equal(ada.status()["handle"], new, "the new handle")


def groups_of_one_title_are_told_apart(server):
    with people(server, "ada", "bob") as (ada, bob):
        done = ada.ok("new", "The Team", f"@{bob.handle}")
        equal(done.err, "", "about the first")
        done = ada.ok("new", "The Team", f"@{bob.handle}")
        assert "another group of this title" in done.err, done.err
        ada.ok("new", "Crew")
        ids = {one["title"]: [] for one in ada.conversations()}
        for one in ada.conversations():
            ids[one["title"]].append(one["conversation"])
        listed = {line.rstrip() for line in ada.ok("conversations").out.splitlines()}
        equal(listed, {"Crew", *(f"The Team  {one}" for one in ids["The Team"])}, "the list")
        ada.ok("rename", ids["The Team"][0], "The old Team")
        listed = {line.rstrip() for line in ada.ok("conversations").out.splitlines()}
        equal(listed, {"Crew", "The Team", "The old Team"}, "the list once they differ")


def who_may_not_invite_is_told_who_may(server):
    with Person(server, fresh("bob")) as bob:
        done = bob.refused(1, "invite", "--json")
        equal(done.problem["error"], "not_allowed", "the code")
        assert "administrators of this server make invites" in done.problem["message"], done.err


def tail_tells_who_comes_and_goes(server):
    with people(server, "ada", "bob", "eve") as (ada, bob, eve):
        ada.ok("new", "Team", f"@{bob.handle}")
        bob.ok("sync")
        with ExitStack() as stack:
            tail = bob.start("tail")
            stack.callback(tail.end)
            waiting.until(lambda: bob.listens(tail.process), "tail listens")
            waiting.until(lambda: bob.status()["connection"] == "online", "bob is online")

            def tells(line):
                tail.until(lambda one: line in one.lines, f"{line}: {tail.lines}")

            ada.ok("add", "Team", f"@{eve.handle}")
            tells(f"* @{eve.handle} is in Team now.")
            ada.ok("remove", "Team", f"@{eve.handle}")
            tells(f"* @{eve.handle} is out of Team.")
            ada.ok("rename", "Team", "Crew")
            tells("* Team is called Crew now.")
            ada.ok("remove", "Crew", f"@{bob.handle}")
            tells("* You are out of Crew.")
            ada.ok("add", "Crew", f"@{bob.handle}")
            tells("* You are in Crew again.")
            ada.ok("new", "Third", f"@{bob.handle}")
            tells("* You are in the group Third now.")
            equal(sum(line.startswith("* ") for line in tail.lines), 6, f"each once: {tail.lines}")


def devices_of_one_name_are_told_apart(server):
    with Person(server, fresh("ada")) as one, Person(server, one.handle, login=True) as two:
        name = one.ok("devices", "--json").objects[0]["name"]
        done = one.refused(4, "devices", "--revoke", name)
        ids = [device["device"] for device in one.ok("devices", "--json").objects]
        equal(len(ids), 2, "devices")
        assert all(device in done.err for device in ids) and "(this one)" in done.err, done.err
        done = one.ok("devices", "--revoke", two.status()["device"])
        assert "is erased when it connects next" in done.out, done.out


def ones_own_profile_is_shown_without_the_server(server):
    with Person(server, fresh("ada"), name="Ada Lovelace") as ada, Person(server, fresh("bob")) as bob:
        done = ada.refused(2, "--offline", "profile")
        assert "leave out --offline" in done.err, done.err
        ada.ok("new", "Team", f"@{bob.handle}")
        ada.ok("sync")
        (profile,) = ada.ok("--offline", "profile", "--json").objects
        equal((profile["handle"], profile["name"]), (ada.handle, "Ada Lovelace"), "what it knows")


def signing_in_needs_the_server(server):
    """--offline is obeyed: nothing is asked of the server, and nothing is left behind."""
    with Person(server, fresh("ada")) as ada, Person(server, fresh("bob"), register=False) as bob:
        for words in (("register", "--handle", bob.handle), ("login", ada.handle)):
            done = bob.refused(2, "--offline", *words, "--server", bob.address)
            assert "leave out --offline" in done.err, done.err
        equal([one for one in bob.home.iterdir() if one.is_dir()], [], "folders of accounts")
        equal(len(ada.ok("devices", "--json").objects), 1, "devices of ada")
        bob.ok("register", "--handle", bob.handle, "--server", bob.address)


def a_message_that_says_nothing_is_refused_everywhere(server):
    with people(server, "ada", "bob") as (ada, bob):
        there = f"@{bob.handle}"
        ada.ok("send", there, "hello")
        for words in (
            ("send", there, "   "),
            ("edit", there, "last", " "),
            ("new", "Blank", there, "-m", "   "),
            ("new", "--direct", there, "-m", ""),
            ("draft", there, ""),
        ):
            done = ada.refused(2, *words)
            assert "empty" in done.err and "Nothing was" in done.err, done.err
        equal([one.get("title") for one in ada.conversations()], [None], "conversations")
        equal(ada.texts(there), ["hello"], "what was said")


def options_that_do_not_go_together_are_named(server):
    with Person(server, fresh("ada")) as ada:
        done = ada.refused(2, "profile", "@somebody", "--name", "X")
        assert "PERSON and --name do not go together" in done.err, done.err


CASES = [
    signing_in_needs_the_server,
    a_message_that_says_nothing_is_refused_everywhere,
    options_that_do_not_go_together_are_named,
    input_without_a_message_is_not_taken_for_sent,
    what_waits_goes_out_with_any_command_that_reaches_the_server,
    what_waited_and_is_refused_is_told,
    what_is_refused_again_is_told_and_can_be_forgotten,
    who_is_added_twice_is_said_to_be_there_already,
    several_accounts_are_spoken_of_by_their_names,
    a_handle_may_be_written_with_its_sign_and_only_in_lower_case,
    groups_of_one_title_are_told_apart,
    who_may_not_invite_is_told_who_may,
    tail_tells_who_comes_and_goes,
    devices_of_one_name_are_told_apart,
    ones_own_profile_is_shown_without_the_server,
]
