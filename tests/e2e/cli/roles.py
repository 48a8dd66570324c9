"""Roles, permissions and the ownership of groups."""
from person import people
from proof.cases import equal


def roles_in(person, group):
    members = person.ok("members", group, "--json").objects
    return {one["handle"]: one["role"] for one in members if one["present"]}


def roles_are_given_and_shown(server):
    with people(server, "ada", "bob", "eve") as (ada, bob, eve):
        ada.ok("new", "Team", f"@{bob.handle}", f"@{eve.handle}")
        done = ada.ok("role", "Team", f"@{bob.handle}", "admin")
        assert f"@{bob.handle} is an admin of Team now." in done.out, done.out
        bob.ok("role", "Team", f"@{eve.handle}", "guest")
        equal(
            roles_in(eve, "Team"),
            {ada.handle: "owner", bob.handle: "admin", eve.handle: "guest"},
            "what eve sees",
        )
        assert "admin" in eve.ok("members", "Team").out
        # Not above, and not those who stand there.
        done = bob.refused(1, "role", "Team", f"@{eve.handle}", "owner")
        assert "below your own" in done.err, done.err
        done = bob.refused(1, "role", "Team", f"@{ada.handle}", "guest")
        assert "it takes an owner" in done.err, done.err
        done = bob.refused(1, "remove", "Team", f"@{ada.handle}")
        assert "it takes an owner" in done.err, done.err
        done = eve.refused(1, "--json", "rename", "Team", "Mine")
        equal(done.problem["error"], "not_allowed", "the code")
        equal(roles_in(ada, "Team")[ada.handle], "owner", "ada's role")
        done = ada.refused(2, "role", "Team", f"@{bob.handle}", "boss")
        assert "no role" in done.err, done.err
        done = ada.refused(2, "role", f"@{bob.handle}", f"@{bob.handle}", "admin")
        assert "for groups" in done.err, done.err


def the_last_owner_transfers_the_group(server):
    with people(server, "ada", "bob", "eve") as (ada, bob, eve):
        ada.ok("new", "Team", f"@{bob.handle}")
        done = ada.refused(1, "role", "Team", f"@{ada.handle}", "member")
        assert "parley transfer" in done.err, done.err
        done = ada.refused(4, "transfer", "Team", f"@{eve.handle}")
        assert f"parley add Team @{eve.handle}" in done.err, done.err
        done = ada.ok("transfer", "Team", f"@{bob.handle}")
        assert "owner of Team now" in done.out, done.out
        equal(roles_in(bob, "Team"), {ada.handle: "admin", bob.handle: "owner"}, "after the transfer")
        # One gives up what one has oneself.
        ada.ok("role", "Team", f"@{ada.handle}", "member")
        done = ada.refused(1, "transfer", "Team", f"@{ada.handle}")
        assert "it takes an owner" in done.err, done.err


def permissions_are_shown_and_set(server):
    with people(server, "ada", "bob") as (ada, bob):
        ada.ok("new", "Team", f"@{bob.handle}")
        (shown,) = bob.ok("permissions", "Team", "--json").objects
        stream = shown.pop("conversation")
        equal(
            shown,
            {
                "post": "guest",
                "add": "admin",
                "remove": "admin",
                "rename": "admin",
                "delete_others": "moderator",
                "pin": "moderator",
                "mention_all": "member",
                "invite": "admin",
                "role": "member",
            },
            "by default",
        )
        done = bob.refused(1, "permissions", "Team", "rename=member")
        assert "it takes an owner" in done.err, done.err
        done = ada.ok("permissions", "Team", "rename=member", "post=admin")
        assert "admins and above" in done.out, done.out
        bob.ok("rename", "Team", "Crew")
        done = bob.refused(1, "send", "Crew", "may I?")
        assert "it takes the role admin" in done.err, done.err
        (shown,) = bob.ok("permissions", "Crew", "--json").objects
        equal((shown["conversation"], shown["post"], shown["rename"]), (stream, "admin", "member"), "as set")
        out = bob.ok("permissions", "Crew").out
        assert "You are a member there." in out and "everybody" not in out, out
        for wrong in ("post", "post=", "post=boss", "sing=guest"):
            bob.refused(2, "permissions", "Crew", wrong)


