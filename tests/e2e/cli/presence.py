"""Who is typing: what others see meanwhile, in several windows of one account, too."""
from contextlib import ExitStack

from person import people
from proof import waiting
from proof.cases import equal


def whoever_looks_sees_who_is_typing(server):
    with people(server, "ada", "bob") as (ada, bob), ExitStack() as stack:
        ada.ok("new", "Team", f"@{bob.handle}", "-m", "welcome")
        bob.ok("sync")
        tail, aside = bob.tail("Team", "--typing"), bob.tail("Team")
        for one in (tail, aside):
            stack.callback(one.end)
            one.until(lambda one: "welcome" in str(one.objects), "the message")
        waiting.until(lambda: bob.status()["connection"] == "online", "bob is online")
        typing = ada.start("typing", "Team", "--seconds", "60", "--recording")
        stack.callback(typing.end)
        tail.until(lambda one: one.objects[-1].get("typing") == [ada.handle], "ada records")
        # Another window that looks elsewhere, or at nothing, takes nothing from this one.
        other = bob.start("tail", "--typing")
        other.until(lambda one: any(" is recording in Team" in line for line in one.lines), "seen there, too")
        other.end()
        equal(typing.end(), 0, "exit code of what was ended")
        tail.until(lambda one: one.objects[-1].get("typing") == [], "ada has stopped")
        assert not any("typing" in one for one in aside.objects), aside.objects


def a_message_ends_it(server):
    with people(server, "ada", "bob") as (ada, bob), ExitStack() as stack:
        ada.ok("send", f"@{bob.handle}", "hello")
        bob.ok("sync")
        tail = bob.tail(f"@{ada.handle}", "--typing")
        stack.callback(tail.end)
        waiting.until(lambda: bob.status()["connection"] == "online", "bob is online")
        typing = ada.start("typing", f"@{bob.handle}", "--seconds", "60")
        stack.callback(typing.end)
        tail.until(lambda one: one.objects[-1].get("typing") == [ada.handle], "ada types")
        ada.ok("send", f"@{bob.handle}", "here it is")
        tail.until(lambda one: "here it is" in str(one.objects), "the message")


def typing_needs_the_server(server):
    with people(server, "ada", "bob") as (ada, bob):
        ada.refused(2, "typing", f"@{bob.handle}", "--seconds", "0")
        ada.refused(4, "typing", f"@{bob.handle}")
        ada.refused(2, "--offline", "typing", f"@{bob.handle}")


CASES = [whoever_looks_sees_who_is_typing, a_message_ends_it, typing_needs_the_server]
