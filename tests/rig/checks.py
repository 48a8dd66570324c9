"""What must hold of a history, one function a promise; each yields sentences about what does not.

The numbers are those of the promises that the project makes. `run(history)` gives {name: [sentences]}.
"""
from collections import Counter, defaultdict

import changes
from history import RANK

CHECKS = {}
# What the server refuses for good: only somebody who is not in a conversation may meet it.
FOR_STRANGERS = {"conversation.not_member", "conversation_not_member"}
# And an edit that comes after a deletion.
OF_WHAT_IS_DELETED = "message.deleted"
SAYS_THAT_SOME_IS_MISSING = ("is not on this device", "what the device holds")
# How a parley ends that was asked about a person with whom nothing was said yet, or a group that was left.
NOTHING_THERE = ("not in this conversation", "Nothing has been said with")
# How it ends that was to change a message which is deleted or was refused, or which it does not find.
WORDS_OF_WHAT_WAS_REFUSED = "server refused this message"
WORDS_OF_WHAT_IS_DELETED, NOT_AMONG = "message was deleted", "message is not among the newest"
SERVER_ENDS_AFTER_SYNC_SECONDS = 1.0
EXIT_OF_FAILED_SYNC = 74


def says_that_some_is_missing(problem):
    return any(words in problem for words in SAYS_THAT_SOME_IS_MISSING)


def check(name):
    def register(function):
        CHECKS[name] = function
        return function

    return register


def run(history):
    return {name: list(function(history)) for name, function in CHECKS.items()}


# Durability and order


@check("1: what was accepted is stored")
def accepted_is_stored(history):
    for one in history.of("told", "shown"):
        said = RANK.get(one["state"], 0) >= RANK["sent"]
        if said and one["id"] not in history.row_of_id:
            yield f"{one['device']} said that {one['id']} is {one['state']}; it is not in the store"


@check("1: the store's file is whole")
def store_is_whole(history):
    for one in history.of("store"):
        if one["problems"] != ["ok"]:
            yield "; ".join(one["problems"][:3])


@check("2: each text is stored at most once, as it was given, by who gave it")
def stored_once(history):
    """Of an edited message also what it said at first."""
    said = [
        (row, text)
        for rows in history.rows.values()
        for row in rows
        for text in (row["text"], row["first_text"])
        if text is not None and not row["deleted"]
    ]
    for text, count in Counter(text for _, text in said).items():
        if count > 1:
            yield f"{text[:40]!r} is stored {count} times"
    for row, text in said:
        giver = history.giver_of_text(row, text)
        if giver is None:
            yield f"{row['id']} says {text[:40]!r}, which nobody gave"
        elif history.account[giver] != row["sender"]:
            yield f"{row['id']} was given by {giver}, and stands there as {row['sender']}'s"


@check("2, 4: a message has one place and one sender for ever, and one text until it is changed")
def one_place(history):
    of_id, of_place = {}, {}
    for one in history.of("stored", "shown"):
        if one["born"] == 0:
            continue
        text = None if one["id"] in history.changes else one["text"]
        facts = (one["conversation"], one["born"], one["sender"], text)
        if of_id.setdefault(one["id"], facts) != facts:
            yield f"{one['id']} is {facts[:2]} and {of_id[one['id']][:2]}, or says two things"
        place = facts[:2]
        if of_place.setdefault(place, one["id"]) != one["id"]:
            yield f"{place} is {one['id']} and {of_place[place]}"


def without_repeats(messages):
    """Without those that a tail shows once more, since they were edited or deleted after that."""
    shown = {}
    for one in messages:
        said = one["edited_at"], one["deleted"]
        if one["how"] != "tail" or shown.get(one["id"], said) == said:
            yield one
        shown[one["id"]] = said


