"""Makes a history sick, one defect at a time, so that it can be seen that the checker notices each of them.

`sick(events, seed)` yields (what was done, the check that must complain, the changed events). What a history
has no material for is left out; the example in tests/unit/rig has material for everything.
"""
import random
import uuid

import checks
from surgery import (
    NoMaterial,
    accepted,
    account_of,
    choose,
    final_showing,
    members,
    one_of,
    outside,
    own,
    positions,
    runs_of,
    stands,
)

DEFECTS = []


def defect(name, noticed_by):
    def register(function):
        DEFECTS.append((name, noticed_by, function))
        return function

    return register


def sick(events, seed):
    for name, noticed_by, function in DEFECTS:
        # A long history is not copied as a whole: lines that are changed are (`own`).
        changed = list(events)
        try:
            function(changed, random.Random(f"{seed} {name}"))
        except NoMaterial:
            continue
        yield name, noticed_by, changed


@defect("an accepted message is not stored", "1: what was accepted is stored")
def lose_row(events, chance):
    told = {one["id"] for one in events if one["e"] == "told" and one["state"] == "sent"}
    del events[choose(chance, positions(events, "stored", lambda one: one["id"] in told))]


@defect("the store's file is damaged", "1: the store's file is whole")
def damage(events, chance):
    one_of(events, chance, "store")["problems"] = ["row 7 missing from index"]


STORED_ONCE = "2: each text is stored at most once, as it was given, by who gave it"


@defect("a message is stored twice", STORED_ONCE)
def store_twice(events, chance):
    row = dict(one_of(events, chance, "stored", stands))
    events.append(row | {"id": str(uuid.uuid4()), "born": row["born"] + 1_000_000})


@defect("a text is changed in the store", STORED_ONCE)
def change_text(events, chance):
    one_of(events, chance, "stored", stands)["text"] += "?"


@defect("a message is stored under another sender", STORED_ONCE)
def change_sender(events, chance):
    row = one_of(events, chance, "stored", stands)
    others = {one["account"] for one in events if one["e"] == "device"} - {row["sender"]}
    row["sender"] = choose(chance, sorted(others))


ONE_PLACE = "2, 4: a message has one place and one sender for ever, and one text until it is changed"


@defect("a message is shown at two places", ONE_PLACE)
def move(events, chance):
    one_of(events, chance, "shown", accepted)["born"] += 1_000_000


@defect("a message is shown with another text", ONE_PLACE)
def show_other_text(events, chance):
    changed = {one["message"] for one in events if one["e"] == "changing"}
    fits = lambda one: accepted(one) and one["id"] not in changed  # noqa: E731
    one_of(events, chance, "shown", fits)["text"] += "!"


IN_ORDER = "4, 5: a run shows a message once, in the order of the conversation, pending ones last"


@defect("a run shows a message twice", IN_ORDER)
def show_twice(events, chance):
    at = choose(chance, choose(chance, runs_of(events, "tail", "history", "final", at_least=1)))
    events.insert(at, dict(events[at]))


@defect("a run shows two messages in the wrong order", IN_ORDER)
def swap_shown(events, chance):
    run = choose(chance, runs_of(events, "tail", "history", "final", at_least=2))
    one, other = run[0], run[-1]
    events[one], events[other] = events[other], events[one]


@defect("a run leaves a message out", "5: a run leaves nothing out between what it shows, or says so")
def leave_out(events, chance):
    # A run that says itself that something is missing may leave it out.
    ends = [one for one in events if one["e"] == "end"]
    excused = {one["n"] for one in ends if checks.says_that_some_is_missing(one["problem"])}
    runs = [run for run in runs_of(events, "tail", "history") if events[run[0]]["n"] not in excused]
    left_out = events[chance.choice(choose(chance, runs)[1:-1])]
    for at in reversed(positions(events, "shown", n=left_out["n"], id=left_out["id"])):
        del events[at]


@defect("a tail does not show the last message", "5: a tail that runs to the end shows what comes")
def tail_stops(events, chance):
    end = one_of(events, chance, "tail_end")
    shown = positions(events, "shown", accepted, n=end["n"], conversation=end["conversation"])
    last = max((events[at]["born"] for at in shown), default=0)
    of_last = [at for at in shown if events[at]["born"] == last]
    choose(chance, of_last)
    for at in reversed(of_last):
        del events[at]


COMPLETE = "4, 5: every device ends with what its person may see, as it is stored"


@defect("a device ends without a message", COMPLETE)
def end_without(events, chance):
    del events[final_showing(events, chance, lambda one: True)]


@defect("a queued message disappears", "6: what was queued is stored, or failed and was shown so")
def lose_queued(events, chance):
    told = one_of(events, chance, "told", state="sent")
    told |= {"id": str(uuid.uuid4()), "state": "queued"}


