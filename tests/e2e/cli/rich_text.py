"""What is typed as Markdown: what the others see, in terminals and as objects; and whom it names."""
import os
import pty
import subprocess

from person import people
from proof.cases import equal
from proof.server import program


def kinds(message):
    return [(one["kind"], one["offset"], one["length"]) for one in message.get("entities", [])]


def what_is_typed_is_markdown_and_what_is_piped_is_not(server):
    with people(server, "ada", "bob") as (ada, bob):
        to_bob, from_ada = f"@{bob.handle}", f"@{ada.handle}"
        typed = "a **b** `*c*` snake_case 2 * 3"
        ada.ok("send", to_bob, typed)
        ada.ok("send", to_bob, typed, "--plain")
        ada.ok("send", to_bob, given=typed + "\n")
        ada.ok("send", to_bob, "--markdown", given="~~d~~\n\\~~e~~\n")
        ada.ok("send", to_bob, "--markdown", "--whole", given="> f\n```c\ng\n```\n")
        texts = ["a b *c* snake_case 2 * 3", typed, typed, "d", "~~e~~", "f\ng"]
        equal(bob.texts(from_ada), texts, "the texts")
        seen = bob.history(from_ada)
        wanted = [[("bold", 2, 1), ("code", 4, 3)], [], [], [("strike", 0, 1)], []]
        wanted.append([("quote", 0, 1), ("code_block", 2, 1)])
        equal([kinds(one) for one in seen], wanted, "the entities")
        equal(seen[5]["entities"][1]["language"], "c", "the language")
        equal(seen[0]["markdown"], typed.replace("2 * 3", "2 \\* 3"), "as it could be typed again")
        # What is copied from there means the same.
        bob.ok("send", from_ada, seen[0]["markdown"])
        again = ada.history(to_bob)[-1]
        equal((again["text"], again["entities"]), (seen[0]["text"], seen[0]["entities"]), "the same again")
        ada.refused(2, "send", to_bob, "x", "--plain", "--markdown")


def an_edit_is_markdown_too_and_keeps_who_is_named_besides(server):
    with people(server, "ada", "bob", "eve") as (ada, bob, eve):
        ada.ok("new", "Team", f"@{bob.handle}", f"@{eve.handle}", "-m", "*hi*")
        equal(kinds(bob.history("Team")[0]), [("italic", 0, 2)], "the first")
        ada.ok("send", "Team", f"**hello** @{bob.handle}", "--mention", f"@{eve.handle}")
        for person in (bob, eve):
            equal(person.conversations()[0]["mentions"], 1, f"{person.handle} is named")
        ada.ok("edit", "Team", "last", "||psst||")
        message = bob.history("Team")[1]
        equal((message["text"], kinds(message)), ("psst", [("spoiler", 0, 4)]), "the edit")
        equal(len(message["mentions"]), 1, "eve is named still")
        equal((bob.conversations()[0]["mentions"], eve.conversations()[0]["mentions"]), (0, 1), "the counts")
        earlier = bob.ok("history", "Team", "--edits", message["id"], "--json").objects
        equal(kinds(earlier[0]), [("bold", 0, 5), ("mention", 6, len(bob.handle) + 1)], "what it said before")
        ada.ok("edit", "Team", "last", "*as it stands*", "--plain")
        message = bob.history("Team")[1]
        equal((message["text"], kinds(message)), ("*as it stands*", []), "a plain edit")


def everyone_is_named_by_those_who_may(server):
    with people(server, "ada", "bob", "eve") as (ada, bob, eve):
        ada.ok("new", "Team", f"@{bob.handle}", f"@{eve.handle}")
        bob.ok("send", "Team", "@everyone: dinner")
        for person in (ada, eve):
            equal(person.conversations()[0]["mentions"], 1, f"{person.handle} is named")
        message = eve.history("Team")[0]
        equal((kinds(message), message["names_all"]), ([("everyone", 0, 9)], True), "the entity")
        ada.ok("permissions", "Team", "mention_all=admin")
        (settings,) = ada.ok("permissions", "Team", "--json").objects
        equal(settings["mention_all"], "admin", "the setting")
        # Whose device does not know yet is refused; from then on it stays a text, as the name of nobody does.
        done = bob.refused(1, "send", "Team", "@here and @nobody", "--json")
        assert "You may not name everybody" in done.err, done.err
        bob.ok("send", "Team", "@here and @nobody")
        equal(kinds(eve.history("Team")[1]), [], "bob may not")
        equal(eve.conversations()[0]["mentions"], 1, "nobody was named")
        ada.ok("send", "Team", "@here")
        equal(eve.conversations()[0]["mentions"], 2, "ada may")
        bob.ok("edit", "Team", bob.history("Team")[0]["id"], "@everyone: supper")
        equal(kinds(eve.history("Team")[0]), [("everyone", 0, 9)], "what it did before, it may go on doing")


def styles_are_for_terminals_and_spoilers_are_covered(server):
    with people(server, "ada", "bob") as (ada, bob):
        source = "**b** ||hidden|| [here](https://example.org/) \\*"
        ada.ok("send", f"@{bob.handle}", source)
        plain = bob.ok("history", f"@{ada.handle}").out
        assert "b ▒▒▒▒▒▒ here (https://example.org/) *" in plain and "\x1b" not in plain, plain
        assert "hidden" in bob.ok("history", f"@{ada.handle}", "--spoilers").out
        assert "hidden" not in bob.ok("conversations").out
        ada.ok("send", f"@{bob.handle}", "--whole", "--markdown", given="> one\n> two\nthree\n")
        quoted = [line.strip() for line in bob.ok("history", f"@{ada.handle}").out.splitlines()]
        assert quoted[-2:] == ["│ two", "three"] and quoted[-3].endswith("│ one"), quoted
        shown = at_terminal(bob, "history", f"@{ada.handle}")
        assert "\x1b[1mb\x1b[0m" in shown and "\x1b[4mhere\x1b[0m" in shown, shown
        assert "hidden" not in shown, shown


def at_terminal(person, *words):
    """What a terminal gets."""
    ours, theirs = pty.openpty()
    running = subprocess.Popen(
        [str(program("parley")), *words],
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=subprocess.DEVNULL,
        env=person.environment(),
    )
    os.close(theirs)
    out = b""
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:
            break
        if not piece:
            break
        out += piece
    os.close(ours)
    equal(running.wait(30), 0, "exit code")
    return out.decode()


CASES = (
    what_is_typed_is_markdown_and_what_is_piped_is_not,
    an_edit_is_markdown_too_and_keeps_who_is_named_besides,
    everyone_is_named_by_those_who_may,
    styles_are_for_terminals_and_spoilers_are_covered,
)
