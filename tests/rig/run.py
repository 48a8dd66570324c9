#!/usr/bin/python3
"""The rig: real processes on machines of their own, an unreliable network between them, and faults.

    tests/rig/run.py                      five minutes with seed 1
    tests/rig/run.py --seed 7 --minutes 30
    tests/rig/run.py --short              about half a minute, for every test run

    tests/rig/run.py --judge FILE         only the verdict over a history that was written earlier

Everything runs in namespaces of its own (docs/rig.md). What was told to whom is written to build/rig/seed-N/
history.jsonl, and judged from there alone.
"""
import argparse
import pathlib
import random
import shutil
import sys
import tempfile
import threading
from collections import Counter

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.path.insert(0, str(HERE.parent / "support" / "py"))

import faults
import judge
import namespaces
import verdict
from network import Network
from people import People
from proof import waiting
from proof.cases import Cases
from proof.server import SOURCE
from proof.session import Account
from record import Record
from service import Service
from steering import Steering, faketime_library

AT_ONCE_MAX = 3
GAP_SECONDS = (0.2, 1.5)
SHORT_SECONDS = 20
# A short run may go on for so long until every kind of fault has struck.
EXTRA_SECONDS = 25


class Rig:
    def __init__(self, options, folder, out, say):
        self.options, self.say = options, say
        self.chance = random.Random(options.seed)
        self.record = Record(out / "history.jsonl")
        self.service = Service(folder, self.record, Steering(folder, "server"), random.Random(options.seed))
        self.network = Network(7, options.seed, self.service.server.port)
        self.people = People(folder, self.network, self.record, options.seed)
        self.deck = []
        self.struck = Counter()
        self.lock = threading.Lock()
        self.absent = self.what_is_absent()
        self.record.note("planned", kinds=sorted(self.kinds()))
        for kind, why in self.absent.items():
            self.record.note("absent", kind=kind, why=why)

    def what_is_absent(self):
        """Kinds of faults that this machine cannot make, and why."""
        absent = {}
        if self.network.resets is None:
            absent["reset"] = "neither nft nor iptables works here (package nftables)"
        if not faketime_library():
            absent |= dict.fromkeys(("clock_server", "clock_client"), "no libfaketime (package libfaketime)")
        return absent

    def set_up(self):
        self.service.start()
        self.people.sign_up(self.service.address)
        self.people.converse()
        account = Account.register(self.service.server, "probe")
        self.probe = faults.Probe(self.service.server, account, self.record)
        mean, most = (1.0, 3.0) if self.options.short else (4.0, 75.0)
        about = (self.network, self.service, self.people, self.record, self.probe)
        self.spell = faults.Spell(*about, mean_seconds=mean, seconds_max=most)

    # The storm

    def rage(self, seconds):
        for device in self.people.devices:
            self.people.fair_weather(device, self.chance)
        self.people.begin()
        began = waiting.now()
        running = []
        while not self.enough(waiting.now() - began, seconds):
            running = [thread for thread in running if thread.is_alive()]
            if len(running) < AT_ONCE_MAX:
                with self.lock:
                    self.deck = self.deck or self.shuffled()
                    kind = self.deck.pop()
                running.append(self.strike(kind))
            waiting.rest(self.chance.uniform(*GAP_SECONDS))
        self.spell.ending.set()
        for thread in running:
            thread.join()
        return waiting.now() - began

    def enough(self, passed, seconds):
        missing = self.kinds() - {kind for kind, count in self.struck.items() if count}
        return passed > seconds and (not missing or passed > seconds + EXTRA_SECONDS)

    def kinds(self):
        return set(faults.FAULTS) - set(self.absent)

    def shuffled(self):
        """Every kind once; those that have not struck yet come first."""
        deck = sorted(self.kinds())
        self.chance.shuffle(deck)
        return sorted(deck, key=lambda kind: self.struck[kind] == 0)

    def strike(self, kind):
        chance = random.Random(self.chance.random())
        thread = threading.Thread(target=self._strike, args=(kind, chance))
        thread.start()
        return thread

    def _strike(self, kind, chance):
        began = self.record.now()
        try:
            outcome = faults.FAULTS[kind](self.spell, chance)
        except Exception as problem:  # noqa: BLE001 - told as a case of its own
            self.record.note("trouble", kind=kind, problem=f"{type(problem).__name__}: {problem}")
            return
        if outcome is None:
            # What it was to strike was busy with another fault, or not there: later, then.
            with self.lock:
                self.deck.insert(0, kind)
            return
        whom, struck = outcome
        with self.lock:
            self.struck[kind] += bool(struck)
        self.record.note("fault", kind=kind, device=whom, began=began, struck=struck)

    # Afterwards

    def calm(self):
        judge.heal(self.network, self.service, self.people)
        self.people.end()
        self.say("everything is healed and nobody writes any more")
        judge.settle(self.record, self.people)
        judge.wait_for_tails(self.record, self.people)
        judge.collect(self.people)
        judge.ask_server(self.record, self.service.server, self.people)
        self.record.note("network", packets=self.network.tally())
        self.service.stop()
        judge.read_store(self.record, self.service.server, self.probe.group)
        judge.look_for_secrets(self.record, self.service.server, self.people)

    def close(self):
        """Also where it was broken off: nothing runs on."""
        self.people.ending.set()
        for device in self.people.devices:
            device.end_tail()
        self.service.close()
        self.network.close()
        self.record.close()


def play(options, out, say):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="rig-", dir="/run"))
    tempfile.tempdir = str(folder)
    rig = Rig(options, folder, out, say)
    try:
        rig.set_up()
        say("everybody has signed up")
        seconds = SHORT_SECONDS if options.short else options.minutes * 60
        raged = rig.rage(seconds)
        say(f"faults for {raged:.0f} s")
        rig.calm()
        say("collected")
    finally:
        rig.close()
        keep = pathlib.Path(rig.service.server.folder, "output.txt")
        if keep.exists():
            shutil.copy(keep, out / "parleyd.txt")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--short", action="store_true", help="in little")
    parser.add_argument("--judge", metavar="FILE", help="a history.jsonl")
    options = parser.parse_args()

    if options.judge:
        cases = Cases(f"the verdict over {options.judge}")
        verdict.over(cases, options.judge, options.seed)
        cases.finish()
    if not namespaces.inside():
        missing = namespaces.what_is_missing()
        if missing is None:
            namespaces.enter()
        skip(missing)
    namespaces.prepare()
    cases = Cases(f"the rig with seed {options.seed}")
    began = waiting.now()

    def say(sentence):
        print(f"{waiting.now() - began:6.1f} s  {sentence}", flush=True)

    out = SOURCE / "build" / "rig" / f"seed-{options.seed}"
    out.mkdir(parents=True, exist_ok=True)
    if cases.run("the rig ran to its end", play, options, out, say):
        verdict.over(cases, out / "history.jsonl", options.seed)
    cases.finish()


def skip(missing):
    """Says so, and tries at least the checker on an example."""
    cases = Cases("the rig (skipped)")
    cases.skip("THE RIG DID NOT RUN", missing)
    verdict.over_example(cases)
    cases.finish()


if __name__ == "__main__":
    main()
