"""Messages that are silent, say something to an application, or hand on what another has said."""
import json

from person import Person, people
from proof.cases import equal

POLL = "org.example.poll"
DATA = '{ "question": "8 or 9?", "weights": [1.50, 2e3, 12345678901234567890] }'


def a_silent_message_says_so_and_counts(server):
    with people(server, "ada", "bob") as (ada, bob):
        ada.ok("send", f"@{bob.handle}", "no hurry", "--silent")
        ada.ok("send", f"@{bob.handle}", "hurry")
        silent, loud = bob.history(f"@{ada.handle}")
        equal((silent.get("silent"), loud.get("silent")), (True, None), "the flag")
        equal(bob.conversations()[0]["unread"], 2, "what is unread")
        assert "(silent)" in bob.ok("history", f"@{ada.handle}").out


def custom_data_comes_byte_for_byte(server):
    with people(server, "ada", "bob") as (ada, bob):
        to_bob, from_ada = f"@{bob.handle}", f"@{ada.handle}"
        ada.ok("send", to_bob, "8 or 9?", "--custom", POLL, "--data", DATA)
        file = ada.folder / "data.json"
        file.write_bytes(DATA.encode() + b"\n")
        ada.ok("send", to_bob, "--custom", POLL, "--data", f"@{file}")
        ada.ok("send", to_bob, "--custom", POLL, "--data", "-", given="[1,\n 2]\n")
        seen = bob.history(from_ada)
        equal([one["text"] for one in seen], ["8 or 9?", "", ""], "the fallbacks")
        wanted = [{"kind": POLL, "data": data} for data in (DATA, DATA + "\n", "[1,\n 2]")]
        equal([one["custom"] for one in seen], wanted, "the data")
        shown = bob.ok("history", from_ada).out
        assert f"8 or 9?  [{POLL}]" in shown and DATA not in shown, shown
        assert f"[{POLL}]" in bob.ok("conversations").out
        (listed,) = bob.conversations()
        equal((listed["unread"], listed["last"]["custom"]["kind"]), (3, POLL), "the list")
        ada.ok("edit", to_bob, seen[0]["id"], "--data", "null")
        ada.ok("edit", to_bob, seen[0]["id"], "9 it is")
        edited = bob.history(from_ada)[0]
        equal((edited["text"], edited["custom"]["data"]), ("9 it is", "null"), "after two edits")
        earlier = bob.ok("history", from_ada, "--edits", seen[0]["id"], "--json").objects
        equal([one["custom"]["data"] for one in earlier], [DATA, "null"], "what it said before")


def what_is_no_custom_data_is_not_sent(server):
    with people(server, "ada", "bob") as (ada, bob):
        to_bob = f"@{bob.handle}"
        for kind, data in (("poll", "1"), ("Org.Poll", "1"), (POLL, "{"), (POLL, ""), (POLL, "'a'")):
            ada.refused(2, "send", to_bob, "--custom", kind, "--data", data)
        ada.refused(2, "send", to_bob, "--custom", POLL)
        ada.refused(2, "send", to_bob, "--data", "1")
        ada.refused(1, "send", to_bob, "--custom", POLL, "--data", f"@{ada.folder}/none")
        ada.refused(1, "send", to_bob, "x" * 1001, "--custom", POLL, "--data", "1")
        ada.ok("send", to_bob, "a text")
        done = ada.refused(2, "edit", to_bob, "last", "--data", "1")
        assert "says nothing to an application" in done.err, done.err
        equal(bob.texts(f"@{ada.handle}"), ["a text"], "what bob sees")


def nothing_in_custom_data_reaches_a_terminal(server):
    with people(server, "ada", "bob") as (ada, bob):
        nasty = json.dumps("\x1b[2J\u009b2J\u202e", ensure_ascii=False).replace("\\u001b", "\\u001b")
        ada.ok("send", f"@{bob.handle}", "hi", "--custom", POLL, "--data", nasty)
        out = bob.ok("history", f"@{ada.handle}", "--json").out
        assert not set("\x1b\u009b\u202e") & set(out), ascii(out)
        equal(json.loads(out)["custom"]["data"], nasty, "the data")


