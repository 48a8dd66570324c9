"""With --json every command prints objects, one a line, and of what it refuses one that says why."""
import json
import re

from person import Person, people
from proof import waiting
from proof.cases import equal
from proof.server import Server

THUMB = "\U0001f44d"
CHANGE = {"id", "conversation"}
OF_A_MESSAGE = {"id", "message", "conversation"}
MESSAGE = {"conversation", "id", "born", "sender", "from", "text", "at", "own", "state"}
PROBLEM = {"error", "message", "exit_code"}
NOT_SIGNED_IN, NOT_FOUND, USAGE = 3, 4, 2

# In this order: words, how many objects come, and what each of them has. Team is ada's and bob's group.
ROWS = [
    ("new Team @bob -m welcome", 1, {"conversation", "title", "id", "state"}),
    ("add Team @eve", 1, CHANGE),
    ("remove Team @eve", 1, CHANGE),
    ("send Team hello", 1, {"id", "state", "conversation"}),
    ("edit Team last **hello**, all", 1, OF_A_MESSAGE),
    (f"react Team last {THUMB}", 1, OF_A_MESSAGE),
    (f"react Team last {THUMB} --remove", 1, OF_A_MESSAGE),
    # Where there is nothing to do, too.
    (f"react Team last {THUMB} --remove", 1, OF_A_MESSAGE),
    ("pin Team last", 1, OF_A_MESSAGE),
    ("pins Team", 1, MESSAGE),
    ("unpin Team last", 1, OF_A_MESSAGE),
    ("history Team -n 1", 1, MESSAGE | {"entities", "markdown"}),
    ("history Team", 2, MESSAGE),
    ("tail Team", 2, MESSAGE),
    ("send Team --silent --custom org.example.poll --data [1.50]", 1, {"id", "state", "conversation"}),
    ("history Team -n 1", 1, MESSAGE | {"silent", "custom"}),
    ("forward Team last --to Team", 1, {"id", "state", "conversation"}),
    ("history Team -n 1", 1, MESSAGE | {"custom", "forwarded"}),
    ("delete Team last", 1, OF_A_MESSAGE),
    ("read Team", 1, CHANGE),
    ("mark-unread Team", 1, CHANGE),
    ("mute Team", 1, CHANGE),
    ("archive Team", 1, CHANGE),
    ("pin Team", 1, CHANGE),
    ("notify Team none", 1, CHANGE),
    ("draft Team begun", 1, CHANGE),
    ("draft Team", 1, {"conversation", "text", "at"}),
    ("typing Team --seconds 1", 0, set()),
    ("conversations", 1, {"conversation", "kind", "title", "unread", "muted", "pinned", "draft", "last"}),
    ("permissions Team post=moderator", 1, CHANGE),
    ("permissions Team post=moderator", 1, CHANGE),
    ("permissions Team", 1, {"conversation", "post", "pin", "role"}),
    ("link Team", 1, {"conversation", "link", "code", "role", "by", "at", "uses"}),
    ("links Team", 1, {"link", "code", "role", "by", "at", "uses"}),
    ("look CODE", 1, {"title", "members", "role", "shares_history", "joined", "conversation"}),
    ("join CODE", 1, {"conversation", "title"}),
    ("unlink Team LINK", 1, CHANGE),
    ("share-history Team", 1, CHANGE),
    ("slow-mode Team", 1, {"conversation", "slow_ms", "wait_ms"}),
    ("slow-mode Team 30s", 1, CHANGE),
    ("slow-mode Team --off", 1, CHANGE),
    ("role Team @bob admin", 1, CHANGE),
    ("members Team", 3, {"account", "handle", "name", "role", "present"}),
    ("rename Team Crew", 1, CHANGE),
    ("transfer Crew @bob", 1, CHANGE),
    ("leave Crew", 1, CHANGE),
    ("devices", 1, {"device", "name", "created_at", "own"}),
    ("profile", 1, {"account", "handle", "name"}),
    ("invite", 1, {"invite", "expires_at", "server"}),
    ("block @eve", 1, {"id", "account", "blocked"}),
    ("blocked", 1, {"account", "handle", "name", "at"}),
    ("unblock @eve", 1, {"id", "account", "blocked"}),
    ("send @bob later --offline", 1, {"id", "state"}),
    ("outbox --offline", 1, {"id", "type", "state", "text"}),
    ("sync", 1, {"online", "waiting", "failed"}),
    ("outbox", 0, set()),
    ("status", 1, {"handle", "server", "account", "device", "connection", "badge"}),
    ("report FILE", 1, {"file"}),
    ("report --off", 1, {"recording"}),
    ("logout", 1, {"told_server", "dropped"}),
    ("login ada --server ADDRESS", 1, {"account", "handle"}),
]
REGISTER = "register ada --server ADDRESS --token TOKEN"
# What is stored without a server, and goes out later, ends so.
QUEUED = 5


