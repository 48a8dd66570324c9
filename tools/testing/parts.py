"""The parts of `make test`, in the order in which they run.

What takes longer than a run of the tests may has targets of its own: `make ordeal`, `soak`, `mutants`,
`crashes`, `rig`, `fuzz`, `lint`, `bench`.

To add one, add a row: a name, a command (run at the root of the project) and a way to count (counting.py).
`needs` names an earlier part without which the row makes no sense: if that one failed, this one counts as
failed without being run. `beside` marks a part that mostly waits: it may run at the same time as the one
before it, two at once. The goal for the whole is 15 minutes on two cores, compiler cache empty, and four more
for the simulator's seeds.
"""
import dataclasses

from . import counting


@dataclasses.dataclass(frozen=True)
class Part:
    name: str
    command: list
    count: object = counting.command
    needs: str = ""
    minutes_max: float = 5
    beside: bool = False


def groups(parts):
    """The parts in their order, those that may run at the same time in one list."""
    together = []
    for part in parts:
        if part.beside and together and part.needs not in {other.name for other in together[-1]}:
            together[-1].append(part)
        else:
            together.append([part])
    return together


def build(preset, *targets):
    """Configures and builds a preset; a failure to configure is a failure to build."""
    return ["tools/testing/build", preset, *targets]


def gtests(preset, label):
    return ["tools/testing/gtests", preset, label]


def unittests(folder):
    return ["/usr/bin/python3", "-B", "-m", "unittest", "discover", "-s", folder, "-t", folder]


# Tests in JavaScript and TypeScript, by the Node of tests/node.
NODE = ["tools/node", "--test", "--test-reporter=tap"]
TYPES = ["tools/node", "tests/node/node_modules/typescript/bin/tsc", "-p", "tests/node"]
E2E = ["tests/e2e/run.py"]
# Where the threads of the whole server meet: it drains, is copied while it runs, and looks after its rows.
THREADED = ["env", "TEST_BUILD=build/tsan", *E2E, "drain", "keeping"]
# So many turns that a seed has more than 500 acts and 20 faults on average: docs/simulator.md has figures.
SEEDS = ["build/dev/sim/sim", "--seeds", "1000", "--steps", "540"]
# About a hundredth of what `make crashes` does.
CRASHES = ["build/dev/sim/store_crashes", "--power-losses", "400", "--lives", "60", "--flips", "100"]

PARTS = [
    Part("tidy", ["tools/tidy"]),
    Part("format", ["tools/format", "--check"]),
    Part("generated", ["protocol/generate.py", "--check"]),
    Part("python", unittests("tools/tests"), counting.unittest),
    Part("generator", unittests("tests/unit/generator"), counting.unittest),
    Part("rig checker", unittests("tests/unit/rig"), counting.unittest),
    Part("judges", unittests("tests/unit/proof"), counting.unittest),
    Part("npm", ["tools/node-modules", "tests/node"]),
    Part("types", TYPES, needs="npm"),
    Part("dev build", build("dev"), minutes_max=28),
    Part("unit", gtests("dev", "unit"), counting.cases, needs="dev build"),
    Part("contract", gtests("dev", "contract"), counting.cases, needs="dev build"),
    Part("json", [*NODE, "tests/node/*.test.ts"], counting.node, needs="dev build"),
    Part("crashes", CRASHES, needs="dev build"),
    Part("sim", SEEDS, counting.seeds, needs="dev build", minutes_max=10),
    Part("e2e", E2E, counting.cases, needs="dev build"),
    Part("e2e cli", ["tests/e2e/cli/run.py"], counting.cases, needs="dev build", beside=True),
    Part("hostile", ["tests/hostile/run.py"], counting.cases, needs="dev build", beside=True),
    Part("ordeal", ["tests/ordeal/run.py", "--small"], counting.cases, needs="dev build", beside=True),
    Part("rig", ["tests/rig/run.py", "--short"], counting.cases, needs="dev build", beside=True),
    Part("bench", ["build/dev/bench/bench", "--quick", "room", "pairs", "idle", "slow"], needs="dev build"),
    Part("wasm build", build("wasm"), minutes_max=15),
    Part("node", [*NODE, "tests/node/*/*.test.mjs"], counting.node, needs="wasm build"),
    # The address and undefined behaviour sanitizers, clang's warnings, and every decoder.
    Part("asan build", build("asan"), minutes_max=28),
    Part("asan unit", gtests("asan", "unit"), counting.cases, needs="asan build"),
    Part("asan contract", gtests("asan", "contract"), counting.cases, needs="asan build"),
    Part("fuzz", ["tools/testing/fuzz", "asan", "3"], counting.cases, needs="asan build"),
    # The thread sanitizer, for what has threads.
    Part("tsan build", build("tsan", "parleyd", "rig_failing_sync", "--labels", "threads"), minutes_max=20),
    Part("tsan threads", gtests("tsan", "threads"), counting.cases, needs="tsan build"),
    Part("tsan server", THREADED, counting.cases, needs="tsan build"),
    Part("clang-tidy", ["tools/lint", "--changed"], minutes_max=20),
]
