"""How often each kind of fault really struck, and what passed meanwhile: from the history, for people."""
import datetime
import uuid
from collections import Counter

# A stamp further from the truth than this comes from a clock that jumped (faults.py: 20 minutes and more).
WRONG_SECONDS = 900


def strikes(history):
    """{kind: how often}, also of what only tried. Of jumps counts only what was stamped with a wrong time."""
    count = Counter({kind: 0 for one in history.of("planned") for kind in one["kinds"]})
    for one in history.of("fault"):
        count[one["kind"]] += one["struck"] > 0
    for kind, stamped in (("clock_client", wrong_ids(history)), ("clock_server", wrong_stamps(history))):
        if kind in count and not stamped:
            count[kind] = 0
    return count


def wrong(history, stamps_ms):
    """How many stamps cannot have been made by a clock that went right while the history was written."""
    began = next(one["wall"] for one in history.of("began"))
    ended = began + max(one["t"] for one in history.events)
    early, late = (began - WRONG_SECONDS) * 1000, (ended + WRONG_SECONDS) * 1000
    return sum(not early < stamp < late for stamp in stamps_ms)


def wrong_ids(history):
    """Messages whose id was made by a device with a wrong clock (RFC 9562, section 5.7)."""
    return wrong(history, [uuid.UUID(one["id"]).int >> 80 for one in history.of("stored")])


def wrong_stamps(history):
    """Messages that the server accepted with a wrong clock."""
    stamps = {one["id"]: one["at"] for one in history.of("shown", how="final") if one["born"] > 0}
    return wrong(history, stamps.values())


def summary(history):
    """Lines that say what there was."""
    sizes = Counter(one["kind"] for one in history.of("fault"))
    hits = Counter()
    for one in history.of("fault"):
        hits[one["kind"]] += one["struck"]
    for kind, count in sorted(strikes(history).items()):
        what = MEASURES.get(kind, "times")
        yield f"{kind:14} {count:4} of {sizes[kind]:4} struck: {hits[kind]} {what}"
    stamped = f"{wrong_ids(history)} messages by devices, {wrong_stamps(history)} by the server"
    yield f"stamped with a wrong clock: {stamped}"
    for one in history.of("network"):
        yield "packets: " + ", ".join(f"{count} {word}" for word, count in one["packets"].items())
    ends = Counter(one["why"] for one in history.of("server", what="ended"))
    yield "the server ended: " + ", ".join(f"{count} {why}" for why, count in sorted(ends.items()))
    killed = sum(one["killed"] for one in history.of("end"))
    codes = Counter(one["code"] for one in history.of("end") if not one["killed"])
    told = ", ".join(f"{count} with {code}" for code, count in sorted(codes.items()))
    yield f"parley ran {len(history.runs)} times: {killed} killed, {told}"
    given = sum(len(one["texts"]) for one in history.of("given"))
    stored = sum(len(rows) for rows in history.rows.values())
    shown = sum(1 for _ in history.of("shown"))
    yield f"{given} texts given, {stored} stored, {shown} showings, {len(history.events)} lines of history"
    changes = [change for found in history.changes.values() for change in found]
    for what, wanted in (("edits", False), ("deletions", True)):
        of_it = [change for change in changes if (change.text is None) == wanted]
        yield f"{len(of_it)} {what}, {sum(change.accepted for change in of_it)} of them accepted"
    length = datetime.timedelta(seconds=round(max(one["t"] for one in history.events)))
    yield f"{length} in all"


MEASURES = {
    "weather": "packets lost, doubled or overtaken",
    "cut": "packets lost",
    "half_open": "packets lost",
    "vanish": "processes lost",
    "reset": "packets answered with a reset",
    "full_disk": "refusals",
    "clock_server": "jumps",
    "clock_client": "jumps",
}
