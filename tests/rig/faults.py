"""What befalls network, server and devices. Each fault strikes, holds, heals, and says whom it struck and how
often it really did (packets lost, processes killed, syncs failed …); None: it found nothing to strike."""
import pathlib
import signal
import threading

from proof import waiting
from proof.session import RefusedWith, Session
from proof.waiting import TooLate

FAULTS = {}
SYNCS_UNTIL_FAILURE = 12
# So long a fault waits for something to strike: a packet to be reset, a sync to fail.
PATIENCE_SECONDS = 8.0
LONG_CHANCE = 0.08
# libfaketime looks that often.
JUMP_NOTICED_SECONDS = 1.0
JUMPS_SECONDS = (-26 * 3600, -7200, -1200, 1200, 7200, 26 * 3600)
PROBES_MAX, PROBES_SECONDS = 400, 20.0
LEFT_ON_DISK_BYTES = (0, 0, 300_000, 900_000)


def fault(name):
    def register(function):
        FAULTS[name] = function
        return function

    return register


class Spell:
    """What faults share: who there is, how long they hold, and whether the end has come."""

    def __init__(self, network, service, people, record, probe, mean_seconds, seconds_max):
        self.network, self.service, self.people = network, service, people
        self.record, self.probe = record, probe
        self.mean_seconds, self.seconds_max = mean_seconds, seconds_max
        self.ending = threading.Event()

    def hold(self, chance):
        """Mostly short; now and then so long that heartbeats, timeouts and back-offs have their say."""
        seconds = chance.expovariate(1 / self.mean_seconds)
        if chance.random() < LONG_CHANCE:
            seconds = chance.uniform(self.mean_seconds, self.seconds_max)
        self.ending.wait(min(self.seconds_max, seconds))

    def until(self, condition):
        """Whether it came true while a fault has patience."""
        try:
            return waiting.until(lambda: condition() or self.ending.is_set(), "a strike", PATIENCE_SECONDS)
        except TooLate:
            return False


class OfOne:
    """A device, or the server, for one fault alone; `taken` is false where another one has it."""

    def __init__(self, lock):
        self.lock = lock

    def __enter__(self):
        self.taken = self.lock.acquire(blocking=False)
        return self

    def __exit__(self, *_):
        if self.taken:
            self.lock.release()


def on_device(body):
    """A fault of one device, which the seed chooses."""

    def strike(spell, chance):
        device = chance.choice(spell.people.devices)
        with OfOne(device.busy) as one:
            struck = body(spell, chance, device) if one.taken else None
        return None if struck is None else (device.name, struck)

    return strike


def on_server(body):
    def strike(spell, chance):
        with OfOne(spell.service.busy) as one:
            there = one.taken and spell.service.server.running
            struck = body(spell, chance, spell.service) if there else None
        return None if struck is None else ("server", struck)

    return strike


# The network