@check("4, 5: a run shows a message once, in the order of the conversation, pending ones last")
def shown_in_order(history):
    for (number, conversation), messages in history.shown_by_run("tail", "history", "final").items():
        messages = list(without_repeats(messages))
        borns = [one["born"] for one in messages if one["born"] > 0]
        where = f"{messages[0]['device']}, run {number}, {conversation}"
        if borns != sorted(borns):
            yield f"{where}: the order of places is broken"
        for ident, count in Counter(one["id"] for one in messages).items():
            if count > 1:
                yield f"{where}: {ident} is shown {count} times"
        if messages[0]["how"] != "tail" and [one["born"] == 0 for one in messages] != sorted(
            one["born"] == 0 for one in messages
        ):
            yield f"{where}: something pending stands before something accepted"


@check("5: a run leaves nothing out between what it shows, or says so")
def nothing_left_out(history):
    for (number, conversation), messages in history.shown_by_run("tail", "history").items():
        borns = {one["born"] for one in messages if one["born"] > 0}
        said = history.ends[number]["problem"] if number in history.ends else ""
        if not borns or says_that_some_is_missing(said):
            continue
        device = messages[0]["device"]
        due = {
            row["born"]
            for row in history.visible(conversation, history.account[device])
            if min(borns) <= row["born"] <= max(borns)
        }
        if due - borns:
            yield f"{device}, run {number}, {conversation}: {sorted(due - borns)[:5]} are left out"


@check("5: a tail that runs to the end shows what comes")
def tail_arrives(history):
    for one in history.of("tail_end"):
        shown = [
            seen["born"]
            for seen in history.of("shown", n=one["n"], conversation=one["conversation"])
            if seen["born"] > 0
        ]
        due = history.visible(one["conversation"], history.account[one["device"]])
        if due and max(shown, default=0) < due[-1]["born"]:
            yield f"{one['device']}, run {one['n']}: {one['conversation']} ends at {max(shown, default=0)}"


@check("4, 5: every device ends with what its person may see, as it is stored")
def ends_complete(history):
    finals = defaultdict(list)
    listed = defaultdict(set)
    for one in history.of("shown", how="final"):
        finals[one["device"], one["conversation"]].append(one)
    for one in history.of("listed", how="final"):
        listed[one["device"]].add(one["conversation"])
    for device, account in history.account.items():
        for conversation in history.present(account):
            if conversation not in listed[device]:
                yield f"{device} does not know {conversation}"
                continue
            shown = [row["id"] for row in finals[device, conversation] if row["born"] > 0]
            due = [row["id"] for row in history.visible(conversation, account)]
            if shown != due:
                lost, extra = len(set(due) - set(shown)), len(set(shown) - set(due))
                yield f"{device}, {conversation}: of {len(due)} {lost} missing, {extra} more, or misplaced"


@check("6: what was queued is stored, or failed and was shown so")
def nothing_lost(history):
    for one in history.of("told", "shown", "waiting"):
        pending = one["state"] in ("queued", "sending")
        message = one["e"] != "waiting" or one.get("type") == "message.send"
        gone = one["id"] not in history.row_of_id and one["id"] not in history.failed
        # What was deleted before it was sent never is.
        if pending and message and gone and not history.deletions(one["id"]):
            yield f"{one['device']} said that {one['id']} is {one['state']}; it is gone"


@check("6: a device's messages keep their order in a conversation")
def own_order(history):
    place_of_text = {
        row["first_text"] or row["text"]: (conversation, row["born"])
        for conversation, rows in history.rows.items()
        for row in rows
        if not row["deleted"]
    }
    latest = {}
    for one in history.of("given"):
        for text in one["texts"]:
            if text not in place_of_text:
                continue
            conversation, born = place_of_text[text]
            key = one["device"], one["to"]
            if key in latest and latest[key][0] != conversation:
                yield f"{one['device']}: what went to {one['to']} is in {conversation} and {latest[key][0]}"
            elif key in latest and latest[key][1] > born:
                yield f"{one['device']}: {text[:30]!r} stands before what was given earlier to {one['to']}"
            latest[key] = (conversation, born)


@check("6: outboxes end empty")
def outboxes_end_empty(history):
    for one in history.of("waiting", how="final"):
        if one["state"] != "failed":
            yield f"{one['device']}: {one['id']} is {one['state']} in the end"