def every_command_of_the_grammar_prints_objects(_):
    with Server() as server, Person(server, "ada", register=False) as ada:
        said = waiting.until(lambda: server.output if "--token" in server.output else "", "the token")
        token = re.search(r"--token (\S+)", said).group(1)
        names = {"ADDRESS": ada.address, "TOKEN": token, "FILE": str(ada.home / "report.jsonl")}
        judge(ada, words_of(REGISTER, names), 1, {"account", "handle"})
        equal(tried(), commands(ada), "the commands that are tried")
        with Person(server, "bob"), Person(server, "eve"):
            group = None
            for row, count, keys in ROWS:
                came = judge(ada, words_of(row, names), count, keys)
                group = group or came[0]["conversation"]
                if row.startswith("link "):
                    names |= {"CODE": came[0]["code"], "LINK": came[0]["link"]}
                if keys in (CHANGE, OF_A_MESSAGE, MESSAGE):
                    equal({one["conversation"] for one in came}, {group}, f"{row}: the conversation")


def what_is_refused_is_an_object_too(server):
    with Person(server, "nobody", register=False) as nobody:
        names = {"ADDRESS": nobody.address, "TOKEN": "x", "FILE": str(nobody.home / "report.jsonl")}
        for row, _, _ in ROWS:
            words = words_of(row, names)
            if words[0] != "login":
                refused(nobody, NOT_SIGNED_IN, *words)
        for command in sorted(commands(nobody)):
            refused(nobody, USAGE, command, "--nonsense")
    with people(server, "somebody") as (somebody,):
        for row, _, _ in ROWS:
            words = words_of(row, names)
            if words[1:2] in (["Team"], ["Crew"]) and words[0] != "new":
                refused(somebody, NOT_FOUND, words[0], "Nowhere", *words[2:])


def words_of(row, names):
    return [names.get(word, word) for word in row.split(" ")]


def commands(person):
    """Those that the help lists."""
    return set(re.findall(r"^  ([a-z][a-z-]*) {2,}\S", person.ok("--help").out, re.M))


def tried():
    return {row.split(" ")[0] for row in (REGISTER, *(row for row, _, _ in ROWS))}


def judge(person, words, count, keys):
    """Gives the objects that came."""
    what = person.said(words)
    if words[0] == "tail":
        running = person.start(*words, "--json")
        came = running.until(lambda one: len(one.lines) >= count and one.objects, what)
        equal(running.end(), 0, f"{what}: the exit code")
    else:
        done = person.run(*words, "--json")
        equal(done.code, QUEUED if words[0] == "send" and "--offline" in words else 0, f"{what}: {done.err}")
        came = done.objects
    equal(len(came), count, f"{what}: objects")
    for one in came:
        assert isinstance(one, dict) and keys <= set(one), f"{what}: {one} has not all of {keys}"
    return came


def refused(person, code, *words):
    done = person.refused(code, *words, "--json")
    equal(done.out, "", f"{person.said(words)}: standard output")
    (line,) = done.err.splitlines()
    problem = json.loads(line)
    equal(set(problem), PROBLEM, f"{person.said(words)}: what is said")
    equal(problem["exit_code"], code, f"{person.said(words)}: the code that is said")
    assert problem["error"] and problem["message"], problem


CASES = [every_command_of_the_grammar_prints_objects, what_is_refused_is_an_object_too]