def what_was_said_is_handed_on_with_who_said_it(server):
    with people(server, "ada", "bob", "eve") as (ada, bob, eve):
        ada.ok("new", "Den", f"@{bob.handle}")
        bob.ok("new", "Hall", f"@{eve.handle}")
        ada.ok("send", "Den", f"**one**, @{bob.handle}")
        ada.ok("send", "Den", "--custom", POLL, "--data", DATA)
        first, second = bob.history("Den")
        done = bob.ok("forward", "Den", first["id"], second["id"], "--to", "Hall")
        assert "2 messages sent" in done.out, done.out
        seen = eve.history("Hall")
        equal([one["text"] for one in seen], [f"one, @{bob.handle}", ""], "the texts")
        equal([one["sender"] for one in seen], [bob.history("Hall")[0]["sender"]] * 2, "who sent it")
        equal([one["forwarded"]["account"] for one in seen], [first["sender"]] * 2, "who said it")
        equal([one["forwarded"]["at"] for one in seen], [first["at"], second["at"]], "when")
        equal([one["kind"] for one in seen[0]["entities"]], ["bold"], "nobody is mentioned")
        equal(seen[1]["custom"]["data"], DATA, "the data")
        assert ada.history("Den")[0]["conversation"] not in json.dumps(seen), "where it was said"
        assert "⤳ forwarded from" in eve.ok("history", "Hall").out
        # What becomes of it there is nothing to the copy; and nobody puts words into it.
        ada.ok("edit", "Den", first["id"], "two")
        ada.ok("delete", "Den", first["id"])
        equal(eve.texts("Hall")[0], f"one, @{bob.handle}", "after an edit and a deletion")
        done = bob.refused(1, "edit", "Hall", seen[0]["id"], "mine")
        assert "nobody edits another's words" in done.err, done.err
        bob.refused(4, "forward", "Den", first["id"], "--to", "Hall")
        eve.refused(4, "forward", "Den", "last", "--to", "Hall")
        # On from there it names the first still.
        eve.ok("forward", "Hall", seen[0]["id"], "--to", f"@{ada.handle}", "--silent")
        (on,) = ada.history(f"@{eve.handle}")
        equal((on["forwarded"], on["silent"]), (seen[0]["forwarded"], True), "handed on once more")
        bob.ok("delete", "Hall", seen[0]["id"])
        gone = eve.history("Hall")[0]
        equal((gone["text"], gone.get("forwarded"), gone["deleted"]), ("", None, True), "the copy is deleted")


def a_forward_waits_for_the_server_and_for_what_it_forwards(server):
    with people(server, "ada", "bob") as (ada, bob):
        ada.ok("send", f"@{bob.handle}", "before")
        ada.ok("new", "Notes", f"@{bob.handle}")
        ada.run("send", f"@{bob.handle}", "later", "--offline")
        for word in ("last", ada.history(f"@{bob.handle}", "--offline")[0]["id"]):
            ada.refused(5, "forward", f"@{bob.handle}", word, "--to", "Notes", "--offline")
        shown = ada.history("Notes", "--offline")
        equal([one["text"] for one in shown], ["later", "before"], "what ada sees")
        equal([one["state"] for one in shown], ["sending", "sending"], "and that it waits")
        ada.ok("sync")
        equal(sorted(bob.texts("Notes")), ["before", "later"], "what bob sees")
        equal(ada.ok("outbox", "--json").objects, [], "what still waits")


def a_forward_of_what_was_deleted_meanwhile_fails_and_can_be_thrown_away(server):
    with people(server, "ada", "bob") as (ada, bob), Person(server, ada.handle, login=True) as phone:
        ada.ok("send", f"@{bob.handle}", "a secret")
        ada.ok("new", "Notes", f"@{bob.handle}")
        phone.ok("sync")
        ada.refused(5, "forward", f"@{bob.handle}", "last", "--to", "Notes", "--offline")
        phone.ok("delete", f"@{bob.handle}", "last")
        ada.run("sync")
        (failed,) = ada.ok("outbox", "--json").objects
        equal((failed["state"], failed["error"]), ("failed", "message.deleted"), "the forward")
        assert b"a secret" not in b"".join(file.read_bytes() for file in ada.folder.rglob("parley.db*"))
        ada.ok("outbox", "--discard", failed["id"])
        equal((ada.texts("Notes"), bob.texts("Notes")), ([], []), "what is there")


CASES = (
    a_silent_message_says_so_and_counts,
    custom_data_comes_byte_for_byte,
    what_is_no_custom_data_is_not_sent,
    nothing_in_custom_data_reaches_a_terminal,
    what_was_said_is_handed_on_with_who_said_it,
    a_forward_waits_for_the_server_and_for_what_it_forwards,
    a_forward_of_what_was_deleted_meanwhile_fails_and_can_be_thrown_away,
)
