#!/usr/bin/python3
"""The command line end to end: the real `parley` against a real parleyd.

    tests/e2e/cli/run.py [WORD ...]      only cases whose name contains one of the words
"""
import pathlib
import sys

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "support" / "py")]

import accounts
import offline
import prompts
import reports
import restoring
import safety
import talking
import together
from proof.cases import Cases
from proof.server import Server


def main(words):
    cases = Cases("command line", words)
    with Server() as server:
        for family in (accounts, prompts, talking, together, safety, reports):
            for body in family.CASES:
                cases.run(f"{family.__name__}: {body.__name__.replace('_', ' ')}", body, server)
    # These stop, kill and replace their server.
    for family in (offline, restoring):
        for body in family.CASES:
            name = f"{family.__name__}: {body.__name__.replace('_', ' ')}"
            if cases.wanted(name):
                with Server() as server:
                    cases.run(name, body, server)
    cases.finish()


if __name__ == "__main__":
    main(sys.argv[1:])