@check("6, 11: only a stranger's messages are refused for good")
def refused_only_strangers(history):
    for one in history.of("told", "shown", "waiting"):
        if one["state"] != "failed":
            continue
        conversation = one.get("conversation")
        if one.get("error") == OF_WHAT_IS_DELETED and history.deletions(one.get("message")):
            continue
        stranger = history.was_away(conversation, history.account[one["device"]])
        if not stranger or one.get("error") not in FOR_STRANGERS:
            yield f"{one['device']}: {one['id']} failed with {one.get('error')} in {conversation}"


@check("what a parley says it has not queued, it has not")
def not_queued(history):
    stored = {row["text"] for rows in history.rows.values() for row in rows}
    told = {one["n"] for one in history.of("told")}
    for one in history.of("given"):
        refused = history.ended_by_itself(one["n"]) and history.ends[one["n"]]["code"] == 6
        if refused and one["n"] not in told:
            for text in stored & set(one["texts"]):
                yield f"{one['device']}, run {one['n']}: {text[:30]!r} was sent all the same"
    for one in history.of("changing"):
        refused = history.ended_by_itself(one["n"]) and history.ends[one["n"]]["code"] == 6
        if refused and one["text"] in stored:
            yield f"{one['device']}, run {one['n']}: {one['text'][:30]!r} was set all the same"


# Edits and deletions


check("7: an accepted edit stands, or a later one, on the server and on every device")(changes.edits_stand)
check("8: what was deleted is shown nowhere with what it said, and nothing else is deleted")(
    changes.deletions_stand
)


# Receipts and counters


@check("11: states only move forward")
def states_forward(history):
    """Of what one command after another says: a tail, which runs beside them, is left out."""
    seen = {}
    for one in history.of("told", "shown"):
        if one.get("how") == "tail" or one["state"] not in RANK:
            continue
        if one["e"] == "shown" and one["sender"] != history.account[one["device"]]:
            continue
        key, rank = (one["device"], one["id"]), RANK[one["state"]]
        if rank < seen.get(key, (0, ""))[0]:
            yield f"{one['device']}: {one['id']} went from {seen[key][1]} to {one['state']}"
        seen[key] = (rank, one["state"])


@check("11: in the end read is said where it was read, and nowhere else")
def read_is_true(history):
    members = defaultdict(set)
    for conversation, account in history.intervals:
        members[conversation].add(account)
    for one in history.of("shown", how="final"):
        account = history.account[one["device"]]
        others = members[one["conversation"]] - {account}
        direct = one["conversation"] in history.directs
        if one["born"] == 0 or one["sender"] != account or not direct or len(others) != 1:
            continue
        position = history.positions.get((one["conversation"], *others), 0)
        if (one["state"] == "read") != (position >= one["born"]):
            yield f"{one['device']}: {one['id']} at {one['born']} is {one['state']}, read up to {position}"


@check("12: read positions only grow")
def positions_grow(history):
    """Of those who are in the conversation: with a removal goes what was read and not accepted yet."""
    seen = {}
    for one in history.of("listed"):
        key = one["device"], one["conversation"]
        if not one["present"]:
            seen.pop(key, None)
            continue
        if one["read"] < seen.get(key, 0):
            yield f"{key[0]}: the position in {key[1]} went from {seen[key]} to {one['read']}"
        seen[key] = one["read"]


@check("14: counts equal a recount")
def counts_are_right(history):
    for one in [*history.of("listed", how="final"), *history.of("served")]:
        account = one.get("account") or history.account[one["device"]]
        if one["conversation"] not in history.present(account):
            continue
        counted = (one["unread"], one["mentions"])
        right = history.recount(one["conversation"], account)
        if counted != right:
            yield f"{one.get('device') or account}: {one['conversation']} counts {counted}, recounted {right}"


# Rights and secrets