@fault("weather")
@on_device
def weather(spell, chance, device):
    before = spell.network.tally(device.machine)

    def struck():
        after = spell.network.tally(device.machine)
        return sum(after[word] - before[word] for word in ("lost", "twice", "overtaken"))

    delay, loss = chance.choice(((150, 0.05), (300, 0.15), (40, 0.3)))
    spell.network.weather(device.machine, "both", delay, delay // 2, loss, chance.choice((0, 0.1, 0.3)))
    spell.hold(chance)
    spell.until(lambda: struck() > 0)
    spell.people.fair_weather(device, chance)
    return struck()


def blocked_while(spell, chance, device, direction, meanwhile=lambda: None, patient=True):
    """How many packets were lost; who is `patient` waits for the first: a device may be silent by chance."""
    before = spell.network.tally(device.machine)["blocked"]

    def struck():
        return spell.network.tally(device.machine)["blocked"] - before

    spell.network.block(device.machine, direction)
    meanwhile()
    spell.hold(chance)
    if patient:
        spell.until(lambda: struck() > 0)
    spell.network.open(device.machine, direction)
    return struck()


@fault("cut")
@on_device
def cut(spell, chance, device):
    return blocked_while(spell, chance, device, "both")


@fault("half_open")
@on_device
def half_open(spell, chance, device):
    """One direction is dead: one side believes in a connection that brings it nothing."""
    return blocked_while(spell, chance, device, chance.choice(("up", "down")))


@fault("vanish")
@on_device
def vanish(spell, chance, device):
    """The machine loses its power: the server never hears a goodbye from those whom it served."""
    killed = []

    def lose_power():
        killed.extend(number for number in device.processes() if device.kill(number))

    blocked_while(spell, chance, device, "both", lose_power, patient=False)
    return len(killed)


@fault("reset")
@on_device
def reset(spell, chance, device):
    resets = spell.network.resets
    if resets is None:
        return None
    resets.begin(device.machine)
    spell.until(lambda: resets.count(device.machine) > 0)
    struck = resets.count(device.machine)
    resets.end(device.machine)
    return struck


# Processes


@fault("kill_server")
@on_server
def kill_server(spell, chance, service):
    return ended_by(service, signal.SIGKILL, "killed")


@fault("drain_server")
@on_server
def drain_server(spell, chance, service):
    return ended_by(service, signal.SIGTERM, "drained")


def ended_by(service, how, why):
    before = service.ends
    service.end(how, why)
    service.wait_started(before)
    return 1


@fault("kill_client")
@on_device
def kill_client(spell, chance, device):
    numbers = sorted(device.processes())
    return int(device.kill(chance.choice(numbers))) if numbers else None


@fault("stop_server")
@on_server
def stop_server(spell, chance, service):
    return stopped_while(spell, chance, service.server.process)


@fault("stop_client")
@on_device
def stop_client(spell, chance, device):
    processes = device.processes()
    return stopped_while(spell, chance, processes[chance.choice(sorted(processes))]) if processes else None


def stopped_while(spell, chance, process):
    try:
        process.send_signal(signal.SIGSTOP)
        struck = int(spell.until(lambda: state_of(process.pid) == "T"))
        spell.hold(chance)
    finally:
        process.send_signal(signal.SIGCONT)
    return struck


def state_of(pid):
    """T: it is stopped; a question mark: there is none any more."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "?"


# What the machines give


@fault("sync_server")
@on_server
def sync_server(spell, chance, service):
    ends = service.ends
    struck = failed_sync(spell, chance, service.steering.syncs)
    if struck:
        service.wait_started(ends)
    return struck


@fault("sync_client")
@on_device
def sync_client(spell, chance, device):
    return failed_sync(spell, chance, device.steering.syncs)


def failed_sync(spell, chance, syncs):
    before = syncs.failures
    syncs.fail_at(chance.randint(1, SYNCS_UNTIL_FAILURE))
    spell.until(lambda: syncs.failures > before)
    syncs.fail_at(0)
    return syncs.failures - before


@fault("clock_server")
@on_server
def clock_server(spell, chance, service):
    """Each time until it has accepted something, which is stamped then."""
    devices = spell.people.devices
    return jumped_while(
        spell, chance, service.steering.clock, lambda: sum(device.accepted for device in devices)
    )


@fault("clock_client")
@on_device
def clock_client(spell, chance, device):
    """Each time until it has begun to write something, which is stamped then."""
    return jumped_while(spell, chance, device.steering.clock, lambda: device.writes)


def jumped_while(spell, chance, clock, stamped):
    """Twice, forward or back, and then to the truth again; the proof is in what was stamped (evidence.py)."""
    for _ in range(2):
        clock.jump(chance.choice(JUMPS_SECONDS))
        spell.ending.wait(JUMP_NOTICED_SECONDS)
        before = stamped()
        spell.until(lambda before=before: stamped() > before)
        spell.hold(chance)
    clock.jump(0)
    return 3


@fault("full_disk")
@on_server
def full_disk(spell, chance, service):
    """Filled until a message is refused; then there is space again, and it must do to be accepted."""
    spell.probe.renew()
    service.disk.fill(chance.choice(LEFT_ON_DISK_BYTES))
    starts = service.server.starts
    try:
        refused = spell.probe.until_refused()
        spell.hold(chance)
    finally:
        service.disk.clear()
    spell.probe.until_accepted(lambda: service.server.starts - starts)
    return refused


class Probe:
    """An account that talks to itself over a raw connection on the server's own machine."""

    def __init__(self, server, account, record):
        self.server, self.account, self.record = server, account, record
        with Session(server, account) as session:
            self.group = session.create_group("probe", [])

    def send(self, session):
        """None where it was accepted, else the code of the refusal."""
        try:
            session.send_message(self.group, "a probe")
        except RefusedWith as refused:
            return refused.code
        return None

    def renew(self):
        return self.account.renew().status

    def until_refused(self):
        """1 where a message was refused for the right reason; then what must go on is tried."""
        code = None
        deadline = waiting.now() + PROBES_SECONDS
        with Session(self.server, self.account) as session:
            for _ in range(PROBES_MAX):
                code = self.send(session)
                if code or waiting.now() > deadline:
                    break
            self.record.note("probe", what="send", code=code or "accepted")
            self.record.note("probe", what="read", works=len(session.pull(self.group)) > 0)
        self.record.note("probe", what="renew", works=self.renew() == 200)
        return int(code == "disk_full")

    def until_accepted(self, starts):
        deadline = waiting.now() + PROBES_SECONDS
        works = False
        self.renew()
        with Session(self.server, self.account) as session:
            while not works and waiting.now() < deadline:
                works = self.send(session) is None
        self.record.note("probe", what="recovered", works=works, starts=starts())