@defect("two messages of a device change places", "6: a device's messages keep their order in a conversation")
def swap_stored(events, chance):
    given = {text: one["n"] for one in events if one["e"] == "given" for text in one["texts"]}
    of_run = {}
    for at in positions(events, "stored"):
        said = events[at]["first_text"] or events[at]["text"]
        if said in given:
            of_run.setdefault(given[said], []).append(at)
    one, other = choose(chance, [found for found in of_run.values() if len(found) > 1])[:2]
    born = events[one]["born"]
    own(events, one)["born"] = events[other]["born"]
    own(events, other)["born"] = born


def some_device(events, chance):
    return one_of(events, chance, "device")["device"]


@defect("something is left in an outbox", "6: outboxes end empty")
def leave_in_outbox(events, chance):
    about = {"n": 0, "device": some_device(events, chance), "how": "final", "id": str(uuid.uuid4())}
    events.append({"e": "waiting", "t": 0, **about, "type": "read", "state": "queued"})


@defect("a member's message is refused for good", "6, 11: only a stranger's messages are refused for good")
def refuse(events, chance):
    told = one_of(events, chance, "told", lambda one: "conversation" in one, state="sent")
    told |= {"state": "failed", "error": "rate_limited"}


@defect("what was called not queued is sent", "what a parley says it has not queued, it has not")
def send_unqueued(events, chance):
    stored = {one["text"] for one in events if one["e"] == "stored"}
    whole = {one["n"] for one in events if one["e"] == "end" and not one["killed"]}
    given = one_of(events, chance, "given", lambda one: one["n"] in whole and stored & set(one["texts"]))
    for at in reversed(positions(events, "told", n=given["n"])):
        del events[at]
    one_of(events, chance, "end", n=given["n"])["code"] = 6


EDITS = "7: an accepted edit stands, or a later one, on the server and on every device"


def edited_rows(events):
    """Positions of stored messages that say what an edit gave them that was said to be done."""
    done = {one["n"] for one in events if one["e"] == "changed"}
    texts = {one["text"] for one in events if one["e"] == "changing" and one["n"] in done}
    return positions(events, "stored", lambda row: stands(row) and row["text"] in texts)


@defect("an accepted edit is undone in the store", EDITS)
def undo_edit(events, chance):
    row = own(events, choose(chance, edited_rows(events)))
    row["text"] = row["first_text"] or "something else"


@defect("a device ends with what a message said before it was edited", EDITS)
def miss_edit(events, chance):
    edited = {events[at]["id"] for at in edited_rows(events)}
    own(events, final_showing(events, chance, lambda one: one["id"] in edited))["text"] = "before"


DELETIONS = "8: what was deleted is shown nowhere with what it said, and nothing else is deleted"


@defect("a deleted message is back in the store", DELETIONS)
def bring_back(events, chance):
    done = {one["n"] for one in events if one["e"] == "changed"}
    deleted = {
        one["message"]
        for one in events
        if one["e"] == "changing" and one["text"] is None and one["n"] in done
    }
    row = one_of(events, chance, "stored", lambda row: row["id"] in deleted, deleted=True)
    row |= {"deleted": False, "text": "what it said"}


@defect("a message is deleted by nobody", DELETIONS)
def delete_another(events, chance):
    deleted = {one["message"] for one in events if one["e"] == "changing" and one["text"] is None}
    row = one_of(events, chance, "stored", lambda row: stands(row) and row["id"] not in deleted)
    row |= {"deleted": True, "text": "", "first_text": None}


@defect("what a deleted message said is kept in the store", DELETIONS)
def keep_deleted(events, chance):
    one_of(events, chance, "stored", deleted=True)["text"] = "what it said"


@defect("a device ends with what a deleted message said", DELETIONS)
def miss_deletion(events, chance):
    deleted = {one["id"] for one in events if one["e"] == "stored" and one["deleted"]}
    shown = own(events, final_showing(events, chance, lambda one: one["id"] in deleted))
    shown |= {"deleted": None, "text": "what it said"}


@defect("a device shows once more what it has deleted itself", DELETIONS)
def show_deleted(events, chance):
    did = {one["n"]: one for one in events if one["e"] == "changing" and one["text"] is None}
    done = choose(chance, positions(events, "changed", lambda one: one["n"] in did))
    device, message = events[done]["device"], events[done]["message"]
    began = {one["n"]: at for at, one in enumerate(events) if one["e"] == "run"}
    later = positions(events, "shown", lambda one: began[one["n"]] > done, device=device, id=message)
    own(events, choose(chance, later))["text"] = "what it said"