@check("16, 17: nobody is shown what was said without them")
def only_members_see(history):
    for one in history.of("shown"):
        account = history.account[one["device"]]
        if one["born"] > 0 and not history.may_see(one["conversation"], account, one["born"]):
            yield f"{one['device']} was shown {one['conversation']}/{one['born']}"
    for one in history.of("listed"):
        last = one.get("last")
        account = history.account[one["device"]]
        if last and last["born"] > 0 and not history.may_see(one["conversation"], account, last["born"]):
            yield f"{one['device']} was shown {one['conversation']}/{last['born']} in its list"


@check("21: texts and passwords are in no log")
def no_secrets(history):
    for one in history.of("secrets"):
        for line in one["found"]:
            yield f"a log says {line[:80]!r}"


# Resources and processes


@check("33: on a full disk messages are refused clearly, reading goes on, space is enough to recover")
def full_disk(history):
    for one in history.of("probe"):
        if one["what"] == "send" and one["code"] != "disk_full":
            yield f"at {one['t']} a message met a full disk and was answered with {one['code']}"
        if one["what"] in ("read", "renew") and not one["works"]:
            yield f"at {one['t']} it could not {one['what']} on a full disk"
        if one["what"] == "recovered" and not (one["works"] and one["starts"] == 0):
            yield f"at {one['t']} there was space again: works {one['works']}, {one['starts']} restarts"


@check("1: a failed sync ends the server at once, and it starts again")
def failed_sync(history):
    for one in history.of("server", what="ended", why="sync"):
        if one["code"] != EXIT_OF_FAILED_SYNC or one["after_s"] > SERVER_ENDS_AFTER_SYNC_SECONDS:
            yield f"at {one['t']} it ended with {one['code']}, {one['after_s']:.2f} s after the sync"
        if not any(later["t"] > one["t"] for later in history.of("server", what="started")):
            yield f"after {one['t']} it did not start again"


@check("the server ends only when it is ended, and starts whenever it is started")
def server_lives(history):
    for one in history.of("server"):
        if one["what"] == "ended" and (
            one["why"] == "itself" or one["why"] == "drained" and one["code"] != 0
        ):
            yield f"at {one['t']} it ended with {one['code']} ({one['why']}): {one.get('output', '')[-300:]}"
        if one["what"] == "not_started" and not one["disk_full"]:
            yield f"at {one['t']} it did not start: {one['output'][-300:]}"


@check("every parley ends as it may, and none loses its sign-in")
def parleys_end_well(history):
    changing = {one["n"]: one["message"] for one in history.of("changing")}
    broken = {one["device"] for one in history.of("fault", kind="sync_client") if one["struck"]}
    for number, begun in history.runs.items():
        end = history.ends.get(number)
        if end is None:
            yield f"{begun['device']}, run {number} ({begun['words'][:2]}) never ended"
            continue
        nothing = end["code"] == 4 and any(words in end["problem"] for words in NOTHING_THERE)
        nothing |= number in changing and nothing_to_change(history, changing[number], end)
        disk = end["code"] == 1 and begun["device"] in broken and "database" in end["problem"]
        if not (end["killed"] or end["code"] in (0, 5, 6, 7) or nothing or disk):
            yield (
                f"{begun['device']}, run {number} ({' '.join(begun['words'][:3])}) ended with {end['code']}:"
                f" {end['problem'][-200:]}"
            )


def nothing_to_change(history, message, end):
    """Deleted or refused messages are not edited; those withdrawn unsent, or too far back, are not found."""
    deleted = bool(history.deletions(message))
    if WORDS_OF_WHAT_WAS_REFUSED in end["problem"]:
        return end["code"] == 1 and message in history.failed
    if WORDS_OF_WHAT_IS_DELETED in end["problem"]:
        return end["code"] == 4 and deleted
    return end["code"] == 4 and NOT_AMONG in end["problem"] and (deleted or history.is_far_back(message))


@check("after the healing everything goes out in time")
def settles(history):
    for one in history.of("settled"):
        if one["seconds"] is None:
            yield f"{one['device']} still had something to send: {one.get('problem', '')}"
