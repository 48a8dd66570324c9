"""Who writes to whom: accounts with devices, their conversations, and what each device does all day."""
import random
import threading

from device import MARK, Device
from steering import Steering

# Devices by account. Eve has one, and is shown the door again and again.
DEVICES = {"ada": 2, "bob": 2, "cyd": 2, "eve": 1}
# Those on which a tail runs all the time, which keeps the connection; on the others each command has its own.
TAILS = {"ada2": (), "bob2": (), "cyd2": ("--read",), "eve1": ()}
LINES_MAX = 40
LONG_TEXT_CHANCE, LONG_TEXT_CHARACTERS = 0.03, 6000
REST_SECONDS = (0.1, 0.8)
# The owner of the groups: what others say there she may delete.
OWNER = "ada"
# A small window on some devices, so that they jump.
JUMPY = {"PARLEY_JUMP_CHANGES": "40"}
ACTS = (
    ("write", 40),
    ("edit", 8),
    ("delete", 5),
    ("look_back", 18),
    ("look_around", 10),
    ("mark_read", 10),
    ("look_at_outbox", 6),
    ("sync", 8),
    ("change_members", 8),
)


class People:
    def __init__(self, folder, network, record, seed):
        self.network, self.record, self.seed = network, record, seed
        self.devices = []
        for handle, count in DEVICES.items():
            for number in range(1, count + 1):
                name = f"{handle}{number}"
                machine = len(self.devices) + 1
                options = JUMPY if number == 2 else None
                steering = Steering(folder, name)
                self.devices.append(
                    Device(folder, handle, number, machine, network, record, steering, options)
                )
        self.numbers = {device: 0 for device in self.devices}
        self.ending = threading.Event()
        self.threads = []

    def of(self, handle):
        return [device for device in self.devices if device.handle == handle]

    def sign_up(self, address):
        self.accounts = {}
        for device in self.devices:
            verb = "login" if device.handle in self.accounts else "register"
            ended = device.run(verb, device.handle, "--server", address, "--device", device.name)
            assert ended.code == 0, ended.problem
            if verb == "register":
                self.accounts[device.handle] = ended.said[0]["account"]
            self.record.note("device", device=device.name, account=self.accounts[device.handle])

    def converse(self):
        """Two groups; the direct conversations begin by themselves, from both sides at once."""
        ada = self.of(OWNER)[0]
        people = ("everyone", "@bob", "@cyd"), ("doors", "@bob", "@eve")
        made = [ada.run("new", title, *members) for title, *members in people]
        assert all(ended.code == 0 for ended in made), [ended.problem for ended in made]
        everyone, self.doors = (ended.said[0]["conversation"] for ended in made)
        self.places = {
            "ada": [everyone, self.doors, "@bob", "@cyd"],
            "bob": [everyone, self.doors, "@ada", "@cyd"],
            "cyd": [everyone, "@ada", "@bob"],
            "eve": [self.doors],
        }
        for device in self.devices:
            assert device.run("sync").code == 0

    def fair_weather(self, device, chance):
        """What is usual on its way: some delay, now and then a packet lost, doubled or overtaken."""
        delay = chance.choice((1, 10, 40))
        for direction in ("up", "down"):
            self.network.weather(device.machine, direction, delay, chance.choice((0, 2, 10)), 0.003, 0.003)

    # The day

    def begin(self):
        for device in self.devices:
            if device.name in TAILS:
                device.keep_tail(*TAILS[device.name])
        for device in self.devices:
            thread = threading.Thread(target=self._live, args=(device,))
            self.threads.append(thread)
            thread.start()

    def _live(self, device):
        chance = random.Random(f"{self.seed} {device.name}")
        names, weights = zip(*ACTS)
        while not self.ending.is_set():
            act = chance.choices(names, weights)[0]
            getattr(self, act)(device, chance)
            self.ending.wait(chance.uniform(*REST_SECONDS))

    def end(self):
        """Everybody finishes what he is at."""
        self.ending.set()
        for thread in self.threads:
            thread.join()

    def text(self, device, chance):
        self.numbers[device] += 1
        long = chance.random() < LONG_TEXT_CHANCE
        filling = "än" * (chance.randrange(LONG_TEXT_CHARACTERS // 2) if long else chance.randrange(20))
        return f"{MARK}-{device.name}-{self.numbers[device]} {filling}".rstrip()

    # Acts, each with the device and its chance

    def write(self, device, chance):
        to = chance.choice(self.places[device.handle])
        texts = [self.text(device, chance) for _ in range(chance.randint(1, LINES_MAX))]
        options = ["--no-wait"] if chance.random() < 0.15 else []
        if chance.random() < 0.2:
            options += ["--mention", f"@{chance.choice(('ada', 'bob', 'cyd'))}"]
        words = (*self.patience(chance), "send", to, *options)
        device.remember(to, device.run(*words, lines=texts, given=(to, texts)).said, own=True)

    def patience(self, chance):
        return chance.choice((["--wait", "1"], ["--wait", "3"], ["--offline"], ["--wait", "2"]))

    def edit(self, device, chance):
        to = chance.choice(self.places[device.handle])
        if message := self.message(device, chance, to, own=True):
            text = self.text(device, chance)
            device.run(*self.patience(chance), "edit", to, message, text, changing=(message, text))

    def delete(self, device, chance):
        """One's own; in a group its owner often what others have said."""
        to = chance.choice(self.places[device.handle])
        own = device.handle != OWNER or to.startswith("@") or chance.random() < 0.5
        if message := self.message(device, chance, to, own):
            device.run(*self.patience(chance), "delete", to, message, changing=(message, None))

    def message(self, device, chance, to, own):
        """One that the device knows, mostly one of the newest; None where it knows none."""
        known = device.known[own].get(to)
        if not known:
            return None
        return known[-1 - int(len(known) * chance.random() ** 2)]

    def look_back(self, device, chance):
        to = chance.choice(self.places[device.handle])
        patience = ["--offline"] if chance.random() < 0.6 else ["--wait", "2"]
        shown = device.run(*patience, "history", to, "-n", str(chance.choice((20, 60, 200)))).said
        for own in (True, False):
            device.remember(to, [one for one in shown if one["own"] == own], own)

    def look_around(self, device, chance):
        device.run(*(["--offline"] if chance.random() < 0.5 else ["--wait", "2"]), "conversations")

    def mark_read(self, device, chance):
        device.run("--wait", "2", "read", chance.choice(self.places[device.handle]))

    def look_at_outbox(self, device, _):
        device.run("--offline", "outbox")

    def sync(self, device, _):
        device.run("--wait", "4", "sync")

    def change_members(self, device, chance):
        """Ada lets Eve out of the group or in again; whichever is right just now, the other is refused."""
        if device.handle == OWNER:
            device.run("--wait", "3", chance.choice(("add", "remove")), self.doors, "@eve")