@defect("a state goes back", "11: states only move forward")
def go_back(events, chance):
    at = choose(chance, positions(events, "told", state="sent"))
    events.insert(at + 1, events[at] | {"state": "queued"})


@defect("read is said where nobody read", "11: in the end read is said where it was read, and nowhere else")
def lie_about_reading(events, chance):
    directs = {one["conversation"] for one in events if one["e"] == "listed" and one["kind"] == "direct"}
    own = one_of(
        events,
        chance,
        "shown",
        lambda one: one["conversation"] in directs
        and accepted(one)
        and one["sender"] == account_of(events, one["device"]),
        how="final",
    )
    own["state"] = "sent" if own["state"] == "read" else "read"


@defect("a read position goes back", "12: read positions only grow")
def read_less(events, chance):
    at = choose(chance, positions(events, "listed", lambda one: one["present"] and one["read"] > 0))
    events.insert(at + 1, events[at] | {"read": events[at]["read"] - 1})


COUNTS = "14: counts equal a recount"


@defect("a device counts one too many", COUNTS)
def count_more(events, chance):
    in_it = members(events)
    one_of(
        events,
        chance,
        "listed",
        lambda one: (one["conversation"], account_of(events, one["device"])) in in_it,
        how="final",
    )["unread"] += 1


@defect("the server counts a mention too few", COUNTS)
def count_less(events, chance):
    in_it = members(events)
    served = one_of(events, chance, "served", lambda one: (one["conversation"], one["account"]) in in_it)
    served["mentions"] -= 1


ONLY_MEMBERS = "16, 17: nobody is shown what was said without them"


@defect("a removed member is shown a later message", ONLY_MEMBERS)
def show_stranger(events, chance):
    device, row = outside(events, chance)
    fields = {name: row[name] for name in ("conversation", "id", "born", "sender", "text")}
    fields |= {"edited_at": None, "deleted": row["deleted"] or None}
    events.append(
        {"e": "shown", "t": 0, "n": 0, "device": device, "how": "history", "state": "sent", **fields}
    )


@defect("a removed member's list shows a later message", ONLY_MEMBERS)
def list_stranger(events, chance):
    device, row = outside(events, chance)
    about = {"device": device, "how": "seen", "conversation": row["conversation"], "kind": "group"}
    events.append(
        {
            "e": "listed",
            "t": 0,
            "n": 0,
            **about,
            "read": 1_000_000_000,
            "present": False,
            "last": {"born": row["born"]},
        }
    )


@defect("a text stands in a log", "21: texts and passwords are in no log")
def leak(events, chance):
    one_of(events, chance, "secrets")["found"] = ["level=debug text=hello"]


FULL_DISK = "33: on a full disk messages are refused clearly, reading goes on, space is enough to recover"


@defect("a full disk is called an internal error", FULL_DISK)
def refuse_unclearly(events, chance):
    one_of(events, chance, "probe", what="send")["code"] = "internal"


@defect("nothing can be read on a full disk", FULL_DISK)
def read_nothing(events, chance):
    one_of(events, chance, "probe", what="read")["works"] = False


@defect("a full disk takes a restart to recover", FULL_DISK)
def recover_by_restart(events, chance):
    one_of(events, chance, "probe", what="recovered")["starts"] = 1


FAILED_SYNC = "1: a failed sync ends the server at once, and it starts again"


@defect("the server goes on after a failed sync", FAILED_SYNC)
def go_on(events, chance):
    one_of(events, chance, "server", what="ended", why="sync")["after_s"] = 3.0


@defect("the server never comes back after a failed sync", FAILED_SYNC)
def stay_away(events, chance):
    ended = one_of(events, chance, "server", what="ended", why="sync")
    for at in reversed(positions(events, "server", lambda one: one["t"] > ended["t"], what="started")):
        del events[at]


@defect(
    "the server dies by itself", "the server ends only when it is ended, and starts whenever it is started"
)
def die(events, chance):
    one_of(events, chance, "server", what="ended").update(why="itself", code=-11)


ENDS_WELL = "every parley ends as it may, and none loses its sign-in"


@defect("a parley crashes", ENDS_WELL)
def crash(events, chance):
    one_of(events, chance, "end", killed=False)["code"] = -6


@defect("a device loses its sign-in", ENDS_WELL)
def sign_out(events, chance):
    one_of(events, chance, "end", killed=False)["code"] = 3


@defect("a parley never ends", ENDS_WELL)
def hang(events, chance):
    del events[choose(chance, positions(events, "end"))]


@defect("a device still has something to send long after", "after the healing everything goes out in time")
def never_settle(events, chance):
    one_of(events, chance, "settled")["seconds"] = None
