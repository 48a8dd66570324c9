#!/usr/bin/python3
"""The ordeal: real processes, real text, a server that is killed and connections that are cut.

    tests/ordeal/run.py                  60,000 lines, 20 kills; jumps; a client that does not read
    tests/ordeal/run.py --small          the same in little, for every test run
    tests/ordeal/run.py storm --seed 7   one part with a seed; a failure prints the seed to repeat it with

Parts: storm (nothing is lost, nothing comes twice), jumps (a small window), deaf (a client that is).
"""
import argparse
import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support" / "py"))

import deaf
import jumps
import storm
from proof import waiting
from proof.cases import Cases

PARTS = {"storm": storm.run, "jumps": jumps.run, "deaf": deaf.run}
LARGE = {"lines": 60_000, "kills": 20, "window": 1000, "jumps": 5}
LARGE |= {"messages": 50_000, "chapters": 8_000, "seconds": 60}
SMALL = {"lines": 2_000, "kills": 3, "window": 100, "jumps": 2}
SMALL |= {"messages": 6_000, "chapters": 2_500, "seconds": 3}


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "parts", nargs="*", metavar="PART", help="storm, jumps, deaf; all where none is named"
    )
    parser.add_argument("--small", action="store_true", help="in little")
    parser.add_argument("--seed", type=int, default=1)
    for name, value in LARGE.items():
        parser.add_argument(f"--{name}", type=int, help=f"({value}, small {SMALL[name]})")
    options = parser.parse_args()
    for name, value in (SMALL if options.small else LARGE).items():
        if getattr(options, name) is None:
            setattr(options, name, value)

    cases = Cases(f"the ordeal with seed {options.seed}")
    for name, part in PARTS.items():
        if options.parts and name not in options.parts:
            continue
        started = waiting.now()

        def say(sentence, part_name=name, since=started):
            print(f"{part_name} {waiting.now() - since:6.1f} s  {sentence}", flush=True)

        cases.run(f"{name}: ran to its end", part, cases, options, say)
    cases.finish()


if __name__ == "__main__":
    main()
