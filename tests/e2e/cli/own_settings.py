"""What people set for themselves: mutes, pins, archives, marks, rules, drafts, the badge."""
import pathlib
import time

from person import Person, people
from proof.cases import equal


def listed(person, *words):
    all = person.ok("conversations", "--json", *words).objects
    return {one.get("title") or one["peer"]: one for one in all}


def badge(person):
    (status,) = person.ok("status", "--json").objects
    return status["badge"]


def what_is_set_is_shown_on_all_ones_devices_and_to_nobody_else(server):
    with people(server, "ada", "bob") as (ada, bob):
        for title in ("Zoo", "Team", "News"):
            ada.ok("new", title, f"@{bob.handle}", "-m", "welcome")
        with Person(server, bob.handle, login=True) as other:
            done = bob.ok("mute", "Team", "--for", "8h")
            assert done.out.startswith("Team is muted until "), done.out
            bob.ok("pin", "Zoo")
            bob.ok("archive", "News")
            bob.ok("notify", "Zoo", "mentions")
            for device in (bob, other):
                seen = listed(device)
                equal(list(seen), ["Zoo", "Team", "News"], "pinned first, archived last")
                assert seen["Team"]["muted"] and seen["Team"]["muted_until"] > 0, seen["Team"]
                assert seen["Zoo"]["pinned"] and seen["News"]["archived"], seen
                equal(seen["Zoo"]["notify"], "mentions", "the rule")
            text = other.ok("conversations").out
            for words in ("(pinned, notify: mentions)", "(muted until ", "(archived)"):
                assert words in text, text
            other.ok("mute", "Team", "--off")
            other.ok("archive", "News", "--off")
            other.ok("pin", "Zoo", "--off")
            seen = listed(bob)
            assert not any(seen[one][what] for one in seen for what in ("muted", "archived", "pinned")), seen
        equal({one["notify"] for one in listed(ada).values()}, {"all"}, "what ada sees")


