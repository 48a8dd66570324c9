"""What the README shows is typed as it stands there."""
import json
import re
import shlex

from person import Person
from proof import waiting
from proof.cases import equal
from proof.server import SOURCE, Server, run_parleyd

# What is queued instead of sent ends so.
QUEUED = 5


def commands_of_the_readme(_):
    """Of the second block: those with which ada and bob talk once they have found each other."""
    blocks = re.findall(r"^```sh\n(.*?)^```", (SOURCE / "README.md").read_text(), re.M | re.S)
    (shown,) = [block for block in blocks if "parley --account" in block]
    lines = [shlex.split(line, comments=True) for line in shown.splitlines()]
    assert len(lines) >= 8, lines
    with Server({"registration": "invite"}) as server, Person(server, "ada", register=False) as ada:
        said = waiting.until(lambda: server.output if "--token" in server.output else "", "the token")
        token = re.search(r"--token (\S+)", said).group(1)
        ada.ok("register", "--server", ada.address, "--token", token, "--handle", "ada")
        (invite,) = ada.ok("invite", "--json").objects
        register = ("register", "--server", ada.address, "--handle", "bob", "--invite", invite["invite"])
        ada.ok(*register)
        ada.ok("--account", "ada", "send", "@bob", "found you")
        newest = "ID"
        for program, *words in lines:
            words = [newest if word == "ID" else word for word in words]
            if program == "parleyd":
                done = run_parleyd(*words, cwd=server.folder)
                equal(done.returncode, 0, f"{program} {words}: {done.stderr}")
                continue
            equal(program, "parley", "the program")
            done = ada.run(*words)
            equal(done.code, QUEUED if "--offline" in words else 0, f"{ada.said(words)}: {done.err}")
            if "--json" in words:
                newest = json.loads(done.out.splitlines()[-1])["id"]
        (blocked,) = ada.ok("--account", "ada", "blocked", "--json").objects
        equal(blocked["handle"], "bob", "who is blocked")
        texts = [one["text"] for one in ada.history("Team", "--account", "ada")]
        equal(texts, ["Lunch at twelve?", "I am in, too", "Good"], "what was said in the group")
        direct = ada.history("@bob", "--account", "ada")
        texts = [one["text"] for one in direct]
        equal(texts, ["found you", "from the train", "Good", "No hurry"], "what was said to each other")
        equal(["forwarded" in one for one in direct], [False, False, True, False], "what was forwarded")
        equal([one.get("silent", False) for one in direct], [False, False, False, True], "what is silent")


CASES = [commands_of_the_readme]
