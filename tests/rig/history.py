"""What was told to whom, as the rig wrote it down: one JSON object a line, in the order in which it happened.

Every line has `e`, what it is about, and `t`, seconds since the start. The kinds:

    began     wall                                seconds since 1970, by the machine's own clock
    device    device, account                     who is who
    run       n, device, words                    a parley begins; `n` is its number in all that follows
    given     n, device, to, texts                it is given these texts to send, in this order
    told      n, device, id, state [, error]      it says what became of a message
    changing  n, device, message, text            it is told to edit this message; text null: to delete it
    changed   n, device, message                  it says that this is done
    shown     n, device, how, conversation, id, born, sender, text, state, at [, edited_at, deleted]
                                                  it shows a message; how: tail, history, final
    listed    n, device, how, conversation, kind, unread, mentions, read, present [, last]
                                                  it shows a conversation; how: seen, final
    waiting   n, device, how, id, state, error    it shows a command of its outbox; how: seen, final
    end       n, device, code, killed, problem    it ended; `killed`: by the rig
    server    what, …                             started, ended (code, why, after_s), not_started (disk_full)
    probe     what, …                             what a raw connection was told while the disk was full
    served    account, conversation, unread, mentions   what the server tells a new device in the end
    fault     kind, device, struck                  the rig did something, and how often it really struck
    trouble   kind, problem                       the rig itself failed at something
    planned   kinds                               the faults that are to strike
    absent    kind, why                           a fault that this machine cannot make
    network   packets                             what became of all packets
    settled   device, seconds                     after the healing all was sent; seconds null: it was not
    tail_end  n, device, conversation             a tail ran to the very end, when nothing moved any more
    stored    conversation, born, id, sender, text, mentions, first_text, deleted
                                                  what the server's file holds in the end; first_text: of an
                                                  edited message, what it said at first
    interval, position                            as that file says: who was a member, who has read what
    secrets   found                               lines of logs that hold a text or a password

Nothing here or in checks.py uses the product's code.
"""
import functools
import heapq
import json
from collections import defaultdict
from dataclasses import dataclass

# Of own messages; `queued` and `sending` are both before the server has it.
RANK = {"queued": 0, "sending": 0, "sent": 1, "delivered": 2, "read": 3}


# How a parley ends whose command is stored, and goes out later.
CODE_OF_QUEUED = 5
# Among so many messages of a conversation it finds the one that it is to change.
LOOKED_AT_MAX = 1000


@dataclass(frozen=True)
class Change:
    """An edit or a deletion that a device was told to make, of one message."""

    n: int
    device: str
    # None: it is deleted.
    text: str | None
    # The lines of the history where it began, and where it was said to be done.
    began: int
    done: int | None
    # The server has accepted it, then or until everything was sent.
    accepted: bool

    def is_before(self, other):
        """What was never answered may have come at any time."""
        return self.done is not None and self.done < other.began


