"""Ways to count test cases from what a part wrote: a function from its output and exit code to Counts.

Whatever was counted, a part that ends with an error has at least one failure, and a part that counted nothing
has failed, since tests that were not found look just like tests that passed.
"""
import dataclasses
import re


@dataclasses.dataclass
class Counts:
    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other):
        return Counts(self.passed + other.passed, self.failed + other.failed, self.skipped + other.skipped)

    def __str__(self):
        skipped = f", {self.skipped} skipped" if self.skipped else ""
        return f"{self.passed} passed, {self.failed} failed{skipped}"


def judged(counts, code):
    """What was counted, held against the exit code."""
    if code != 0 and counts.failed == 0:
        counts.failed = 1
    if counts.passed + counts.failed == 0:
        counts.failed = 1
    return counts


def command(_, code):
    """The whole command is one case."""
    return Counts(passed=1) if code == 0 else Counts(failed=1)


CASES = re.compile(r"^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$", re.MULTILINE)


def cases(output, code):
    """The command counts by itself: its last line `N passed, N failed[, N skipped]`."""
    lines = CASES.findall(output)
    counts = Counts(*(int(number or 0) for number in lines[-1])) if lines else Counts()
    return judged(counts, code)


def unittest(output, code):
    """Python's unittest: `Ran 12 tests in …`, `FAILED (failures=1, errors=1, skipped=2)`."""
    ran = sum(int(number) for number in re.findall(r"^Ran (\d+) tests? in", output, re.MULTILINE))
    last = re.findall(r"^(?:OK|FAILED)(?: \((.*)\))?$", output, re.MULTILINE)
    numbers = dict(re.findall(r"([a-z][a-z ]*)=(\d+)", last[-1])) if last else {}
    failed = sum(int(numbers.get(kind, 0)) for kind in ("failures", "errors", "unexpected successes"))
    skipped = int(numbers.get("skipped", 0))
    return judged(Counts(max(ran - failed - skipped, 0), failed, skipped), code)


# What a seed does on average, at the least: where people do less, fewer seeds are run than it looks.
ACTS_MIN = 500
FAULTS_MIN = 20
SEEDS = re.compile(r"^(\d+) seeds: (\d+) acts, (\d+(?:\.\d+)?) faults, ", re.MULTILINE)


def seeds(output, code):
    """The simulator: `50 seeds: 526 acts, 30.1 faults, …`, and `2 of 50 seeds failed` where some did. That
    seeds do less than they should on average is one more failure."""
    ran = SEEDS.findall(output)
    failed = re.findall(r"^(\d+) of \d+ seeds failed$", output, re.MULTILINE)
    if not ran:
        return judged(Counts(), code)
    number, acts, faults = ran[-1]
    counts = Counts(int(number), int(failed[-1]) if failed else 0)
    counts.passed -= counts.failed
    if int(acts) < ACTS_MIN or float(faults) < FAULTS_MIN:
        counts.failed += 1
    return judged(counts, code)


def node(output, code):
    """Node's test runner: `# pass 12`, `# fail 0`, `# skipped 0` (or with ℹ where it writes for people)."""
    numbers = dict(re.findall(r"^(?:#|ℹ) (pass|fail|cancelled|skipped|todo) (\d+)$", output, re.MULTILINE))
    of = {name: int(number) for name, number in numbers.items()}
    failed = of.get("fail", 0) + of.get("cancelled", 0)
    return judged(Counts(of.get("pass", 0), failed, of.get("skipped", 0) + of.get("todo", 0)), code)
