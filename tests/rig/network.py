"""Machines in network namespaces, and the shuttle that carries packets between them and the server."""
import json
import re
import shutil
import subprocess
import threading

from proof.server import build_folder

INTERFACE = "rig"
SERVER = "10.77.0.1"


def run(*words, **options):
    return subprocess.run(words, check=True, capture_output=True, text=True, **options).stdout


class Network:
    """Machines have the numbers 1 to `count`; 0 means all of them."""

    def __init__(self, count, seed, port):
        self.count, self.port = count, port
        self.lock = threading.Lock()
        for machine in range(1, count + 1):
            run("ip", "netns", "add", f"m{machine}")
        files = [f"/run/netns/m{machine}" for machine in range(1, count + 1)]
        program = build_folder() / "tests" / "rig" / "rig_shuttle"
        self.shuttle = subprocess.Popen(
            [str(program), str(seed), INTERFACE, *files],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.shuttle.stdout.readline() == "ready\n", "the shuttle did not start"
        run("ip", "addr", "add", f"{SERVER}/16", "dev", INTERFACE)
        run("ip", "link", "set", INTERFACE, "up")
        for machine in range(1, count + 1):
            run("ip", "-n", f"m{machine}", "link", "set", "lo", "up")
            run("ip", "-n", f"m{machine}", "addr", "add", f"10.77.{machine}.1/16", "dev", INTERFACE)
            run("ip", "-n", f"m{machine}", "link", "set", INTERFACE, "up")
        self.resets = resets_of(self)

    @property
    def address(self):
        return f"http://{SERVER}:{self.port}"

    def on(self, machine, *words):
        """The command line that runs `words` on a machine."""
        return ["nsenter", f"--net=/run/netns/m{machine}", *words]

    def _tell(self, line):
        with self.lock:
            self.shuttle.stdin.write(line + "\n")
            self.shuttle.stdin.flush()
            return self.shuttle.stdout.readline()

    def tell(self, line):
        answer = self._tell(line)
        assert answer == "done\n", f"the shuttle said {answer!r} to {line!r}"

    def weather(self, machine, direction, delay_ms, jitter_ms, loss, twice):
        """Delays in milliseconds, loss and doubling as shares of 1."""
        numbers = (delay_ms * 1000, jitter_ms * 1000, loss * 1e6, twice * 1e6)
        self.tell(f"weather {machine} {direction} {' '.join(str(int(number)) for number in numbers)}")

    def block(self, machine, direction="both"):
        self.tell(f"block {machine} {direction}")

    def open(self, machine, direction="both"):
        self.tell(f"open {machine} {direction}")

    def tally(self, machine=0):
        """What happened so far to the packets of a machine, or of all: counts by word."""
        links = json.loads(self._tell("tally"))
        total = {}
        for link in links if machine == 0 else [links[machine - 1]]:
            for way in link.values():
                for word, count in way.items():
                    total[word] = total.get(word, 0) + count
        return total

    def close(self):
        self.shuttle.stdin.close()
        self.shuttle.wait(10)


class NftResets:
    """Resets by nft: every packet of a machine's connections to the server is answered with a reset."""

    HOOKS = {"out": ("output", "dport"), "in": ("input", "sport")}

    def __init__(self, network):
        self.network = network
        for machine in range(1, network.count + 1):
            run(*network.on(machine, "nft", "add", "table", "inet", "rig"))
            for chain, (hook, _) in self.HOOKS.items():
                hooked = f"{{ type filter hook {hook} priority 0 ; }}"
                run(*network.on(machine, "nft", "add", "chain", "inet", "rig", chain, hooked))

    def begin(self, machine):
        for chain, (_, word) in self.HOOKS.items():
            # Not of resets: those that we make pass the other hook.
            rule = f"tcp {word} {self.network.port} tcp flags & rst == 0 counter reject with tcp reset"
            run(*self.network.on(machine, "nft", "add", "rule", "inet", "rig", chain, *rule.split()))

    def count(self, machine):
        listed = run(*self.network.on(machine, "nft", "list", "table", "inet", "rig"))
        return sum(int(number) for number in re.findall(r"counter packets (\d+)", listed))

    def end(self, machine):
        for chain in self.HOOKS:
            run(*self.network.on(machine, "nft", "flush", "chain", "inet", "rig", chain))


class IptablesResets:
    """The same by iptables."""

    HOOKS = {"OUTPUT": "--dport", "INPUT": "--sport"}

    def __init__(self, network):
        self.network = network

    def begin(self, machine):
        for chain, word in self.HOOKS.items():
            rule = f"-p tcp {word} {self.network.port} ! --tcp-flags RST RST"
            reject = "-j REJECT --reject-with tcp-reset"
            run(*self.network.on(machine, "iptables", "-A", chain, *rule.split(), *reject.split()))

    def count(self, machine):
        listed = run(*self.network.on(machine, "iptables", "-nvxL"))
        return sum(int(number) for number in re.findall(r"^\s*(\d+)\s.*tcp-reset", listed, re.MULTILINE))

    def end(self, machine):
        run(*self.network.on(machine, "iptables", "-F"))


def resets_of(network):
    """None where the system has neither program, or its kernel does not take the rules."""
    for program, kind in (("nft", NftResets), ("iptables", IptablesResets)):
        if not shutil.which(program):
            continue
        try:
            resets = kind(network)
            resets.begin(1)
            resets.end(1)
            return resets
        except subprocess.CalledProcessError:
            continue
    return None
