"""Editing and deleting messages: what everybody sees, live, later and offline."""
from person import PASSWORD, Person, people
from proof.cases import equal
from proof.rest import Rest


def an_edit_is_seen_everywhere_and_its_history_can_be_read(server):
    with people(server, "ada", "bob") as (ada, bob):
        ada.ok("send", f"@{bob.handle}", "helo")
        tail = bob.tail(f"@{ada.handle}")
        tail.until(lambda one: one.texts() == ["helo"], "the message")
        done = ada.ok("edit", f"@{bob.handle}", "last", "hello", "bob")
        assert done.out.startswith("Edited."), done.out
        tail.until(lambda one: one.texts() == ["helo", "hello bob"], "the edit, live")
        first, second = tail.objects
        equal((second["id"], second["born"]), (first["id"], first["born"]), "the same message")
        assert "edited_at" in second and "edited_at" not in first, tail.objects
        equal(tail.end(), 0, "exit code")
        ada.ok("edit", f"@{bob.handle}", first["id"], "hello, bob")
        equal(bob.texts(f"@{ada.handle}"), ["hello, bob"], "what bob sees")
        earlier = bob.ok("history", f"@{ada.handle}", "--edits", first["id"], "--json").objects
        equal([one["text"] for one in earlier], ["helo", "hello bob"], "what it said before")
        assert "(edited)" in bob.ok("history", f"@{ada.handle}").out
        done = bob.refused(1, "edit", f"@{ada.handle}", first["id"], "mine now")
        assert "only he can edit it" in done.err, done.err


def what_is_deleted_is_gone_for_everybody(server):
    with people(server, "ada", "bob", "eve") as (ada, bob, eve):
        ada.ok("new", "Team", f"@{bob.handle}", f"@{eve.handle}", "-m", "welcome")
        bob.ok("send", "Team", "a secret")
        equal(eve.texts("Team"), ["welcome", "a secret"], "what eve sees")
        tail = eve.tail("Team")
        tail.until(lambda one: len(one.objects) == 2, "both")
        secret = eve.history("Team")[1]["id"]
        done = eve.refused(1, "delete", "Team", secret)
        assert "moderator" in done.err, done.err
        bob.ok("send", "Team", "and another")
        done = bob.ok("delete", "Team", secret)
        assert done.out.startswith("Deleted for everyone"), done.out
        tail.until(lambda one: any(o.get("deleted") for o in one.objects), "the deletion, live")
        equal(tail.end(), 0, "exit code")
        # An owner deletes what others have said.
        other = ada.history("Team")[2]["id"]
        ada.ok("delete", "Team", other)
        for person in (ada, bob, eve):
            equal(person.texts("Team"), ["welcome", "", ""], f"what {person.handle} sees")
            (team,) = person.conversations()
            equal(team["last"].get("deleted"), True, "what is listed")
            assert b"a secret" not in b"".join(
                file.read_bytes() for file in person.folder.rglob("parley.db*")
            ), person.handle
        assert "(deleted)" in eve.ok("history", "Team").out
        bob.refused(4, "edit", "Team", secret, "again")
        assert "deleted" in bob.ok("history", "Team", "--edits", secret).out


def an_id_names_ones_own_message_before_anybody_elses(server):
    with people(server, "ada", "eve") as (ada, eve):
        ada.ok("send", f"@{eve.handle}", "mine")
        (mine,) = ada.history(f"@{eve.handle}")
        rest = Rest(server.port)
        words = {"handle": eve.handle, "password": PASSWORD, "device_name": "other"}
        bearer = rest.ok("POST", "/v1/sessions", words)["access_token"]
        (direct,) = ada.conversations()
        path = f"/v1/conversations/{direct['conversation']}/messages"
        headers = {"Idempotency-Key": mine["id"]}
        rest.ok("POST", path, {"text": "hers"}, bearer=bearer, headers=headers)
        equal([one["id"] for one in ada.history(f"@{eve.handle}")], [mine["id"]] * 2, "ids")
        ada.ok("edit", f"@{eve.handle}", mine["id"], "mine, still")
        equal(ada.texts(f"@{eve.handle}"), ["mine, still", "hers"], "what was edited")


def the_last_is_the_last_wherever_it_was_said(server):
    with people(server, "ada", "bob") as (ada, bob):
        ada.ok("send", f"@{bob.handle}", "on this one")
        with Person(server, ada.handle, login=True) as other:
            other.ok("send", f"@{bob.handle}", "on that one")
            ada.ok("edit", f"@{bob.handle}", "last", "on the other one")
            equal(bob.texts(f"@{ada.handle}"), ["on this one", "on the other one"], "what bob sees")
        # By its id also what this device has never shown.
        bob.ok("send", f"@{ada.handle}", "mine")
        mine = bob.history(f"@{ada.handle}")[-1]["id"]
        done = ada.refused(1, "delete", f"@{bob.handle}", mine)
        assert "only he can delete it" in done.err, done.err
        done = ada.refused(4, "edit", f"@{bob.handle}", "01941f39-01fb-769b-88a7-311edd03302a", "what?")
        assert "parley history --json" in done.err, done.err


