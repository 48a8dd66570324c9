"""Invite links of groups, and history that is shared with those who join."""
from person import people
from proof.cases import equal


def made(person, *options):
    (link,) = person.ok("link", *options, "--json").objects
    return link


def texts(person, place):
    return [one["text"] for one in person.history(place)]


def whoever_has_the_code_looks_and_joins(server):
    with people(server, "ada", "bob") as (ada, bob):
        ada.ok("new", "Team", "-m", "before")
        link = made(ada, "Team", "--expires", "7d", "--uses", "2")
        equal((link["role"], link["uses"], link["uses_max"]), ("member", 0, 2), "the link")
        (seen,) = bob.ok("look", link["code"], "--json").objects
        equal((seen["title"], seen["members"], seen["joined"]), ("Team", 1, False), "what bob sees")
        assert "You would be a member there" in bob.ok("look", link["code"]).out
        (joined,) = bob.ok("join", link["code"], "--json").objects
        equal((joined["title"], joined["conversation"]), ("Team", link["conversation"]), "where he is")
        ada.ok("send", "Team", "welcome")
        bob.ok("sync")
        equal(texts(bob, "Team"), ["welcome"], "what bob sees")
        # Once more it is the same group, and no use.
        (again,) = bob.ok("join", link["code"], "--json").objects
        equal(again["conversation"], link["conversation"], "where he is")
        assert "in it already" in bob.ok("look", link["code"]).out
        (listed,) = ada.ok("links", "Team", "--json").objects
        equal((listed["link"], listed["code"], listed["uses"]), (link["link"], link["code"], 1), "the list")
        assert "1 of 2 joined by it" in ada.ok("links", "Team").out
        members = {one["handle"]: one for one in ada.ok("members", "Team", "--json").objects}
        equal(members[bob.handle]["invited_by"], members[ada.handle]["account"], "who invited him")
        assert "by a link of" in ada.ok("members", "Team").out


def links_end_and_say_so(server):
    with people(server, "ada", "bob", "eve") as (ada, bob, eve):
        ada.ok("new", "Team")
        once = made(ada, "Team", "--uses", "1", "--role", "guest")
        bob.ok("join", once["code"])
        equal(bob.ok("permissions", "Team", "--json").objects[0]["role"], "guest", "what bob is")
        done = eve.refused(4, "join", once["code"])
        assert "used as often" in done.err, done.err
        equal(eve.refused(4, "--json", "look", once["code"]).problem["error"], "link.over", "the code")
        other = made(ada, "Team")
        ada.ok("unlink", "Team", other["link"])
        equal(eve.refused(4, "--json", "join", other["code"]).problem["error"], "link.unknown", "the code")
        equal(eve.refused(4, "--json", "join", "nothing").problem["error"], "link.unknown", "the code")
        equal(len(ada.ok("links", "Team", "--json").objects), 1, "links that are left")
        # Who may not invite makes none, and sees none.
        for words in (("link", "Team"), ("links", "Team"), ("unlink", "Team", once["link"])):
            equal(bob.refused(1, "--json", *words).problem["error"], "not_allowed", f"{words}")
        ada.ok("permissions", "Team", "invite=guest")
        bob.ok("sync")
        equal(made(bob, "Team")["role"], "guest", "what a guest's link gives")
        done = bob.refused(1, "link", "Team", "--role", "member")
        assert "no role above yours" in done.err, done.err
        for wrong in (("--role", "owner"), ("--expires", "soon"), ("--uses", "0")):
            ada.refused(2, "link", "Team", *wrong)
        done = ada.refused(1, "link", f"@{bob.handle}")
        assert "groups" in done.err, done.err


def who_was_removed_stays_out(server):
    with people(server, "ada", "bob") as (ada, bob):
        ada.ok("new", "Team", f"@{bob.handle}")
        link = made(ada, "Team")
        ada.ok("remove", "Team", f"@{bob.handle}")
        done = bob.refused(1, "join", link["code"])
        assert "You were removed from this group" in done.err, done.err
        ada.ok("add", "Team", f"@{bob.handle}")
        bob.ok("sync")
        bob.ok("leave", "Team")
        bob.ok("join", link["code"])


def joining_waits_for_the_server(server):
    with people(server, "ada", "bob") as (ada, bob):
        ada.ok("new", "Team")
        link = made(ada, "Team")
        bob.refused(5, "--offline", "join", link["code"])
        assert "joining" in bob.ok("--offline", "outbox").out
        ada.refused(2, "--offline", "link", "Team")
        bob.refused(2, "--offline", "look", link["code"])
        bob.ok("sync")
        (team,) = bob.conversations()
        equal(team["title"], "Team", "where bob is")


def shared_history_reaches_forward(server):
    with people(server, "ada", "bob", "eve") as (ada, bob, eve):
        ada.ok("new", "Team", "-m", "hidden")
        assert "hidden from those who join" in ada.ok("permissions", "Team").out
        done = ada.ok("share-history", "Team")
        assert "stays with those who were there" in done.out, done.out
        ada.ok("send", "Team", "shared")
        link = made(ada, "Team")
        equal(bob.ok("look", link["code"], "--json").objects[0]["shares_history"], True, "what bob sees")
        assert "since it shares its history" in bob.ok("look", link["code"]).out
        bob.ok("join", link["code"])
        equal(texts(bob, "Team"), ["shared"], "what bob sees")
        (team,) = bob.conversations()
        equal(team["unread"], 0, "what waits for him")
        assert "shared with those who join" in bob.ok("permissions", "Team").out
        done = bob.refused(1, "share-history", "Team", "--off")
        assert "it takes an owner" in done.err, done.err
        ada.ok("share-history", "Team", "--off")
        ada.ok("send", "Team", "later")
        eve.ok("join", link["code"])
        equal(texts(eve, "Team"), [], "what eve sees")
        equal(texts(bob, "Team"), ["shared", "later"], "what bob sees")
        assert "share-history" in ada.ok("share-history", "--help").out


def a_group_can_be_open_from_the_beginning(server):
    with people(server, "ada", "bob") as (ada, bob):
        ada.ok("new", "Open", "--share-history", "-m", "first")
        done = ada.ok("add", "Open", f"@{bob.handle}")
        assert "since the group shares its history" in done.out, done.out
        bob.ok("sync")
        equal(texts(bob, "Open"), ["first"], "what bob sees")


CASES = [
    whoever_has_the_code_looks_and_joins,
    links_end_and_say_so,
    who_was_removed_stays_out,
    joining_waits_for_the_server,
    shared_history_reaches_forward,
    a_group_can_be_open_from_the_beginning,
]