class History:
    def __init__(self, events):
        self.events = events
        self.kinds = defaultdict(list)
        for place, one in enumerate(events):
            self.kinds[one["e"]].append((place, one))
        self.account = {one["device"]: one["account"] for one in self.of("device")}
        self.runs = {one["n"]: one for one in self.of("run")}
        self.ends = {one["n"]: one for one in self.of("end")}
        self.rows = defaultdict(list)
        for one in self.of("stored"):
            self.rows[one["conversation"]].append(one)
        for rows in self.rows.values():
            rows.sort(key=lambda row: row["born"])
        self.changes = self._changes()
        self.row_of_id = {row["id"]: row for rows in self.rows.values() for row in rows}
        self.intervals = defaultdict(list)
        for one in self.of("interval"):
            self.intervals[one["conversation"], one["account"]].append((one["first"], one["last"]))
        self.directs = {one["conversation"] for one in self.of("listed", kind="direct")}
        self.positions = {(one["conversation"], one["account"]): one["upto"] for one in self.of("position")}

    @classmethod
    def read(cls, path):
        with open(path, encoding="utf-8") as file:
            return cls([json.loads(line) for line in file])

    def of(self, *kinds, **fields):
        """Lines of these kinds with these fields, in the order in which they were written."""
        for _, one in heapq.merge(*(self.kinds[kind] for kind in kinds), key=lambda found: found[0]):
            if all(one.get(name) == value for name, value in fields.items()):
                yield one

    def _changes(self):
        """{message: edits and deletions of it, in the order in which they began}"""
        done = {one["n"]: place for place, one in self.kinds["changed"]}
        # Of what was queued, the outbox shows what was refused later.
        failed = self.of("waiting", state="failed")
        refused = {(one["device"], one["message"]) for one in failed if one.get("message")}
        found = defaultdict(list)
        for place, one in self.kinds["changing"]:
            number, message = one["n"], one["message"]
            queued = self.ended_by_itself(number) and self.ends[number]["code"] == CODE_OF_QUEUED
            accepted = number in done or queued and (one["device"], message) not in refused
            about = (number, one["device"], one["text"], place, done.get(number))
            found[message].append(Change(*about, accepted))
        return found

    def deletions(self, message):
        return [change for change in self.changes.get(message, ()) if change.text is None]

    def edits(self, message):
        return [change for change in self.changes.get(message, ()) if change.text is not None]

    def is_far_back(self, message):
        """Further than a parley looks for it."""
        row = self.row_of_id.get(message)
        return row is not None and self.rows[row["conversation"]][-LOOKED_AT_MAX:][0]["born"] > row["born"]

    # Who may see what

    def may_see(self, conversation, account, born):
        return any(
            first <= born and (last is None or born <= last)
            for first, last in self.intervals.get((conversation, account), ())
        )

    def visible(self, conversation, account):
        """The stored messages that a person may see, in order."""
        return [row for row in self.rows[conversation] if self.may_see(conversation, account, row["born"])]

    def present(self, account):
        """The conversations that a person is in."""
        return {
            conversation
            for (conversation, member), spans in self.intervals.items()
            if member == account and any(last is None for _, last in spans)
        }

    def was_away(self, conversation, account):
        """Whether a person was ever removed from a conversation."""
        return any(last is not None for _, last in self.intervals.get((conversation, account), ()))

    def recount(self, conversation, account):
        """(unread, mentions): visible messages of others above the read position or the last joining."""
        spans = self.intervals.get((conversation, account), [])
        if not spans:
            return 0, 0
        above = max(self.positions.get((conversation, account), 0), max(first for first, _ in spans))
        unread = [
            row
            for row in self.visible(conversation, account)
            if row["sender"] != account and row["born"] > above and not row["deleted"]
        ]
        return len(unread), sum(account in row["mentions"] for row in unread)

    # What devices were given and said

    @functools.cached_property
    def failed(self):
        """Messages and other commands that some device said the server refuses."""
        return {one["id"] for one in self.of("told", "shown", "waiting") if one["state"] == "failed"}

    def giver_of_text(self, row, text):
        """The device that gave this text, for a new message or as an edit of this one; None: nobody did."""
        edited = next((change.device for change in self.edits(row["id"]) if change.text == text), None)
        return edited or self.texts_given.get(text, (None,))[0]

    @functools.cached_property
    def texts_given(self):
        """{text: (device, to)}"""
        return {text: (one["device"], one["to"]) for one in self.of("given") for text in one["texts"]}

    def shown_by_run(self, *hows):
        """{(run, conversation): shown messages, in the order in which they were shown}"""
        found = defaultdict(list)
        for one in self.of("shown"):
            if one["how"] in hows:
                found[one["n"], one["conversation"]].append(one)
        return found

    def ended_by_itself(self, run):
        end = self.ends.get(run)
        return end is not None and not end["killed"]
