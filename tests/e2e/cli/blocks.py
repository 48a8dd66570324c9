"""Blocks: what each of the two sees, and that the blocked one is told nothing."""
from person import Person, people
from proof import waiting
from proof.cases import equal


def blocked(person, *words):
    return person.ok("blocked", "--json", *words).objects


def what_a_blocked_person_writes_never_comes(server):
    with people(server, "ada", "bob") as (ada, bob):
        bob.ok("send", f"@{ada.handle}", "before")
        ada.ok("sync")
        assert "is blocked, and is not told" in ada.ok("block", f"@{bob.handle}").out, "said"
        (one,) = blocked(ada)
        equal(one["handle"], bob.handle, "who is blocked")
        equal(blocked(bob), [], "of whom nobody else is told")
        (sent,) = bob.ok("send", f"@{ada.handle}", "meanwhile", "--json").objects
        assert "error" not in sent, sent
        equal(ada.texts(f"@{bob.handle}"), ["before"], "what she sees")
        refused = ada.refused(1, "send", f"@{bob.handle}", "text")
        assert "parley unblock" in refused.err, refused.err
        ada.ok("outbox", "--discard", "all")
        equal(ada.conversations()[0].get("blocked"), True, "marked in the list")
        with Person(server, ada.handle, login=True) as desk:
            equal(blocked(desk)[0]["account"], one["account"], "on another device")
            equal(desk.texts(f"@{bob.handle}"), ["before"], "and there")
        assert "is not blocked any more" in ada.ok("unblock", f"@{bob.handle}").out, "said"
        equal(blocked(ada), [], "nobody is blocked")
        bob.ok("send", f"@{ada.handle}", "after")
        equal(ada.texts(f"@{bob.handle}"), ["before", "after"], "what she sees after it")
        ada.ok("read", f"@{bob.handle}")

        def states():
            bob.ok("sync")
            return [one["state"] for one in bob.history(f"@{ada.handle}")]

        waiting.until(lambda: states()[-1] == "read", "the last is read")
        equal(states()[1], "sent", "what she never saw stays sent")


def in_groups_messages_of_the_blocked_are_folded(server):
    with people(server, "ada", "bob") as (ada, bob):
        ada.ok("new", "Team", f"@{bob.handle}", "-m", "welcome")
        bob.ok("sync")
        bob.ok("send", "Team", "hello")
        ada.ok("sync")
        equal(ada.conversations()[0]["unread"], 1, "before")
        ada.ok("block", f"@{bob.handle}")
        equal(ada.conversations()[0]["unread"], 0, "while he is blocked")
        equal(ada.history("Team")[-1].get("blocked"), True, "marked")
        shown = ada.ok("history", "Team").out
        assert "hello" not in shown and "somebody you have blocked" in shown, shown
        ada.ok("unblock", f"@{bob.handle}")
        assert "hello" in ada.ok("history", "Team").out


def blocks_work_offline(server):
    with people(server, "ada", "bob") as (ada, bob):
        bob.ok("send", f"@{ada.handle}", "hello")
        ada.ok("sync")
        ada.refused(5, "--offline", "block", f"@{bob.handle}")
        equal(blocked(ada, "--offline")[0].get("changing"), True, "it waits")
        ada.ok("sync")
        equal(blocked(ada, "--offline")[0].get("changing"), None, "it was taken")


def nobody_blocks_himself(server):
    with people(server, "ada") as (ada,):
        ada.refused(1, "block", f"@{ada.handle}")
        ada.refused(4, "block", "@nobody-at-all")
        assert "blocked nobody" in ada.ok("blocked").out, "said"


CASES = [
    what_a_blocked_person_writes_never_comes,
    in_groups_messages_of_the_blocked_are_folded,
    blocks_work_offline,
    nobody_blocks_himself,
]
