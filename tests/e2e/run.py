#!/usr/bin/python3
"""End to end: a real parleyd, clients over raw sockets.

    tests/e2e/run.py [WORD ...]      only cases whose name contains one of the words
"""
import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support" / "py"))

import besieged
import conversation
import draining
import keeping
import metrics
import obeyed
import operation
import settings
import starting
from proof.cases import Cases
from proof.server import Server


def main(words):
    cases = Cases("end to end", words)
    with Server() as server:
        conversation.run(cases, server)
    starting.run(cases)
    operation.run(cases)
    draining.run(cases)
    keeping.run(cases)
    settings.run(cases)
    obeyed.run(cases)
    metrics.run(cases)
    besieged.run(cases)
    cases.finish()


if __name__ == "__main__":
    main(sys.argv[1:])