def a_mute_lasts_as_long_as_was_said_whatever_this_machines_clock_shows(server):
    (library,) = pathlib.Path("/").glob("usr/lib/*/faketime/libfaketimeMT.so.1")
    with people(server, "ada", "bob") as (ada, bob):
        ada.ok("new", "Team", f"@{bob.handle}", "-m", "welcome")
        bob.also = {"LD_PRELOAD": str(library), "FAKETIME": "-3d", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
        done = bob.ok("mute", "Team", "--for", "8h")
        assert "clock" not in done.err, done.err
        ends = listed(bob)["Team"]["muted_until"] / 1000 - time.time()
        assert 7 * 3600 < ends < 9 * 3600, f"it ends in {ends} seconds"
        bob.also = {}
        done = bob.refused(5, "mute", "Team", "--for", "8h", "--offline")
        assert "by this machine's clock" in done.err, done.err


def the_badge_counts_what_is_neither_muted_nor_archived(server):
    with people(server, "ada", "bob") as (ada, bob):
        for title in ("One", "Two", "Three"):
            ada.ok("new", title, f"@{bob.handle}", "-m", "a")
            ada.ok("send", title, "b", "--mention", f"@{bob.handle}")
        equal(badge(bob), 6, "all")
        assert "Badge: 6" in bob.ok("conversations").out
        bob.ok("mute", "One")
        equal(badge(bob), 4, "one muted")
        bob.ok("archive", "Two")
        equal(badge(bob), 2, "one archived")
        bob.ok("notify", "Three", "mentions")
        equal(badge(bob), 1, "one that names bob")
        bob.ok("notify", "Three", "none")
        equal(badge(bob), 0, "not even counted")
        bob.ok("notify", "Three", "silent")
        bob.ok("read", "Three")
        equal(badge(bob), 0, "read")
        bob.ok("mark-unread", "Three")
        equal(badge(bob), 1, "marked")
        assert listed(bob)["Three"]["marked_unread"]
        bob.ok("read", "Three")
        assert not listed(bob)["Three"]["marked_unread"]
        equal(sum(one["badge"] for one in listed(bob).values()), badge(bob), "the sum")


def a_draft_follows_its_person(server):
    with people(server, "ada", "bob") as (ada, bob):
        ada.ok("send", f"@{bob.handle}", "hello")
        there = f"@{ada.handle}"
        with Person(server, bob.handle, login=True) as other:
            assert "There is no draft" in bob.ok("draft", there).out
            done = bob.ok("draft", there, "a", "secret")
            assert done.out.startswith("Kept as a draft"), done.out
            (shown,) = other.ok("draft", there, "--json").objects
            equal(shown["text"], "a secret", "on the other device")
            assert "draft: a secret" in other.ok("conversations").out
            other.ok("send", there, "something else")
            equal(bob.ok("draft", there).out.strip(), "a secret", "sending leaves it alone")
            other.ok("draft", there, "the later one")
            equal(bob.ok("draft", there, "--json").objects[0]["text"], "the later one", "which wins")
            bob.ok("draft", there, "--clear")
            equal(other.ok("draft", there, "--json").objects[0]["text"], "", "what is left")
            other.ok("sync")
            for person in (bob, other):
                held = b"".join(file.read_bytes() for file in person.folder.rglob("parley.db*"))
                assert b"a secret" not in held and b"the later one" not in held, person.folder
        equal(ada.texts(f"@{bob.handle}"), ["hello", "something else"], "what ada sees")


def offline_it_is_stored_and_goes_out_later(server):
    with people(server, "ada", "bob") as (ada, bob):
        ada.ok("new", "Team", f"@{bob.handle}", "-m", "welcome")
        bob.ok("sync")
        for words in (["pin", "Team"], ["draft", "Team", "one"], ["draft", "Team", "two"]):
            done = bob.refused(5, *words, "--offline")
            assert "parley sync" in done.err, done.err
        seen = listed(bob, "--offline")["Team"]
        equal((seen["pinned"], seen["draft"]), (True, "two"), "at once")
        waiting = bob.ok("outbox", "--json", "--offline").objects
        equal([one["type"] for one in waiting], ["preferences.set", "draft.set"], "only the last draft waits")
        assert "draft to Team: two" in bob.ok("outbox", "--offline").out
        bob.ok("sync")
        equal(bob.ok("outbox", "--json").objects, [], "what still waits")
        with Person(server, bob.handle, login=True) as other:
            seen = listed(other)["Team"]
            equal((seen["pinned"], seen["draft"]), (True, "two"), "on another device")


def what_cannot_be_set_is_said_with_what_to_do(server):
    with people(server, "ada", "bob") as (ada, bob):
        ada.ok("new", "Team", f"@{bob.handle}", "-m", "welcome")
        done = bob.refused(2, "mute", "Team", "--for", "soon")
        assert "30s, 30m, 8h, 2d or 1w" in done.err, done.err
        done = bob.refused(2, "mute", "Team", "--until", "2001-01-01")
        assert "past" in done.err and "--off" in done.err, done.err
        bob.refused(2, "mute", "Team", "--for", "8h", "--off")
        bob.refused(2, "notify", "Team", "loudly")
        done = bob.refused(4, "draft", f"@{ada.handle}", "hello")
        assert "first message" in done.err, done.err
        ada.ok("remove", "Team", f"@{bob.handle}")
        bob.ok("sync")
        bob.refused(4, "pin", "Team")
        equal(bob.ok("outbox", "--json").objects, [], "what is left of it")


CASES = [
    what_is_set_is_shown_on_all_ones_devices_and_to_nobody_else,
    a_mute_lasts_as_long_as_was_said_whatever_this_machines_clock_shows,
    the_badge_counts_what_is_neither_muted_nor_archived,
    a_draft_follows_its_person,
    offline_it_is_stored_and_goes_out_later,
    what_cannot_be_set_is_said_with_what_to_do,
]