def what_was_said_offline_can_be_changed_there(server):
    with people(server, "ada", "bob") as (ada, bob):
        ada.ok("send", f"@{bob.handle}", "before")
        ada.run("send", f"@{bob.handle}", "helo", "--offline")
        done = ada.refused(5, "edit", f"@{bob.handle}", "last", "hello", "--offline")
        ada.run("send", f"@{bob.handle}", "nonsense", "--offline")
        ada.run("edit", f"@{bob.handle}", "last", "more nonsense", "--offline")
        done_with = ada.ok("delete", f"@{bob.handle}", "last", "--offline")
        assert "nobody will see it" in done_with.out, done_with.out
        shown = ada.ok("history", f"@{bob.handle}", "--json", "--offline").objects
        equal([one["text"] for one in shown], ["before", "hello"], "what ada sees")
        equal([one["state"] for one in shown], ["sent", "sending"], "what waits")
        assert done.err, done
        ada.ok("sync")
        equal(bob.texts(f"@{ada.handle}"), ["before", "hello"], "what bob sees")
        equal([one.get("edited_at") for one in bob.history(f"@{ada.handle}")], [None, None], "what was sent")
        equal(ada.ok("outbox", "--json").objects, [], "what still waits")


def reactions_are_seen_by_everybody_and_taken_back(server):
    with people(server, "ada", "bob", "eve") as (ada, bob, eve):
        ada.ok("new", "Team", f"@{bob.handle}", f"@{eve.handle}", "-m", "welcome")
        tail = eve.tail("Team")
        tail.until(lambda one: one.texts() == ["welcome"], "the message")
        bob.ok("react", "Team", "last", "\U0001f44d")
        tail.until(lambda one: one.objects[-1].get("reactions") == {"\U0001f44d": 1}, "the reaction, live")
        equal(tail.end(), 0, "exit code")
        ada.ok("react", "Team", "last", "\U0001f44d")
        ada.ok("react", "Team", "last", "\u2764\ufe0f")
        (shown,) = ada.history("Team")
        equal(shown["reactions"], {"\U0001f44d": 2, "\u2764\ufe0f": 1}, "what ada sees")
        equal(shown["own_reactions"], ["\U0001f44d", "\u2764\ufe0f"], "which are hers")
        assert "\U0001f44d 2 (you)" in ada.ok("history", "Team").out
        ada.ok("react", "Team", shown["id"], "\U0001f44d", "--remove")
        (shown,) = bob.history("Team")
        equal(shown["reactions"], {"\U0001f44d": 1, "\u2764\ufe0f": 1}, "what bob sees")
        done = bob.refused(2, "react", "Team", "last", "yes")
        assert "one emoji" in done.err, done.err
        bob.refused(5, "react", "Team", "last", "\U0001f389", "--offline")
        (waiting,) = bob.ok("history", "Team", "--json", "--offline").objects
        equal(waiting["own_reactions"], ["\U0001f44d", "\U0001f389"], "what bob sees offline")
        bob.ok("sync")
        ada.ok("delete", "Team", "last")
        (gone,) = eve.history("Team")
        assert gone["deleted"] and "reactions" not in gone, gone


def pins_are_seen_by_everybody_in_their_order(server):
    with people(server, "ada", "bob", "eve") as (ada, bob, eve):
        ada.ok("new", "Team", f"@{bob.handle}", f"@{eve.handle}", "-m", "rules")
        bob.ok("send", "Team", "address")
        (rules, address) = ada.history("Team")
        ada.ok("pin", "Team", "last")
        ada.ok("pin", "Team", rules["id"])
        pinned = eve.ok("pins", "Team", "--json").objects
        equal([one["text"] for one in pinned], ["address", "rules"], "in their order")
        assert "rules" in eve.ok("pins", "Team").out
        done = bob.refused(1, "pin", "Team", "last")
        assert "moderator" in done.err, done.err
        ada.ok("permissions", "Team", "pin=member")
        bob.ok("unpin", "Team", address["id"])
        equal([one["text"] for one in eve.ok("pins", "Team", "--json").objects], ["rules"], "after unpinning")
        bob.ok("pin", "Team", "last")
        bob.refused(5, "unpin", "Team", "last", "--offline")
        offline = bob.ok("pins", "Team", "--json", "--offline").objects
        equal([one["text"] for one in offline], ["rules"], "what bob sees offline")
        bob.ok("sync")
        bob.refused(4, "unpin", "Team", address["id"])
        ada.ok("delete", "Team", rules["id"])
        assert "Nothing is pinned" in eve.ok("pins", "Team").out
        ada.ok("pin", "Team")
        bob.ok("send", f"@{ada.handle}", "for the two of us")
        ada.ok("pin", f"@{bob.handle}", "last")
        equal(len(bob.ok("pins", f"@{ada.handle}", "--json").objects), 1, "pins of the two")


CASES = [
    pins_are_seen_by_everybody_in_their_order,
    reactions_are_seen_by_everybody_and_taken_back,
    an_edit_is_seen_everywhere_and_its_history_can_be_read,
    what_is_deleted_is_gone_for_everybody,
    an_id_names_ones_own_message_before_anybody_elses,
    the_last_is_the_last_wherever_it_was_said,
    what_was_said_offline_can_be_changed_there,
]