def what_waited_while_the_right_was_taken_is_refused_and_says_so(server):
    with people(server, "ada", "bob") as (ada, bob):
        ada.ok("new", "Team", f"@{bob.handle}")
        ada.ok("role", "Team", f"@{bob.handle}", "admin")
        bob.ok("sync")
        bob.refused(5, "--offline", "rename", "Team", "Bob's")
        bob.refused(5, "--offline", "permissions", "Team", "post=owner")
        bob.refused(5, "--offline", "role", "Team", f"@{ada.handle}", "guest")
        ada.ok("role", "Team", f"@{bob.handle}", "member")
        done = bob.ok("sync")
        assert "refused" in done.err, done.err
        failed = bob.ok("outbox", "--json").objects
        equal([one["error"] for one in failed], ["not_allowed"] * 3, "what became of them")
        out = bob.ok("outbox").out
        assert "it takes the role admin" in out and "role of a member" in out, out
        (team,) = ada.conversations()
        equal(team["title"], "Team", "the title")
        # And what waits while it is given is done.
        bob.ok("outbox", "--discard", "all")
        bob.refused(5, "--offline", "rename", "Team", "Bob's")
        ada.ok("role", "Team", f"@{bob.handle}", "admin")
        bob.ok("sync")
        (team,) = ada.conversations()
        equal(team["title"], "Bob's", "the title")


def slow_mode_makes_members_wait(server):
    with people(server, "ada", "bob") as (ada, bob):
        ada.ok("new", "Team", f"@{bob.handle}")
        assert "slow mode      off" in ada.ok("permissions", "Team").out
        assert "in 10 minutes" in ada.ok("slow-mode", "Team", "10m").out
        assert "one message in 10 minutes" in bob.ok("slow-mode", "Team").out
        done = bob.refused(1, "slow-mode", "Team", "--off")
        assert "it takes the role admin" in done.err, done.err
        (first,) = bob.ok("send", "Team", "first", "--json").objects
        # Nobody sits and waits that long: it is kept, and it is said when its turn comes.
        done = bob.refused(5, "send", "Team", "second")
        assert "in slow mode: your next message is taken in 10 minutes" in done.out, done.out
        (shown,) = bob.ok("slow-mode", "Team", "--json").objects
        equal(shown["slow_ms"], 600_000, "the interval")
        assert 0 < shown["wait_ms"] <= 600_000, shown
        # What is no message does not wait behind it, and moderators wait for nothing.
        bob.ok("edit", "Team", first["id"], "the first")
        ada.ok("send", "Team", "hers")
        ada.ok("send", "Team", "hers, too")
        equal(ada.texts("Team"), ["the first", "hers", "hers, too"], "what stands there")
        ada.ok("slow-mode", "Team", "--off")
        bob.ok("sync")
        equal(ada.texts("Team")[-1], "second", "what came when it was over")
        # Whoever is ready to wait for a moment waits.
        ada.ok("slow-mode", "Team", "2s")
        bob.ok("send", "Team", "third")
        bob.ok("send", "Team", "fourth")
        equal(ada.texts("Team")[-2:], ["third", "fourth"], "what came in its turn")
        for wrong in ("2d", "soon", "0s"):
            ada.refused(2, "slow-mode", "Team", wrong)
        ada.refused(2, "slow-mode", f"@{bob.handle}", "30s")
        assert "Admins and owners" in ada.ok("slow-mode", "--help").out


def help_says_what_roles_are(server):
    with people(server, "ada") as (ada,):
        assert "moderator  deletes" in ada.ok("role", "--help").out
        assert "delete_others=moderator" in ada.ok("permissions", "--help").out


CASES = [
    roles_are_given_and_shown,
    the_last_owner_transfers_the_group,
    permissions_are_shown_and_set,
    what_waited_while_the_right_was_taken_is_refused_and_says_so,
    slow_mode_makes_members_wait,
    help_says_what_roles_are,
]
