"""A window of 1,000 changes: who was away for longer jumps, keeps what it holds, and ends complete.

Connections are cut amid the jumps, and the server is killed amid one.
"""
import random
from collections import Counter

from people import People
from proof import waiting
from proof.store import Store
from texts import Texts

# Bytes that pass until a connection is cut, on average, for each change of the window.
BYTES_MEAN_PER_CHANGE = 400


class Jumps:
    def __init__(self, window, jumps, seed, say):
        self.window, self.jumps, self.say = window, jumps, say
        self.people = People(seed, bytes_mean=0, environment={"PARLEY_JUMP_CHANGES": str(window)})
        self.texts = Texts(random.Random(seed))
        self.people.proxy.bytes_mean = BYTES_MEAN_PER_CHANGE * window
        self.kept = Counter()
        self.lost = Counter()
        # How often each device came back and jumped; one that was cut off and began again counts once.
        self.jumped = Counter()
        self.kills = 0

    def away(self, handles, number):
        """One account's devices write more than a window into the group, while the others are away."""
        writer = self.people.of(handles[0])[number % 2]
        writer.send(self.people.groups[0], self.texts.take(self.window + self.window // 5))
        places = self.people.places[writer.handle]
        writer.send(places[1 + number % (len(places) - 1)], self.texts.take(10))
        # What was not accepted within its patience still waits in its outbox.
        writer.run("--wait", "60", "sync")
        for device in self.people.devices:
            if device is not writer:
                self.come_back(device, kill=number == 1 and self.kills == 0)

    def come_back(self, device, kill):
        """`kill`: the server is killed as soon as it is asked for the jump."""
        before, jumped = device.held(), device.way.jumps
        if kill:
            device.start_sync()
            waiting.until(lambda: device.way.jumps > jumped, f"{device.name} jumps", 60)
            self.people.server.kill()
            self.people.server.start()
            self.kills += 1
            device.end_sync()
        else:
            device.run("--wait", "60", "sync")
        self.jumped[device.name] += device.way.jumps > jumped
        after = device.held()
        for stream, rows in before.items():
            same = sum(after.get(stream, {}).get(born) == ident for born, ident in rows.items())
            self.kept[device.name] += same
            self.lost[device.name] += len(rows) - same
        self.say(f"{device.name}: {self.jumped[device.name]} jumps, holds {sum(map(len, after.values()))}")

    def enough(self):
        return all(self.jumped[device.name] >= self.jumps for device in self.people.devices)


def run(cases, options, say):
    jumps = Jumps(options.window, options.jumps, options.seed, say)

    def check(name, holds, why=""):
        cases.check(f"jumps: {name}", holds, why)

    try:
        for number in range(3 * options.jumps + 3):
            if jumps.enough():
                break
            jumps.away(("ada", "bob", "cyd")[number % 3 :], number)
        people = jumps.people
        check("the server was killed amid a jump", jumps.kills == 1, jumps.kills)
        check("connections were cut", people.proxy.cuts > 0)
        people.proxy.bytes_mean = 0
        for device in people.devices:
            check(
                f"{device.name} jumped at least {options.jumps} times",
                jumps.jumped[device.name] >= options.jumps,
                jumps.jumped[device.name],
            )
            check(
                f"{device.name} kept what it held",
                jumps.lost[device.name] == 0 and jumps.kept[device.name] > 0,
                f"{jumps.lost[device.name]} lost of {jumps.kept[device.name] + jumps.lost[device.name]}",
            )
        fresh = {handle: fresh_device(people, handle) for handle in people.ids}
        shown = {device: shown_by(device) for device in people.devices}
        people.server.stop()
        store = Store(people.server.database()).messages
        stored = {
            stream: [(one.born, one.id, one.text) for one in messages] for stream, messages in store.items()
        }
        check("there is more than one conversation", len(stored) > 1, len(stored))
        for device in people.devices:
            states, members, texts = shown[device]
            fresh_states, fresh_members, fresh_texts = fresh[device.handle]
            check(
                f"{device.name} ends equal to a fresh device",
                texts == fresh_texts,
                sizes(texts, fresh_texts),
            )
            check(
                f"{device.name} counts and names as a fresh device does",
                states == fresh_states,
                f"{states} and {fresh_states}",
            )
            check(
                f"{device.name} shows the members that a fresh device shows",
                members == fresh_members,
                f"{members} and {fresh_members}",
            )
            own = {stream: stored.get(stream, []) for stream in texts}
            check(f"{device.name} ends equal to the store", texts == own, sizes(texts, own))
    finally:
        jumps.people.close()


def fresh_device(people, handle):
    device = people.device(handle, 9)
    device.environment.pop("PARLEY_JUMP_CHANGES")
    device.login()
    device.run("--wait", "60", "sync")
    return shown_by(device)


def shown_by(device):
    """Of every conversation: what the list says, who is in it, and its texts."""
    states = device.conversations()
    members = {stream: sorted(map(member, device.run("members", stream))) for stream in states}
    texts = {
        stream: [(one["born"], one["id"], one["text"]) for one in device.history(stream)] for stream in states
    }
    return states, members, texts


def member(said):
    """Without how far the member's devices have got: that goes on while one after the other is asked."""
    return [said[what] for what in ("account", "handle", "name", "role", "present", "read")]


def sizes(shown, wanted):
    return f"{list(map(len, shown.values()))} and {list(map(len, wanted.values()))} messages"
