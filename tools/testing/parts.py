"""The parts of `make test`, in the order in which they start (schedule.py: in two lanes).

What takes longer than a run of the tests may has targets of its own: `make ordeal`, `soak`, `mutants`,
`crashes`, `rig`, `fuzz`, `lint`, `bench`.

To add one, add a row: a name, a command (run at the root of the project) and a way to count (counting.py).
`needs` names an earlier part without which the row makes no sense: it starts after that one, and if that
failed, counts as failed without being run. `beside` marks a part that mostly waits or uses one core: it runs
beside those that use them all, which are nice to it. `alone` marks one that measures: nothing runs beside it.
The goal for the whole is 15 minutes on two cores, compiler cache empty, and four more for the simulator's
seeds.
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
    alone: bool = False


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
SEEDS = ["build/dev/sim/sim", "--seeds", "1000", "--steps", "525"]
# About a hundredth of what `make crashes` does.
CRASHES = ["build/dev/sim/store_crashes", "--power-losses", "400", "--lives", "60", "--flips", "100"]
BENCH = ["build/dev/bench/bench", "--quick", "room", "pairs", "idle", "slow"]

PARTS = [
    # Beside the first build.
    Part("tidy", ["tools/tidy"], beside=True),
    Part("format", ["tools/format", "--check"], beside=True),
    Part("generated", ["protocol/generate.py", "--check"], beside=True),
    Part("python", unittests("tools/tests"), counting.unittest, beside=True),
    Part("generator", unittests("tests/unit/generator"), counting.unittest, beside=True),
    Part("rig checker", unittests("tests/unit/rig"), counting.unittest, beside=True),
    Part("judges", unittests("tests/unit/proof"), counting.unittest, beside=True),
    Part("npm", ["tools/node-modules", "tests/node"], beside=True),
    Part("types", TYPES, needs="npm", beside=True),
    Part("dev build", build("dev"), minutes_max=28),
    # Of real processes, beside what runs in one.
    Part("json", [*NODE, "tests/node/*.test.ts"], counting.node, needs="dev build", beside=True),
    Part("e2e", E2E, counting.cases, needs="dev build", beside=True),
    Part("e2e cli", ["tests/e2e/cli/run.py"], counting.cases, needs="dev build", beside=True),
    Part("hostile", ["tests/hostile/run.py"], counting.cases, needs="dev build", beside=True),
    Part("ordeal", ["tests/ordeal/run.py", "--small"], counting.cases, needs="dev build", beside=True),
    Part("rig", ["tests/rig/run.py", "--short"], counting.cases, needs="dev build", beside=True),
    Part("unit", gtests("dev", "unit"), counting.cases, needs="dev build"),
    Part("contract", gtests("dev", "contract"), counting.cases, needs="dev build"),
    Part("crashes", CRASHES, needs="dev build"),
    Part("sim", SEEDS, counting.seeds, needs="dev build", minutes_max=10),
    Part("bench", BENCH, needs="dev build", alone=True),
    Part("wasm build", build("wasm"), minutes_max=15),
    Part("node", [*NODE, "tests/node/*/*.test.mjs"], counting.node, needs="wasm build", beside=True),
    # The thread sanitizer, for what has threads.
    Part("tsan build", build("tsan", "parleyd", "rig_failing_sync", "--labels", "threads"), minutes_max=20),
    Part("tsan threads", gtests("tsan", "threads"), counting.cases, needs="tsan build", beside=True),
    Part("tsan server", THREADED, counting.cases, needs="tsan build", beside=True),
    # The address and undefined behaviour sanitizers, clang's warnings, and every decoder.
    Part("asan build", build("asan"), minutes_max=28),
    Part("asan unit", gtests("asan", "unit"), counting.cases, needs="asan build"),
    Part("asan contract", gtests("asan", "contract"), counting.cases, needs="asan build"),
    Part("fuzz", ["tools/testing/fuzz", "asan", "3", "--seed=1"], counting.cases, needs="asan build"),
    Part("clang-tidy", ["tools/lint", "--changed"], minutes_max=20),
]
