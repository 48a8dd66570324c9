"""What doctor.py cuts with: it finds lines of a history, and changes copies of them."""


class NoMaterial(Exception):
    pass


def positions(events, kind, fits=lambda one: True, **fields):
    return [
        at
        for at, one in enumerate(events)
        if one["e"] == kind and all(one.get(name) == value for name, value in fields.items()) and fits(one)
    ]


def choose(chance, found):
    if not found:
        raise NoMaterial
    return chance.choice(found)


def one_of(events, chance, kind, fits=lambda one: True, **fields):
    return own(events, choose(chance, positions(events, kind, fits, **fields)))


def own(events, at):
    """The line at a place, as a copy of this history's own, to be changed."""
    events[at] = dict(events[at])
    return events[at]


def accepted(one):
    return one["born"] > 0


def runs_of(events, *hows, at_least=3):
    """Positions of what one run showed of one conversation, accepted messages only; without those that it
    showed again, since they had changed."""
    runs = {}
    for at, one in enumerate(events):
        if one["e"] == "shown" and one["how"] in hows and accepted(one):
            runs.setdefault((one["n"], one["conversation"]), {}).setdefault(one["id"], at)
    return [list(found.values()) for found in runs.values() if len(found) >= at_least]


def stands(row):
    return not row["deleted"]


def members(events):
    """(conversation, account) of those who are in a conversation in the end."""
    spans = (one for one in events if one["e"] == "interval" and one["last"] is None)
    return {(one["conversation"], one["account"]) for one in spans}


def final_showing(events, chance, fits):
    """By the device of a person who is in that conversation."""
    in_it = members(events)

    def of_a_member(one):
        return accepted(one) and (one["conversation"], account_of(events, one["device"])) in in_it

    return choose(
        chance, positions(events, "shown", lambda one: fits(one) and of_a_member(one), how="final")
    )


def account_of(events, device):
    return next(one["account"] for one in events if one["e"] == "device" and one["device"] == device)


def outside(events, chance):
    """Somebody, and a message that was said without them."""
    spans = {}
    for one in events:
        if one["e"] == "interval":
            spans.setdefault((one["conversation"], one["account"]), []).append((one["first"], one["last"]))
    found = []
    for (conversation, account), intervals in sorted(spans.items()):
        devices = [one["device"] for one in events if one["e"] == "device" and one["account"] == account]
        for row in events:
            if row["e"] != "stored" or row["conversation"] != conversation or not devices:
                continue
            if not any(
                first <= row["born"] and (last is None or row["born"] <= last) for first, last in intervals
            ):
                found.append((devices[0], row))
    return choose(chance, found)
